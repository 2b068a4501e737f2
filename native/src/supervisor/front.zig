//! Process A: what the user started. It stands for the program: signals that are sent to it alone go to the program, it
//! stops and goes on with it, and it ends as it ends.

const std = @import("std");
const filter = @import("filter.zig");
const linux = std.os.linux;
const sys = @import("os.zig");
const Options = @import("server.zig").Options;
const Report = @import("report.zig").Report;
const Server = @import("server.zig").Server;

pub fn run(options: Options) noreturn {
    // If the server should die, the program becomes a child of this process.
    sys.adoptOrphans(true);
    const front = sys.getpid();
    var sockets: [2]i32 = undefined;
    if (sys.socketPair(&sockets, false) < 0) fail();
    var server_fd: i32 = undefined;
    const server = sys.fork(&server_fd);
    if (server < 0) fail();
    if (server == 0) Server.run(options, sockets[1], front);
    sys.close(sockets[1]);
    const reports = sockets[0];

    const first: Report = Report.receive(reports) orelse .{ .kind = .failed };
    switch (first.kind) {
        .nested => {
            reap(server);
            sys.adoptOrphans(false);
            useOuter(options);
        },
        .started => {},
        else => sys.exit(1),
    }
    const program = sys.takeDescriptor(server_fd, @intCast(first.value));
    const signals = sys.signalDescriptor(null);
    if (program < 0 or signals < 0) fail();
    Report.acknowledge(reports);
    sys.letGo(false, &.{ reports, program, signals });
    const last = waitForReport(reports, program, signals, server) orelse {
        sys.complain("the supervisor is gone: the program goes on, and can open no files", .{});
        reap(server);
        end(waitForProgram(program, signals));
    };
    if (last.kind == .ended) reap(server);
    end(last.value);
}

fn fail() noreturn {
    sys.complain("processes or descriptors have run out", .{});
    sys.exit(1);
}

/// Waits for the server's end.
fn reap(server: i32) void {
    var status: u32 = undefined;
    _ = sys.waitFor(server, &status, 0);
}

/// Becomes the program, under the supervisor that is there.
fn useOuter(options: Options) noreturn {
    if (!sys.canOpen(filter.path)) {
        sys.complain("another supervisor has the calls of this process, and gives it no " ++ filter.path, .{});
        sys.exit(1);
    }
    sys.complain("inside another run: its device is used", .{});
    options.command.execute();
}

/// Waits for the server's last report; null if it dies before.
fn waitForReport(reports: i32, program: i32, signals: i32, server: i32) ?Report {
    var fds = [_]sys.PollFd{
        .{ .fd = reports, .events = sys.POLL.IN, .revents = 0 },
        .{ .fd = signals, .events = sys.POLL.IN, .revents = 0 },
    };
    while (true) {
        sys.poll(&fds);
        if (fds[1].revents != 0) forward(signals, program, server);
        if (fds[0].revents != 0) return Report.receive(reports);
    }
}

/// Without a server: waits for the program, which is a child of this process now.
fn waitForProgram(program: i32, signals: i32) u32 {
    var fds = [_]sys.PollFd{
        .{ .fd = program, .events = sys.POLL.IN, .revents = 0 },
        .{ .fd = signals, .events = sys.POLL.IN, .revents = 0 },
    };
    while (true) {
        sys.poll(&fds);
        if (fds[1].revents != 0) forward(signals, program, -1);
        if (fds[0].revents != 0) return sys.statusOf(program) orelse 1 << 8;
    }
}

/// Sends signals on that processes have sent. Those of the terminal have reached the program as well; those of the
/// server are about this process.
fn forward(signals: i32, program: i32, server: i32) void {
    while (sys.nextSignal(signals)) |signal| {
        const sent = signal.code <= 0;
        if (sent and signal.pid != server) sys.sendSignal(program, @fromBackingInt(signal.signo));
    }
}

fn end(status: u32) noreturn {
    if (linux.W.IFEXITED(status)) sys.exit(linux.W.EXITSTATUS(status));
    sys.leaveNoCore(); // the program has left one, if it was to
    sys.dieOf(linux.W.TERMSIG(status));
}
