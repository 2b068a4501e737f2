//! Wake sockets: each isolate (a JavaScript thread with its event loop) that uses the library has one, by the isolate's
//! number.
//!
//! The socket is in the isolate's event loop. One byte on it means: look for what has come. With or without a byte nothing
//! is lost: the isolate clears `signaled` before it looks. A thread that has something for the isolate sets `signaled`, and
//! writes a byte if it was clear. The socket is made when the isolate first waits.

const std = @import("std");
const atomic = @import("../base/atomic.zig");
const os = @import("../base/os.zig");
const Mutex = @import("../base/mutex.zig").Mutex;

/// How many isolates of one process can use the library at a time.
pub const max = 1024;

pub const WakeSocket = struct {
    signaled: atomic.Value(bool) = .init(false),

    /// Guards `fd` alone, so that it is not closed, and its number reused, while another thread writes to it.
    fd_mutex: Mutex = .{},
    /// The library's end of the pair.
    fd: ?i32 = null,

    // The rest is under the mutex of the table.
    state: enum { free, open, dead } = .free,
    /// The end that the isolate got.
    theirs: ?os.Socket = null,
    died: u64 = 0,

    /// Tells the isolate that there is something to look at.
    pub fn signal(socket: *WakeSocket) void {
        // Release: pairs with the swap in `clear`. Either that comes later, and the isolate, which looks after it, sees
        // what this thread has published; or it came earlier, and the byte is written. Explored: `port: signals`.
        if (socket.signaled.swap(true, .release)) return;
        socket.fd_mutex.lock();
        defer socket.fd_mutex.unlock();
        if (socket.fd) |fd| os.sendByte(fd);
    }

    /// Called by the isolate before it looks: a byte will announce what comes after this.
    pub fn clear(socket: *WakeSocket) void {
        // Acquire: pairs with the swap in `signal`.
        _ = socket.signaled.swap(false, .acquire);
    }

    fn setFd(socket: *WakeSocket, fd: ?i32) void {
        socket.fd_mutex.lock();
        defer socket.fd_mutex.unlock();
        if (socket.fd) |old| os.close(old);
        socket.fd = fd;
    }

    /// Bun closes the sockets of an isolate that has ended. Deno leaves those open that were made from a descriptor. So a
    /// dead one rests for a while; if the isolate's end is still open then, nothing else is going to close it.
    fn bury(socket: *WakeSocket) void {
        if (os.now() - socket.died < rest) return;
        if (socket.theirs) |theirs| theirs.closeIfSame();
        socket.theirs = null;
        socket.state = .free;
    }

    /// Bun needs a few milliseconds to close the sockets; a second is more than enough.
    const rest = std.time.ns_per_s;
};

var mutex: Mutex = .{};
/// By the number of the isolate.
pub var all: [max]WakeSocket = @splat(.{});

/// Returns the number for a new isolate.
pub fn open() error{OutOfMemory}!u32 {
    mutex.lock();
    defer mutex.unlock();
    var free: ?u32 = null;
    for (&all, 0..) |*socket, number| {
        if (socket.state == .dead) socket.bury();
        if (socket.state == .free and free == null) free = @intCast(number);
    }
    const number = free orelse return error.OutOfMemory;
    all[number].state = .open;
    return number;
}

/// Whether an isolate has this number, so that peers can belong to it.
pub fn isOpen(number: u32) bool {
    if (number >= max) return false;
    mutex.lock();
    defer mutex.unlock();
    return all[number].state == .open;
}

/// Makes the socket. Returns the end for the isolate's event loop, which closes it.
pub fn connect(number: u32) error{ Unknown, OutOfMemory }!i32 {
    if (number >= max) return error.Unknown;
    mutex.lock();
    defer mutex.unlock();
    const socket = &all[number];
    if (socket.state != .open or socket.theirs != null) return error.Unknown;
    const pair = os.socketPair() orelse return error.OutOfMemory;
    socket.theirs = .of(pair[1]);
    socket.setFd(pair[0]);
    // What came before there was a socket has set `signaled` and written nothing: a peer that was adopted armed, or a late
    // call for the isolate that had the number before. The isolate looks after this; what comes from now on writes.
    socket.clear();
    return pair[1];
}

/// `WakeSocket.clear`, by number.
pub fn clear(number: u32) void {
    if (number < max) all[number].clear();
}

/// `WakeSocket.signal`, by number.
pub fn notify(number: u32) void {
    if (number < max) all[number].signal();
}

/// Closes the library's end. The number is not given away until `retire`.
pub fn close(number: u32) void {
    all[number].setFd(null);
}

/// The isolate has ended, and has no peers any more.
pub fn retire(number: u32) void {
    mutex.lock();
    defer mutex.unlock();
    all[number].died = os.now();
    all[number].state = .dead;
}
