//! This process and its children.

const linux = @import("std").os.linux;
const results = @import("results.zig");
const small = results.small;
const succeeded = results.succeeded;

pub const SIG = linux.SIG;
pub const Strings = [*:null]const ?[*:0]const u8;

pub const getpid = linux.getpid;
pub const getppid = linux.getppid;

/// Forks. Returns 0 in the child, and the child's id in the parent, where `pidfd` then refers to the child.
pub fn fork(pidfd: *i32) i32 {
    const flags = linux.CLONE.PIDFD | @backingInt(SIG.CHLD);
    return small(linux.syscall5(.clone, flags, 0, @intFromPtr(pidfd), 0, 0));
}

pub fn exit(code: u8) noreturn {
    linux.exit_group(code);
}

/// Executes a program in this process. Returns only on failure.
pub fn execute(path: [*:0]const u8, arguments: Strings, environment: Strings) i32 {
    return small(linux.execve(path, arguments, environment));
}

/// Sets whether descendants become children of this process when their parents end.
pub fn adoptOrphans(yes: bool) void {
    _ = linux.prctl(@backingInt(linux.PR.SET_CHILD_SUBREAPER), @intFromBool(yes), 0, 0, 0);
}

/// Sets the signal that this process receives when its parent ends; null for none.
pub fn setParentDeathSignal(signal: ?SIG) void {
    const number = if (signal) |s| @backingInt(s) else 0;
    _ = linux.prctl(@backingInt(linux.PR.SET_PDEATHSIG), number, 0, 0, 0);
}

/// Disables the core file of this process.
pub fn leaveNoCore() void {
    _ = linux.prctl(@backingInt(linux.PR.SET_DUMPABLE), 0, 0, 0, 0);
}

/// Waits for a child, or for any (-1). Returns its id, 0 if `flags` has `NOHANG` and no child changed its state, or an
/// errno.
pub fn waitFor(child: i32, status: *u32, flags: u32) i32 {
    return small(linux.wait4(child, @ptrCast(status), flags, null));
}

/// Returns the status of a child that has ended; null if the descriptor does not refer to a child of this process.
pub fn statusOf(pidfd: i32) ?u32 {
    var info: linux.siginfo_t = undefined;
    if (!succeeded(linux.waitid(.PIDFD, pidfd, &info, linux.W.EXITED, null))) return null;
    const child = info.fields.common.second.sigchld;
    const exited = 1; // CLD_EXITED
    return if (info.code == exited) @as(u32, @bitCast(child.status)) << 8 else @bitCast(child.status);
}

/// Raises the limit of descriptors to the maximum. Returns the limit.
pub fn raiseDescriptorLimit() u64 {
    var limit: linux.rlimit = undefined;
    if (!succeeded(linux.getrlimit(.NOFILE, &limit))) return 1024; // the default of Linux
    limit.cur = limit.max;
    _ = linux.setrlimit(.NOFILE, &limit);
    return limit.cur;
}
