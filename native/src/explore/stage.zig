//! What scenarios use: threads, signals outside the bus, sockets, and checks.
//!
//! A scenario keeps what its threads share in global variables or in the heap, where the explorer sees every access.
//! Global variables have their initial values when a run begins.

const std = @import("std");
const hooks = @import("hooks.zig");
const Value = @import("../base/atomic.zig").Value;
const os = @import("../base/os.zig");

pub fn thread(name: [*:0]const u8, context: anytype, comptime body: fn (@TypeOf(context)) void) hooks.Thread {
    const Body = struct {
        fn run(pointer: ?*anyopaque) callconv(.c) void {
            body(@ptrCast(@alignCast(pointer.?)));
        }
    };
    return .{ .name = name, .run = &Body.run, .context = @ptrCast(@constCast(context)) };
}

/// Runs threads, and returns when all have ended.
pub fn run(threads: []const hooks.Thread) void {
    hooks.explore_run(threads.ptr, threads.len);
}

pub fn fail(text: []const u8) noreturn {
    hooks.explore_fail(text.ptr, text.len);
}

pub fn expect(ok: bool, text: []const u8) void {
    if (!ok) fail(text);
}

/// A signal outside the bus. The thread that waits for it sees all that happened before it was set.
pub const Signal = struct {
    word: Value(u32) = .init(0),

    pub fn set(signal: *Signal) void {
        signal.word.store(1, .release);
        os.futexWake(&signal.word, std.math.maxInt(u31));
    }

    pub fn wait(signal: *Signal) void {
        while (signal.word.load(.acquire) == 0) os.futexWait(&signal.word, 0, null);
    }
};

/// In place of `os.sendByte`: there are two sockets, 0 and 1.
pub fn sendByte(socket: i32) void {
    const bytes = &sockets[@intCast(socket)];
    _ = bytes.fetchAdd(1, .monotonic);
    os.futexWake(bytes, std.math.maxInt(u31));
}

/// Sleeps until a byte was sent, and takes all bytes.
pub fn awaitByte(socket: u1) void {
    const bytes = &sockets[socket];
    while (bytes.swap(0, .monotonic) == 0) os.futexWait(bytes, 0, null);
}

var sockets: [2]Value(u32) = @splat(.init(0));
