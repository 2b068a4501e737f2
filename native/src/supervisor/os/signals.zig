//! Signals: their masks, and the descriptors from which blocked signals are read.

const std = @import("std");
const linux = std.os.linux;
const small = @import("results.zig").small;

pub const SIG = linux.SIG;
pub const Mask = linux.sigset_t;
pub const Signal = linux.signalfd_siginfo;

/// Blocks all signals. Returns the mask of before.
pub fn block() Mask {
    const all = linux.sigfillset();
    var before: Mask = undefined;
    _ = linux.sigprocmask(SIG.SETMASK, &all, &before);
    return before;
}

pub fn setMask(mask: Mask) void {
    _ = linux.sigprocmask(SIG.SETMASK, &mask, null);
}

/// Opens a descriptor from which one blocked signal can be read; null: all of them.
pub fn openDescriptor(signal: ?SIG) i32 {
    var mask = linux.sigfillset();
    if (signal) |s| {
        mask = linux.sigemptyset();
        linux.sigaddset(&mask, s);
    }
    return small(linux.signalfd(-1, &mask, linux.SFD.CLOEXEC | linux.SFD.NONBLOCK));
}

/// Reads the next signal; null if none is pending.
pub fn next(descriptor: i32) ?Signal {
    var signal: Signal = undefined;
    const bytes = std.mem.asBytes(&signal);
    return if (linux.read(descriptor, bytes, bytes.len) == bytes.len) signal else null;
}

/// Sends a signal to a process.
pub fn send(pidfd: i32, signal: SIG) void {
    _ = linux.pidfd_send_signal(pidfd, signal, null, 0);
}

/// Ends this process by a signal, whatever handler it has.
pub fn dieOf(signal: SIG) noreturn {
    const default: linux.Sigaction = .{ .handler = .{ .handler = SIG.DFL }, .mask = linux.sigemptyset(), .flags = 0 };
    if (signal != .KILL and signal != .STOP) _ = linux.sigaction(signal, &default, null);
    var mask = linux.sigfillset();
    linux.sigdelset(&mask, signal);
    setMask(mask);
    _ = linux.kill(linux.getpid(), signal);
    linux.exit_group(128 +| @as(u8, @truncate(@backingInt(signal)))); // as shells do
}
