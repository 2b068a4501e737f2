//! What scenarios are made of: threads, a heap, and the word that something is wrong.
//!
//! A scenario keeps what its threads share in global variables or in the heap, where the explorer sees every access.
//! Global variables are as they are declared when a run begins, whatever an earlier run did to them.

const std = @import("std");
const hooks = @import("hooks.zig");
const Value = @import("../base/atomic.zig").Value;
const sys = @import("../base/os.zig");

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

/// Something that is said outside the bus: who has waited for it knows all that the one knew who said it.
pub const Signal = struct {
    word: Value(u32) = .init(0),

    pub fn set(signal: *Signal) void {
        signal.word.store(1, .release);
        sys.futexWake(&signal.word, std.math.maxInt(u31));
    }

    pub fn wait(signal: *Signal) void {
        while (signal.word.load(.acquire) == 0) sys.futexWait(&signal.word, 0, null);
    }
};

/// What `sys.sendByte` does while exploring: there are two sockets, 0 and 1.
pub fn sendByte(socket: i32) void {
    const bytes = &sockets[@intCast(socket)];
    _ = bytes.fetchAdd(1, .monotonic);
    sys.futexWake(bytes, std.math.maxInt(u31));
}

/// Sleeps until a byte has been sent, and takes all that were.
pub fn awaitByte(socket: u1) void {
    const bytes = &sockets[socket];
    while (bytes.swap(0, .monotonic) == 0) sys.futexWait(bytes, 0, null);
}

var sockets: [2]Value(u32) = @splat(.init(0));

/// Memory that is not used again in the same run.
pub const allocator: std.mem.Allocator = .{ .ptr = undefined, .vtable = &.{
    .alloc = alloc,
    .resize = std.mem.Allocator.noResize,
    .remap = std.mem.Allocator.noRemap,
    .free = free,
} };

/// The same, for what need not be freed.
pub const lasting: std.mem.Allocator = .{ .ptr = undefined, .vtable = &.{
    .alloc = allocEternal,
    .resize = std.mem.Allocator.noResize,
    .remap = std.mem.Allocator.noRemap,
    .free = std.mem.Allocator.noFree,
} };

fn alloc(_: *anyopaque, size: usize, alignment: std.mem.Alignment, _: usize) ?[*]u8 {
    return @ptrCast(hooks.explore_alloc(size, alignment.toByteUnits(), true));
}

fn allocEternal(_: *anyopaque, size: usize, alignment: std.mem.Alignment, _: usize) ?[*]u8 {
    return @ptrCast(hooks.explore_alloc(size, alignment.toByteUnits(), false));
}

fn free(_: *anyopaque, memory: []u8, _: std.mem.Alignment, _: usize) void {
    hooks.explore_free(memory.ptr, memory.len);
}
