//! The front: the process that the user started. It represents the program: it forwards signals, stops and continues
//! with the program, and ends with the program's exit code or signal.

const std = @import("std");
const filter = @import("filter.zig");
const linux = std.os.linux;
const os = @import("os.zig");
const Options = @import("server.zig").Options;
const Report = @import("report.zig").Report;
const Server = @import("server.zig").Server;

pub fn run(options: Options) noreturn {
    // If the server dies, the program becomes a child of this process.
    os.processes.adoptOrphans(true);
    const front = os.processes.getpid();
    var sockets: [2]i32 = undefined;
    if (os.sockets.createPair(&sockets, false) < 0) fail();
    var server_fd: i32 = undefined;
    const server = os.processes.fork(&server_fd);
    if (server < 0) fail();
    if (server == 0) Server.run(options, sockets[1], front);
    os.files.close(sockets[1]);
    const reports = sockets[0];

    const first: Report = Report.receive(reports) orelse .{ .kind = .failed };
    switch (first.kind) {
        .nested => {
            reap(server);
            os.processes.adoptOrphans(false);
            executeWithOuterDevice(options);
        },
        .started => {},
        else => os.processes.exit(1),
    }
    const program = os.other_processes.takeDescriptor(server_fd, @intCast(first.value));
    const signals = os.signals.openDescriptor(null);
    if (program < 0 or signals < 0) fail();
    Report.acknowledge(reports);
    os.files.closeInherited(.kept, &.{ reports, program, signals });
    const last = waitForReport(reports, program, signals, server) orelse {
        os.files.complain("the supervisor has ended: the program continues, and can open no files", .{});
        reap(server);
        end(waitForProgram(program, signals));
    };
    if (last.kind == .ended) reap(server);
    end(last.value);
}

fn fail() noreturn {
    os.files.complain("no process or descriptor is left", .{});
    os.processes.exit(1);
}

/// Waits for the end of the server.
fn reap(server: i32) void {
    var status: u32 = undefined;
    _ = os.processes.waitFor(server, &status, 0);
}

/// Executes the program in this process, under the supervisor of an outer run.
fn executeWithOuterDevice(options: Options) noreturn {
    if (!os.files.canOpen(filter.path)) {
        const format = "another supervisor serves the system calls of this process, and does not emulate " ++ filter.path;
        os.files.complain(format, .{});
        os.processes.exit(1);
    }
    os.files.complain("inside another run: its device is used", .{});
    options.command.execute();
}

/// Waits for the server's last report; null if the server dies first.
fn waitForReport(reports: i32, program: i32, signals: i32, server: i32) ?Report {
    var fds = [_]os.files.PollFd{
        .{ .fd = reports, .events = os.files.POLL.IN, .revents = 0 },
        .{ .fd = signals, .events = os.files.POLL.IN, .revents = 0 },
    };
    while (true) {
        os.files.poll(&fds);
        if (fds[1].revents != 0) forward(signals, program, server);
        if (fds[0].revents != 0) return Report.receive(reports);
    }
}

/// Waits for the program after the server has died. The program is a child of this process then.
fn waitForProgram(program: i32, signals: i32) u32 {
    var fds = [_]os.files.PollFd{
        .{ .fd = program, .events = os.files.POLL.IN, .revents = 0 },
        .{ .fd = signals, .events = os.files.POLL.IN, .revents = 0 },
    };
    while (true) {
        os.files.poll(&fds);
        if (fds[1].revents != 0) forward(signals, program, -1);
        if (fds[0].revents != 0) return os.processes.statusOf(program) orelse 1 << 8;
    }
}

/// Forwards signals that other processes sent. The terminal sends its signals to the program as well, and the server's
/// signals stop and continue this process itself.
fn forward(signals: i32, program: i32, server: i32) void {
    while (os.signals.next(signals)) |signal| {
        const sent = signal.code <= 0;
        if (sent and signal.pid != server) os.signals.send(program, @fromBackingInt(signal.signo));
    }
}

fn end(status: u32) noreturn {
    if (linux.W.IFEXITED(status)) os.processes.exit(linux.W.EXITSTATUS(status));
    os.processes.leaveNoCore(); // the program has written its own
    os.signals.dieOf(linux.W.TERMSIG(status));
}
