//! Seccomp user notification: the kernel stops a system call of another thread, and this process decides its result.

const std = @import("std");
const linux = std.os.linux;
const results = @import("results.zig");
const small = results.small;
const succeeded = results.succeeded;

pub const Notification = linux.SECCOMP.notif;
pub const Instruction = extern struct { code: u16, if_true: u8 = 0, if_false: u8 = 0, operand: u32 };

/// Installs a filter for this thread and all its descendants. Returns the listener that receives its notifications.
pub fn installFilter(instructions: []const Instruction) i32 {
    const no_new_privileges = linux.prctl(@backingInt(linux.PR.SET_NO_NEW_PRIVS), 1, 0, 0, 0);
    if (!succeeded(no_new_privileges)) return small(no_new_privileges);
    const program: extern struct { len: u16, instructions: [*]const Instruction } = .{
        .len = @intCast(instructions.len),
        .instructions = instructions.ptr,
    };
    // Without SPEC_ALLOW, older kernels disable speculation for the whole program, as if the filter were a sandbox.
    // With WAIT_KILLABLE_RECV, only death interrupts a call after its notification was received, so no call runs twice.
    // (Kernels before 6.17 have a rare race there, between a signal and a quick reply.)
    const wait_killable_recv = 1 << 5;
    const flags = linux.SECCOMP.FILTER_FLAG.NEW_LISTENER | linux.SECCOMP.FILTER_FLAG.SPEC_ALLOW | wait_killable_recv;
    return small(linux.seccomp(linux.SECCOMP.SET_MODE_FILTER, flags, &program));
}

/// Makes the kernel wake the notifying thread and the receiver on one CPU, if it can. They take turns, so a second CPU
/// gains nothing.
pub fn wakeOnSameCpu(listener: i32) void {
    const set_flags = linux.IOCTL.IOW('!', 4, u64);
    const sync_wake_up = 1;
    _ = linux.ioctl(listener, set_flags, sync_wake_up);
}

/// Receives the next notification. Returns false if it was withdrawn, for example because its thread has died.
pub fn receive(listener: i32, notification: *Notification) bool {
    notification.* = std.mem.zeroes(Notification);
    return succeeded(linux.ioctl(listener, linux.SECCOMP.IOCTL_NOTIF.RECV, @intFromPtr(notification)));
}

/// Returns whether the thread still waits for the reply to the notification.
pub fn isWaiting(listener: i32, id: u64) bool {
    return succeeded(linux.ioctl(listener, linux.SECCOMP.IOCTL_NOTIF.ID_VALID, @intFromPtr(&id)));
}

/// Replies to a notification: the system call returns `result`, which may be a negative errno. Fails silently if the
/// thread no longer waits.
pub fn reply(listener: i32, id: u64, result: i32) void {
    send(listener, .{ .id = id, .val = @max(result, 0), .@"error" = @min(result, 0), .flags = 0 });
}

/// Replies to a notification: the kernel executes the system call. Fails silently if the thread no longer waits.
pub fn replyContinue(listener: i32, id: u64) void {
    send(listener, .{ .id = id, .val = 0, .@"error" = 0, .flags = linux.SECCOMP.USER_NOTIF_FLAG_CONTINUE });
}

fn send(listener: i32, response: linux.SECCOMP.notif_resp) void {
    _ = linux.ioctl(listener, linux.SECCOMP.IOCTL_NOTIF.SEND, @intFromPtr(&response));
}

/// Replies to a notification with a new descriptor of the calling process. On failure it sends no reply.
pub fn replyDescriptor(listener: i32, id: u64, descriptor: i32, close_on_exec: bool) i32 {
    const request: linux.SECCOMP.notif_addfd = .{
        .id = id,
        .flags = linux.SECCOMP.ADDFD_FLAG.SEND,
        .srcfd = @intCast(descriptor),
        .newfd = 0,
        .newfd_flags = if (close_on_exec) linux.SOCK.CLOEXEC else 0,
    };
    return small(linux.ioctl(listener, linux.SECCOMP.IOCTL_NOTIF.ADDFD, @intFromPtr(&request)));
}
