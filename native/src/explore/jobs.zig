//! Distributes tasks over several processes: each takes the next task when it has finished one.
//!
//! Processes, because a run needs fixed places in memory, and the code under exploration has global variables.

const std = @import("std");
const linux = std.os.linux;

const Common = struct {
    next: std.atomic.Value(u32) = .init(0),
    passed: std.atomic.Value(u32) = .init(0),
    failed: std.atomic.Value(u32) = .init(0),
};

pub const Sum = struct { passed: u32, failed: u32 };

/// Prints with one system call, so that the lines of several processes do not mix.
pub fn print(comptime format: []const u8, args: anytype) void {
    var buffer: [1024]u8 = undefined;
    const text = std.fmt.bufPrint(&buffer, format, args) catch return std.debug.print(format, args);
    _ = linux.write(2, text.ptr, text.len);
}

/// Runs the tasks 0 to `count`; `task` returns whether one has passed.
pub fn run(processes: usize, count: usize, context: anytype, comptime task: fn (@TypeOf(context), usize) bool) Sum {
    const flags: linux.MAP = .{ .TYPE = .SHARED, .ANONYMOUS = true };
    const memory = linux.mmap(null, std.heap.pageSize(), .{ .READ = true, .WRITE = true }, flags, -1, 0);
    if (linux.errno(memory) != .SUCCESS) @panic("out of memory");
    const common: *Common = @ptrFromInt(memory);
    common.* = .{};

    for (0..processes) |_| {
        const child = linux.fork();
        if (linux.errno(child) != .SUCCESS) @panic("no process can be started");
        if (child > 0) continue;
        while (true) {
            const number = common.next.fetchAdd(1, .monotonic);
            if (number >= count) linux.exit_group(0);
            const sum = if (task(context, number)) &common.passed else &common.failed;
            _ = sum.fetchAdd(1, .monotonic);
        }
    }
    // A process that crashes leaves a task that has neither passed nor failed.
    for (0..processes) |_| {
        var status: u32 = undefined;
        _ = linux.wait4(-1, @ptrCast(&status), 0, null);
    }
    const passed = common.passed.load(.monotonic);
    return .{ .passed = passed, .failed = @as(u32, @intCast(count)) - passed };
}
