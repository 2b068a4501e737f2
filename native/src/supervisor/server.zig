//! Process S: it starts the program and serves its calls, and those of all its descendants.
//!
//! Rules:
//! - It is an ancestor of all that it serves, which some kernels want of one who looks into others' memory.
//! - One thread does everything, one call after the other. It waits for nobody in particular.
//! - While the program runs, the front's death ends the server. When the program has ended, it goes on by itself as long
//!   as any descendant lives: orphans are its children, so that is as long as it has any.
//! - All signals are blocked: those of the terminal mean the program.

const std = @import("std");
const filter = @import("filter.zig");
const linux = std.os.linux;
const sys = @import("os.zig");
const uapi = @import("../uapi/server.zig");
const Call = @import("call.zig").Call;
const Command = @import("program.zig").Command;
const Device = @import("emulated_device.zig").Device;
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
    reports: i32,
    /// Names the front.
    front: i32,
    program: i32,
    listener: i32,
    signals: i32,
    device: Device,
    threads: Threads = .{},
    /// Whether the program has ended.
    ended: bool = false,

    /// Starts the program and serves.
    pub fn run(options: Options, reports: i32, front: i32) noreturn {
        sys.signalOfParentsEnd(.KILL);
        if (sys.getppid() != front) sys.exit(1); // it was gone before
        sys.adoptOrphans(true);
        var server = start(options, reports) catch |e| {
            var status: u32 = undefined;
            while (sys.waitFor(-1, &status, 0) > 0) {} // nothing stays behind of what was begun
            const report: Report = .{ .kind = if (e == error.Nested) .nested else .failed };
            report.send(reports);
            sys.exit(1);
        };
        server.loop();
        sys.exit(0);
    }

    fn start(options: Options, reports: i32) error{ Nested, Failed }!Server {
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
        // A copy of this process still, so far: what stands here stands there.
        var buffer: [filter.path.len]u8 = undefined;
        if (sys.readMemory(program, @intFromPtr(filter.path), &buffer) < buffer.len) return forbidden("memory");
        const descriptors = sys.raiseDescriptorLimit();
        // Room for the threads' descriptors and what a call needs, so that none fails for want of one.
        const others = Threads.capacity + 32;
        const server: Server = .{
            .reports = reports,
            .front = sys.openProcess(sys.getppid()),
            .program = program,
            .listener = listener,
            .signals = sys.signalDescriptor(.CHLD),
            .device = .init(options.quirks, options.log, descriptors -| others),
        };
        const needed = [_]i32{ server.front, server.signals, server.device.hang_ups, server.device.path_only };
        for (needed) |descriptor| try possible("a descriptor", descriptor);

        const started: Report = .{ .kind = .started, .value = @intCast(program_fd) };
        started.send(reports);
        if (!Report.isAcknowledged(reports)) return error.Failed;
        sys.write(pair[0], "!");
        sys.letGo(true, &(needed ++ [_]i32{ reports, listener, options.log.fd }));
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
        return if (listener < 0) forbidden("descriptors") else listener;
    }

    fn forbidden(what: []const u8) error{Failed} {
        sys.complain("it is not permitted here to use the {s} of other processes", .{what});
        return error.Failed;
    }

    fn loop(server: *Server) void {
        var fds = [_]sys.PollFd{
            .{ .fd = server.listener, .events = sys.POLL.IN, .revents = 0 },
            .{ .fd = server.device.hang_ups, .events = sys.POLL.IN, .revents = 0 },
            .{ .fd = server.signals, .events = sys.POLL.IN, .revents = 0 },
        };
        const listener, const hang_ups, const signals = .{ &fds[0], &fds[1], &fds[2] };
        while (true) {
            sys.poll(&fds);
            if (listener.revents & sys.POLL.IN != 0) {
                server.serve();
            } else if (listener.revents & sys.POLL.HUP != 0) {
                listener.fd = -1; // there is nobody who could call; what is left of them comes to its end
            }
            if (hang_ups.revents != 0) server.device.endHungUp();
            if (signals.revents != 0 and !server.reap()) break;
        }
    }

    fn serve(server: *Server) void {
        var notification: sys.Notification = undefined;
        if (!sys.receive(server.listener, &notification)) return;
        server.device.endHungUp();
        var call: Call = .of(&notification, server.listener, &server.device, &server.threads);
        call.serve();
    }

    /// Hears what has become of children: the program, and orphans. Answers whether there are more.
    fn reap(server: *Server) bool {
        while (sys.nextSignal(server.signals)) |_| {}
        var last: ?u32 = null;
        while (true) {
            var status: u32 = undefined;
            const all = 0x4000_0000; // __WALL: whatever signal it is that tells of their end
            const child = sys.waitFor(-1, &status, linux.W.NOHANG | linux.W.UNTRACED | linux.W.CONTINUED | all);
            if (child <= 0) {
                server.device.endHungUp(); // what they had open
                if (last) |l| server.programEnded(l, child == 0);
                return child == 0;
            }
            if (child != server.program or server.ended) continue;
            const continued = 0xffff;
            if (status == continued) {
                sys.sendSignal(server.front, .CONT);
            } else if (linux.W.IFSTOPPED(status)) {
                sys.sendSignal(server.front, .STOP);
            } else {
                server.ended = true;
                last = status;
            }
        }
    }

    fn programEnded(server: *Server, status: u32, others_live: bool) void {
        if (linux.W.IFEXITED(status)) {
            server.device.log.line("exit code={d}", .{linux.W.EXITSTATUS(status)});
        } else {
            server.device.log.line("exit signal={d}", .{@backingInt(linux.W.TERMSIG(status))});
        }
        sys.signalOfParentsEnd(null);
        const report: Report = .{ .kind = if (others_live) .left else .ended, .value = status };
        report.send(server.reports);
        sys.close(server.reports);
    }
};
