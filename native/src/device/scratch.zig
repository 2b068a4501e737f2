//! Memory for the arrays of ids in a call to the device. Each isolate has its own, since it makes one call at a time. So no
//! call allocates anything.
//!
//! It is longer than any array can be: a device with fault F7 writes all transfers of a message, even if the array is too
//! short. A guard page follows the end.

const std = @import("std");
const wake_socket = @import("../isolate/wake_socket.zig");
const os = @import("os.zig");
const Mutex = @import("../base/mutex.zig").Mutex;

/// Bytes of address space. The transfers of a message can take a quarter of it.
const size = 1 << 28;
/// Memory beyond this many bytes is given back after use.
const kept = 1 << 16;

pub const Scratch = struct {
    space: []align(std.heap.page_size_min) u8,
    used: usize = 0,

    var mutex: Mutex = .{};
    /// By the number of the isolate. The next isolate with the number uses the same one.
    var all: [wake_socket.max]?Scratch = @splat(null);

    /// Makes the scratch of an isolate, if it has none yet.
    pub fn make(isolate: u32) error{OutOfMemory}!void {
        mutex.lock();
        defer mutex.unlock();
        if (all[isolate] == null) all[isolate] = .{ .space = try os.reserve(size) };
    }

    /// Returns the scratch of an isolate, which was made; empty, and valid during one call.
    pub fn of(isolate: u32) *Scratch {
        const scratch = &all[isolate].?;
        scratch.used = 0;
        return scratch;
    }

    /// Returns the next `n` places.
    pub fn take(scratch: *Scratch, comptime T: type, n: usize) error{OutOfMemory}![]T {
        const start = std.mem.alignForward(usize, scratch.used, @alignOf(T));
        if (n > (size - start) / @sizeOf(T)) return error.OutOfMemory;
        scratch.used = start + n * @sizeOf(T);
        const pointer: [*]T = @ptrCast(@alignCast(scratch.space.ptr + start));
        return pointer[0..n];
    }

    /// The contents are not needed any more.
    pub fn trim(scratch: *Scratch) void {
        if (scratch.used > kept) os.discard(@alignCast(scratch.space[kept..]));
    }
};

test "places are handed out in order, aligned, up to the end and not beyond" {
    try Scratch.make(0);
    const scratch = Scratch.of(0);
    const bytes = try scratch.take(u8, 3);
    const words = try scratch.take(u64, 2);
    try std.testing.expectEqual(@intFromPtr(bytes.ptr) + 8, @intFromPtr(words.ptr));
    const rest = (size - 24) / 16;
    try std.testing.expectError(error.OutOfMemory, scratch.take(u128, rest + 1));
    try std.testing.expectError(error.OutOfMemory, scratch.take(u64, std.math.maxInt(usize)));
    const last = try scratch.take(u64, 2 * rest);
    last[last.len - 1] = 1;
    try std.testing.expectError(error.OutOfMemory, scratch.take(u64, 2));
    scratch.trim();
    try std.testing.expectEqual(0, last[last.len - 1]);
    try std.testing.expectEqual(bytes.ptr, (try Scratch.of(0).take(u8, 1)).ptr);
}
