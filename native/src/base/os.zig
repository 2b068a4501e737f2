//! What the bus asks the operating system for: futexes, socket pairs, randomness. No file asks but those named sys*.zig.
//!
//! Each system answers in a file of its own: os_linux.zig, os_macos.zig. Nothing here blocks but `futexWait`, nothing
//! answers an errno, since those have other numbers elsewhere.

const builtin = @import("builtin");
const atomic = @import("atomic.zig");
const seam = @import("seam.zig").seam;

const system = switch (builtin.os.tag) {
    .linux => @import("os_linux.zig"),
    .macos => @import("os_macos.zig"),
    else => @compileError("there is no file sys_" ++ @tagName(builtin.os.tag) ++ ".zig"),
};

/// Whether there is what only Linux has: the kernel's device, and all that goes with it.
pub const is_linux = builtin.os.tag == .linux;

const Word = atomic.Value(u32);

/// Sleeps while `word` holds `expected`, until a `futexWake`, a signal, or the time-out. May return early.
pub fn futexWait(word: *const Word, expected: u32, timeout_ns: ?u64) void {
    if (seam) |other| return other.futexWait(word, expected, timeout_ns);
    system.futexWait(&word.raw, expected, timeout_ns);
}

/// Wakes up to `count` threads that sleep on `word`; all of them, if that is not 1.
pub fn futexWake(word: *const Word, count: u31) void {
    if (seam) |other| return other.futexWake(word, count);
    system.futexWake(&word.raw, count);
}

/// Nanoseconds since some moment, without those in which the machine was asleep.
pub const now = system.now;

/// A pair of connected stream sockets, closed on exec; null when descriptors or memory have run out.
pub const socketPair = system.socketPair;

/// Writes one byte to a socket of a pair. A full buffer already holds a wake, and a closed end needs none: no error
/// matters, and none is a signal.
pub fn sendByte(socket: i32) void {
    if (seam) |other| return other.sendByte(socket);
    system.sendByte(socket);
}

/// A socket that somebody else is to close, so that its number may come to mean something else.
pub const Socket = struct {
    fd: i32,
    identity: ?system.Identity,

    pub fn of(fd: i32) Socket {
        return .{ .fd = fd, .identity = .of(fd) };
    }

    /// Closes the socket, unless it was closed.
    pub fn closeIfSame(socket: Socket) void {
        const its = socket.identity orelse return;
        const found = system.Identity.of(socket.fd) orelse return;
        if (found.device == its.device and found.inode == its.inode) close(socket.fd);
    }
};

pub const close = system.close;

/// 64 bits that nobody can guess.
pub const random = system.random;

/// Linux only: threads that no signal interrupts.
pub const blockSignals = system.blockSignals;
pub const restoreSignals = system.restoreSignals;
