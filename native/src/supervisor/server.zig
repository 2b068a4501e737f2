//! Process S: it starts the program and serves its calls, and those of all its descendants.
//!
//! Rules:
//! - It is an ancestor of all that it serves, which some kernels want of one who looks into others' memory.
//! - One thread does everything, one call after the other. It waits for nobody in particular.
//! - While the program runs, the front's death ends the server. When the program has ended, it goes on by itself as long
//!   as anybody could make a call.
//! - All signals are blocked: those of the terminal mean the program.

const std = @import("std");
const linux = std.os.linux;
const sys = @import("../sys_supervisor.zig");
const uapi = @import("../uapi.zig");
const Call = @import("call.zig").Call;
const Command = @import("program.zig").Command;
const Device = @import("device.zig").Device;
const Log = @import("log.zig").Log;
const Report = @import("report.zig").Report;
const Threads = @import("threads.zig").Threads;

pub const Options = struct {
    command: Command,
    quirks: uapi.Quirks,
    log: Log,
};

pub const Server = struct {
    /// To the front.
    pipe: i32,
    /// Names the front.
    front: i32,
    program: i32,
    listener: i32,
    signals: i32,
    device: Device,
    threads: Threads = .{},
    ended: bool = false,

    /// Starts the program and serves.
    pub fn run(options: Options, pipe: i32, front: i32) noreturn {
        sys.signalOfParentsEnd(.KILL);
        if (sys.getppid() != front) sys.exit(1); // it was gone before
        sys.adoptOrphans();
        var server = start(options, pipe) catch |e| {
            const report: Report = .{ .kind = if (e == error.Nested) .nested else .failed };
            report.send(pipe);
            sys.exit(1);
        };
        server.loop();
        sys.exit(0);
    }

    fn start(options: Options, pipe: i32) error{ Nested, Failed }!Server {
        var pair: [2]i32 = undefined;
        try possible("a socket pair", sys.socketPair(&pair, false));
        var program_fd: i32 = undefined;
        const program = sys.fork(&program_fd);
        try possible("a process", program);
        if (program == 0) options.command.start(pair[1]);
        sys.close(pair[1]); // so that the program's death is the end of what comes
        errdefer sys.sendSignal(program_fd, .KILL);

        const listener = try takeListener(program_fd, pair[0]);
        sys.wakeOnSameCpu(listener);
        const descriptors = sys.raiseDescriptorLimit();
        // Room for the threads' descriptors and what a call needs, so that none fails for want of one.
        const others = Threads.capacity + 32;
        const server: Server = .{
            .pipe = pipe,
            .front = sys.openThread(sys.getppid()),
            .program = program,
            .listener = listener,
            .signals = sys.signalDescriptor(.CHLD),
            .device = Device.init(options.quirks, options.log, descriptors -| others) orelse return error.Failed,
        };
        try possible("a descriptor of a process", server.front);
        try possible("a signal descriptor", server.signals);

        const started: Report = .{ .kind = .started, .value = @intCast(program_fd) };
        started.send(pipe);
        sys.write(pair[0], "!");
        const kept = [_]i32{ pipe, program_fd, listener, server.front, server.signals } ++
            [_]i32{ server.device.hang_ups, server.device.path_only, options.log.fd };
        sys.letGo(true, &kept);
        return server;
    }

    fn possible(what: []const u8, result: i32) error{Failed}!void {
        if (result >= 0) return;
        sys.complain("{s} cannot be had: E{t}", .{ what, sys.errno(result) });
        return error.Failed;
    }

    fn takeListener(program: i32, socket: i32) error{ Nested, Failed }!i32 {
        var theirs: i32 = -1;
        if (!sys.read(socket, std.mem.asBytes(&theirs))) return error.Failed;
        if (theirs < 0) {
            switch (sys.errno(theirs)) {
                .BUSY => return error.Nested,
                .INVAL => sys.complain("this kernel cannot do it: Linux 5.19 or a later one is needed", .{}),
                else => |e| sys.complain("seccomp does not take a filter here: E{t}", .{e}),
            }
            return error.Failed;
        }
        const listener = sys.takeDescriptor(program, theirs);
        if (listener >= 0) return listener;
        sys.complain("looking into other processes is not permitted here: E{t}", .{sys.errno(listener)});
        return error.Failed;
    }

    fn loop(server: *Server) void {
        var fds = [_]sys.PollFd{
            .{ .fd = server.listener, .events = sys.POLL.IN, .revents = 0 },
            .{ .fd = server.device.hang_ups, .events = sys.POLL.IN, .revents = 0 },
            .{ .fd = server.signals, .events = sys.POLL.IN, .revents = 0 },
        };
        const listener, const hang_ups, const signals = .{ &fds[0], &fds[1], &fds[2] };
        // Until there is nobody left who could call.
        while (listener.fd >= 0 or !server.ended) {
            sys.poll(&fds);
            if (listener.revents & sys.POLL.IN != 0) {
                server.serve();
            } else if (listener.revents & sys.POLL.HUP != 0) {
                listener.fd = -1;
            }
            if (hang_ups.revents != 0) server.device.endHungUp();
            if (signals.revents != 0) server.reap();
        }
    }

    /// Whether anybody lives whose calls come here.
    fn hasUsers(server: *const Server) bool {
        return !sys.hasHungUp(server.listener);
    }

    fn serve(server: *Server) void {
        var notification: sys.Notification = undefined;
        if (!sys.receive(server.listener, &notification)) return;
        server.device.endHungUp();
        var call: Call = .{
            .notification = &notification,
            .listener = server.listener,
            .device = &server.device,
            .threads = &server.threads,
        };
        call.serve();
    }

    /// Hears what has become of children: the program, and orphans.
    fn reap(server: *Server) void {
        while (sys.nextSignal(server.signals)) |_| {}
        while (true) {
            var status: u32 = undefined;
            const any = linux.W.NOHANG | linux.W.UNTRACED | linux.W.CONTINUED;
            const child = sys.waitFor(-1, &status, any);
            if (child <= 0) return;
            if (child != server.program or server.ended) continue;
            const continued = 0xffff;
            if (status == continued) {
                sys.sendSignal(server.front, .CONT);
            } else if (linux.W.IFSTOPPED(status)) {
                sys.sendSignal(server.front, .STOP);
            } else {
                server.programEnded(status);
            }
        }
    }

    fn programEnded(server: *Server, status: u32) void {
        server.ended = true;
        server.device.endHungUp(); // what it had open
        if (linux.W.IFEXITED(status)) {
            server.device.log.line("exit code={d}", .{linux.W.EXITSTATUS(status)});
        } else {
            server.device.log.line("exit signal={d}", .{@backingInt(linux.W.TERMSIG(status))});
        }
        sys.signalOfParentsEnd(null);
        const report: Report = .{ .kind = if (server.hasUsers()) .left else .ended, .value = status };
        report.send(server.pipe);
        sys.close(server.pipe);
    }
};
