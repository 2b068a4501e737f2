//! Wakes the event loops of this process when a peer on the kernel's device may have something to receive.
//!
//! No runtime can watch the device by itself. So one thread of this process sleeps on an epoll for all device peers that
//! have ever waited, and writes wake bytes (wake_socket.zig). It does nothing else, and owns nothing but its stack. It starts
//! with the first wait and ends with the last device peer.
//!
//! **No wake is lost.** Once added, a descriptor stays in the epoll, edge-triggered: each message makes an edge after it
//! is in the queue. (Level-triggered, or armed anew each time, the thread would never sleep on a device that stays readable
//! forever, device fault F10.) The operator that wants to sleep sets `armed`, receives once more, and sleeps if there is
//! nothing. The thread takes an edge, clears `armed`, and signals the wake socket if it was set. Both are read-modify-writes
//! of one word, so one comes first. If the operator sets `armed` first, the thread finds it set and signals. If the thread
//! clears `armed` first, the message that made the edge was in the queue before the operator receives once more: the
//! operator finds the message. Adding a descriptor counts as an edge if it is readable then, so no message is missed before that.
//!
//! **Nothing is used after its end.** An event names a slot (slot.zig), which exists forever: if the peer has ended since,
//! or the slot has another one, the wake is needless. A descriptor is removed before it is closed, because the
//! kernel keeps its entry while another process holds the same open file. A hang-up is an edge like any other: the operator's receive finds out what it means,
//! and does not arm again after the end.

const std = @import("std");
const os = @import("os.zig");
const thread = @import("../base/thread.zig");
const Epoll = os.Epoll;
const Mutex = @import("../base/mutex.zig").Mutex;
const Slot = @import("../isolate/slot.zig").Slot;

/// Guards what follows.
var mutex: Mutex = .{};
/// The epoll of the thread. The last peer sets it to null under `mutex`; then the thread ends and closes the epoll.
var running: ?Epoll = null;
var n_peers: usize = 0;

/// In place of a slot: the thread must end.
const stop: u64 = std.math.maxInt(u64);

/// A device peer was opened.
pub fn enter() void {
    mutex.lock();
    defer mutex.unlock();
    n_peers += 1;
}

/// A device peer has ended, and was removed. `readable` is a descriptor that is always readable.
pub fn leave(readable: i32) void {
    mutex.lock();
    defer mutex.unlock();
    n_peers -= 1;
    if (n_peers > 0) return;
    const epoll = running orelse return;
    running = null;
    // If there is no memory for that, a sleeping thread is left over.
    epoll.add(readable, stop) catch {};
}

/// Watches a descriptor for the peer in that slot, until `remove`.
pub fn add(fd: i32, slot: u32) error{OutOfMemory}!void {
    mutex.lock();
    defer mutex.unlock();
    const epoll = running orelse new: {
        const epoll: Epoll = try .create();
        errdefer epoll.close();
        if (!thread.start(watch, @ptrFromInt(@as(usize, @intCast(epoll.fd)) + 1))) return error.OutOfMemory;
        running = epoll;
        break :new epoll;
    };
    try epoll.add(fd, slot);
}

/// For a descriptor that was added.
pub fn remove(fd: i32) void {
    mutex.lock();
    defer mutex.unlock();
    running.?.remove(fd); // it runs until the last peer leaves
}

/// The thread; its argument is the epoll's descriptor, plus 1.
fn watch(argument: ?*anyopaque) callconv(.c) ?*anyopaque {
    const epoll: Epoll = .{ .fd = @intCast(@intFromPtr(argument) - 1) };
    defer epoll.close();
    os.nameThread("bus1-watcher");
    var events: [64]Epoll.Event = undefined;
    while (true) {
        for (epoll.wait(&events, null)) |event| {
            if (event.data.u64 == stop) return null;
            Slot.at(@intCast(event.data.u64)).?.wake();
        }
    }
}
