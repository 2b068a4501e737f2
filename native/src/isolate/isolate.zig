//! Isolates: JavaScript threads that use the library.
//!
//! An isolate ends with its thread, however that ends, and the end of the thread ends all its peers (base/thread.zig). So
//! nothing has to watch it.

const Mutex = @import("../base/mutex.zig").Mutex;
const Slot = @import("slot.zig").Slot;
const thread = @import("../base/thread.zig");
const wake_socket = @import("wake_socket.zig");

var mutex: Mutex = .{};
/// For each thread: the number of its newest isolate, plus 1, since null means none.
var last: ?thread.Local = null;
/// For each number: the previous number of the same thread, as a linked list. Each copy of the JavaScript code that a
/// thread has loaded gets a number.
var earlier: [wake_socket.max]?u32 = @splat(null);

/// Registers the calling isolate until its thread ends. Returns its number, by which it has peers and a wake socket.
pub fn open() error{OutOfMemory}!u32 {
    const local = try getLast();
    const number = try wake_socket.open();
    errdefer wake_socket.retire(number);
    earlier[number] = if (local.get()) |value| @intCast(@intFromPtr(value) - 1) else null;
    if (!local.set(@ptrFromInt(number + 1))) return error.OutOfMemory;
    return number;
}

fn getLast() error{OutOfMemory}!thread.Local {
    mutex.lock();
    defer mutex.unlock();
    if (last == null) last = .create(threadEnded);
    return last orelse error.OutOfMemory;
}

fn threadEnded(value: ?*anyopaque) callconv(.c) void {
    var it: ?u32 = @intCast(@intFromPtr(value) - 1);
    while (it) |number| {
        it = earlier[number]; // read before others may use the number
        wake_socket.close(number);
        Slot.endAllAt(number);
        wake_socket.retire(number);
    }
}
