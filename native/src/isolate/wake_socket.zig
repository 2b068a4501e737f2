//! Ports: one for each isolate (a JavaScript thread with its event loop) that uses the library.
//!
//! **Waking.** A port has a socket in its isolate's event loop. One byte on it means: look. Byte or no byte, nothing is
//! lost: the isolate clears `signaled` before it looks, and whoever has something to tell sets it, and writes a byte if
//! it was clear. The socket is made when the isolate first waits.
//!
//! **Death.** An isolate ends with its thread, however it ends, and the end of the thread ends its ports (thread.zig),
//! with all their peers. So nobody has to watch.

const std = @import("std");
const atomic = @import("../base/atomic.zig");
const sys = @import("../base/os.zig");
const thread = @import("../base/thread.zig");
const Mutex = @import("../base/mutex.zig").Mutex;
const Session = @import("slot.zig").Session;

/// How many isolates of one process can use the library at a time.
pub const max = 1024;

pub const Port = struct {
    signaled: atomic.Value(bool) = .init(false),

    /// Guards `socket` alone, so that it is not closed, and its number used for something else, under a writer's hands.
    socket_mutex: Mutex = .{},
    /// Ours; its other end is in the isolate's event loop.
    socket: ?i32 = null,

    // The rest is under the mutex of the table.
    state: enum { free, open, dead } = .free,
    /// The next port of the same thread: each copy of the JavaScript code that it has loaded opens one.
    next: ?u32 = null,
    /// The end that the isolate got.
    theirs: ?sys.Socket = null,
    died: u64 = 0,

    /// There is something to look at.
    pub fn signal(port: *Port) void {
        // Release: pairs with the swap in `clear`. Either that comes later, and the isolate, which looks after it, sees
        // what this thread has published; or it came earlier, and the byte is written. Explored: `port: signals`.
        if (port.signaled.swap(true, .release)) return;
        port.socket_mutex.lock();
        defer port.socket_mutex.unlock();
        if (port.socket) |socket| sys.sendByte(socket);
    }

    /// Before the isolate looks: a byte will tell of what comes after.
    pub fn clear(port: *Port) void {
        // Acquire: pairs with the swap in `signal`.
        _ = port.signaled.swap(false, .acquire);
    }

    fn setSocket(port: *Port, socket: ?i32) void {
        port.socket_mutex.lock();
        defer port.socket_mutex.unlock();
        if (port.socket) |old| sys.close(old);
        port.socket = socket;
    }

    /// Bun closes the sockets of an isolate that has ended; Deno leaves those open that were made from a descriptor. So
    /// a dead port rests for a while, and if its socket is then still there, nobody else is going to close it.
    fn bury(port: *Port) void {
        if (sys.now() - port.died < rest) return;
        if (port.theirs) |socket| socket.closeIfSame();
        port.theirs = null;
        port.state = .free;
    }

    const rest = std.time.ns_per_s;
};

var mutex: Mutex = .{};
pub var ports: [max]Port = @splat(.{});

/// Registers the calling isolate, until its thread ends: its peers belong to the port.
pub fn open() error{OutOfMemory}!u32 {
    mutex.lock();
    defer mutex.unlock();
    if (heads == null) heads = .create(threadEnded);
    const local = heads orelse return error.OutOfMemory;
    var free: ?u32 = null;
    for (&ports, 0..) |*port, number| {
        if (port.state == .dead) port.bury();
        if (port.state == .free and free == null) free = @intCast(number);
    }
    const number = free orelse return error.OutOfMemory;
    const head: ?u32 = if (local.get()) |value| @intCast(@intFromPtr(value) - 1) else null;
    if (!local.set(@ptrFromInt(number + 1))) return error.OutOfMemory;
    ports[number].next = head;
    ports[number].state = .open;
    return number;
}

/// The first port of each thread, plus 1 since null means none.
var heads: ?thread.Local = null;

fn threadEnded(value: ?*anyopaque) callconv(.c) void {
    var it: ?u32 = @intCast(@intFromPtr(value) - 1);
    while (it) |number| {
        // Before it is gone, for then others may use the number.
        it = ports[number].next;
        gone(number);
    }
}

/// Whether `number` is a port in use, so that peers can belong to it.
pub fn isOpen(number: u32) bool {
    if (number >= max) return false;
    mutex.lock();
    defer mutex.unlock();
    return ports[number].state == .open;
}

/// Makes the port's socket. Answers the end for the isolate's event loop, which closes it.
pub fn connect(number: u32) error{ Unknown, OutOfMemory }!i32 {
    if (number >= max) return error.Unknown;
    mutex.lock();
    defer mutex.unlock();
    const port = &ports[number];
    if (port.state != .open or port.theirs != null) return error.Unknown;
    const pair = sys.socketPair() orelse return error.OutOfMemory;
    port.theirs = .of(pair[1]);
    port.setSocket(pair[0]);
    // What came before there was a socket has set `signaled` and written nothing: a peer that was adopted armed, or
    // somebody late for who had the port before. The isolate looks after this; what comes from now on writes.
    clear(number);
    return pair[1];
}

/// `Port.clear`, for the isolate.
pub fn clear(number: u32) void {
    if (number < max) ports[number].clear();
}

/// Tells the isolate to look.
pub fn notify(number: u32) void {
    if (number < max) ports[number].signal();
}

/// The isolate has ended: so do its peers.
fn gone(number: u32) void {
    const port = &ports[number];
    port.setSocket(null);
    Session.endAllAt(number);
    mutex.lock();
    defer mutex.unlock();
    port.died = sys.now();
    port.state = .dead;
}
