//! The server: the process that starts the program, and serves its calls and those of all its descendants.
//!
//! Rules:
//! - It is an ancestor of every process that it serves. Some kernels require that for reading the memory of another
//!   process.
//! - One thread does all the work, one call after the other. It never waits for one particular process.
//! - While the program runs, the death of the front ends the server. After the end of the program, the server continues
//!   while any descendant lives. Orphans become its children, so that is while it has children.
//! - All signals are blocked: those of the terminal are for the program.

const std = @import("std");
const filter = @import("filter.zig");
const linux = std.os.linux;
const os = @import("os.zig");
const uapi = @import("../uapi/server.zig");
const Call = @import("call.zig").Call;
const Command = @import("program.zig").Command;
const EmulatedDevice = @import("emulated_device.zig").EmulatedDevice;
const Log = @import("log.zig").Log;
const Report = @import("report.zig").Report;
const Threads = @import("threads.zig").Threads;

pub const Options = struct {
    command: Command,
    quirks: uapi.Quirks,
    log: Log,
};

pub const Server = struct {
    /// The socket to the front.
    reports: i32,
    /// A descriptor that refers to the front.
    front: i32,
    program: i32,
    listener: i32,
    signals: i32,
    device: EmulatedDevice,
    threads: Threads = .{},
    /// Whether the program has ended.
    ended: bool = false,

    /// Starts the program and serves.
    pub fn run(options: Options, reports: i32, front: i32) noreturn {
        os.processes.setParentDeathSignal(.KILL);
        if (os.processes.getppid() != front) os.processes.exit(1); // the front died before the line above
        os.processes.adoptOrphans(true);
        var server = start(options, reports) catch |e| {
            var status: u32 = undefined;
            while (os.processes.waitFor(-1, &status, 0) > 0) {} // every child ends before the report
            const report: Report = .{ .kind = if (e == error.Nested) .nested else .failed };
            report.send(reports);
            os.processes.exit(1);
        };
        server.loop();
        os.processes.exit(0);
    }

    fn start(options: Options, reports: i32) error{ Nested, Failed }!Server {
        var pair: [2]i32 = undefined;
        try check("a socket pair", os.sockets.createPair(&pair, false));
        var program_fd: i32 = undefined;
        const program = os.processes.fork(&program_fd);
        try check("a process", program);
        if (program == 0) options.command.start(pair[1]);
        os.files.close(pair[1]); // so that the program's death is the end of the stream
        errdefer os.signals.send(program_fd, .KILL);

        const listener = try takeListener(program_fd, pair[0]);
        os.seccomp.wakeOnSameCpu(listener);
        // The child is still a copy of this process, so it has the same bytes at the same address.
        var buffer: [filter.path.len]u8 = undefined;
        const read = os.other_processes.readMemory(program, @intFromPtr(filter.path), &buffer);
        if (read < buffer.len) return forbidden("memory");
        const descriptors = os.processes.raiseDescriptorLimit();
        // Reserves descriptors for the threads and for a call, so that no call fails for lack of one.
        const others = Threads.capacity + 32;
        const server: Server = .{
            .reports = reports,
            .front = os.other_processes.openProcess(os.processes.getppid()),
            .program = program,
            .listener = listener,
            .signals = os.signals.openDescriptor(.CHLD),
            .device = .init(options.quirks, options.log, descriptors -| others),
        };
        const needed = [_]i32{ server.front, server.signals, server.device.hang_ups, server.device.path_only };
        for (needed) |descriptor| try check("a descriptor", descriptor);

        const started: Report = .{ .kind = .started, .value = @intCast(program_fd) };
        started.send(reports);
        if (!Report.isAcknowledged(reports)) return error.Failed;
        os.files.write(pair[0], "!");
        os.files.closeInherited(.closed, &(needed ++ [_]i32{ reports, listener, options.log.fd }));
        return server;
    }

    fn check(what: []const u8, result: i32) error{Failed}!void {
        if (result >= 0) return;
        os.files.complain("{s} cannot be created: E{t}", .{ what, os.errno(result) });
        return error.Failed;
    }

    fn takeListener(program: i32, socket: i32) error{ Nested, Failed }!i32 {
        var theirs: i32 = -1;
        if (!os.files.read(socket, std.mem.asBytes(&theirs))) return error.Failed;
        if (theirs < 0) {
            switch (os.errno(theirs)) {
                .BUSY => return error.Nested,
                .INVAL => os.files.complain("this kernel is too old: Linux 5.19 or a later one is needed", .{}),
                else => |e| os.files.complain("seccomp does not accept a filter here: E{t}", .{e}),
            }
            return error.Failed;
        }
        const listener = os.other_processes.takeDescriptor(program, theirs);
        return if (listener < 0) forbidden("descriptors") else listener;
    }

    fn forbidden(what: []const u8) error{Failed} {
        os.files.complain("it is not permitted here to use the {s} of other processes", .{what});
        return error.Failed;
    }

    fn loop(server: *Server) void {
        var fds = [_]os.files.PollFd{
            .{ .fd = server.listener, .events = os.files.POLL.IN, .revents = 0 },
            .{ .fd = server.device.hang_ups, .events = os.files.POLL.IN, .revents = 0 },
            .{ .fd = server.signals, .events = os.files.POLL.IN, .revents = 0 },
        };
        const listener, const hang_ups, const signals = .{ &fds[0], &fds[1], &fds[2] };
        while (true) {
            os.files.poll(&fds);
            if (listener.revents & os.files.POLL.IN != 0) {
                server.serve();
            } else if (listener.revents & os.files.POLL.HUP != 0) {
                listener.fd = -1; // no thread is left that could call; the remaining processes are ending
            }
            if (hang_ups.revents != 0) server.device.endHungUp();
            if (signals.revents != 0 and !server.reap()) break;
        }
    }

    fn serve(server: *Server) void {
        var notification: os.seccomp.Notification = undefined;
        if (!os.seccomp.receive(server.listener, &notification)) return;
        server.device.endHungUp();
        var call: Call = .of(&notification, server.listener, &server.device, &server.threads);
        call.serve();
    }

    /// Handles changes of the state of children: the program and orphans. Returns whether children are left.
    fn reap(server: *Server) bool {
        while (os.signals.next(server.signals)) |_| {}
        var last: ?u32 = null;
        while (true) {
            var status: u32 = undefined;
            const all = 0x4000_0000; // __WALL: children with any exit signal
            const child = os.processes.waitFor(-1, &status, linux.W.NOHANG | linux.W.UNTRACED | linux.W.CONTINUED | all);
            if (child <= 0) {
                server.device.endHungUp(); // the files that they had open
                if (last) |l| server.programEnded(l, child == 0);
                return child == 0;
            }
            if (child != server.program or server.ended) continue;
            const continued = 0xffff;
            if (status == continued) {
                os.signals.send(server.front, .CONT);
            } else if (linux.W.IFSTOPPED(status)) {
                os.signals.send(server.front, .STOP);
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
        os.processes.setParentDeathSignal(null);
        const report: Report = .{ .kind = if (others_live) .left else .ended, .value = status };
        report.send(server.reports);
        os.files.close(server.reports);
    }
};
