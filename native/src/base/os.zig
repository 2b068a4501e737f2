//! What the bus needs of the operating system: futexes, socket pairs, randomness. System calls are made only here, in the os.zig
//! of other folders, in fd.zig and in exec.zig.
//!
//! Each system has a file of its own: os_linux.zig, os_macos.zig. Only `futexWait` blocks. No function returns an errno,
//! because the numbers differ between systems.

const builtin = @import("builtin");
const atomic = @import("atomic.zig");
const seam = @import("seam.zig").seam;

const system = switch (builtin.os.tag) {
    .linux => @import("os_linux.zig"),
    .macos => @import("os_macos.zig"),
    else => @compileError("there is no file os_" ++ @tagName(builtin.os.tag) ++ ".zig"),
};

/// Whether the system can have the kernel's device, and all that belongs to it: only Linux can.
pub const is_linux = builtin.os.tag == .linux;

const Word = atomic.Value(u32);

/// Sleeps while `word` holds `expected`, until a `futexWake`, a signal, or the timeout. May return early.
pub fn futexWait(word: *const Word, expected: u32, timeout_ns: ?u64) void {
    if (seam) |other| return other.futexWait(word, expected, timeout_ns);
    system.futexWait(&word.raw, expected, timeout_ns);
}

/// Wakes threads that sleep on `word`: one if `count` is 1, else all.
pub fn futexWake(word: *const Word, count: u31) void {
    if (seam) |other| return other.futexWake(word, count);
    system.futexWake(&word.raw, count);
}

/// Returns the nanoseconds since some fixed moment, without the time in which the machine was suspended.
pub const now = system.now;

/// Makes a pair of connected stream sockets, closed on exec; null if descriptors or memory have run out.
pub const socketPair = system.socketPair;

/// Writes one byte to a socket of a pair. Errors are ignored, and raise no signal: a full buffer already holds a wake, and a
/// closed end needs none.
pub fn sendByte(socket: i32) void {
    if (seam) |other| return other.sendByte(socket);
    system.sendByte(socket);
}

/// A socket that the runtime is expected to close, so that its number may come to mean another file.
pub const Socket = struct {
    fd: i32,
    identity: ?system.Identity,

    pub fn of(fd: i32) Socket {
        return .{ .fd = fd, .identity = .of(fd) };
    }

    /// Closes the socket, unless it was closed already.
    pub fn closeIfSame(socket: Socket) void {
        const its = socket.identity orelse return;
        const found = system.Identity.of(socket.fd) orelse return;
        if (found.device == its.device and found.inode == its.inode) close(socket.fd);
    }
};

pub const close = system.close;

/// Returns 64 unpredictable bits.
pub const random = system.random;

/// Linux only: threads that no signal interrupts.
pub const blockSignals = system.blockSignals;
pub const restoreSignals = system.restoreSignals;
