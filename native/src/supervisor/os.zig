//! What the supervisor asks the operating system for, beside os.zig; no other file of it does.
//!
//! Raw system calls, and most answer as those do: a result, or a negative errno. Nothing here blocks but `poll`,
//! `receive` (unless something is there), `waitFor`, and `read`.

const std = @import("std");
const linux = std.os.linux;

pub const E = linux.E;
pub const SIG = linux.SIG;
pub const Mask = linux.sigset_t;
pub const PollFd = linux.pollfd;
pub const POLL = linux.POLL;
pub const Strings = [*:null]const ?[*:0]const u8;

fn signed(result: usize) i64 {
    return @bitCast(result);
}

fn small(result: usize) i32 {
    return @intCast(signed(result));
}

/// The errno of a negative result.
pub fn errno(result: i64) E {
    return @fromBackingInt(@intCast(-result));
}

pub fn negative(e: E) i32 {
    return -@as(i32, @backingInt(e));
}

/// Says something on standard error.
pub fn complain(comptime format: []const u8, values: anytype) void {
    var buffer: [4096 + 256]u8 = undefined;
    write(2, std.fmt.bufPrint(&buffer, "bus1: " ++ format ++ "\n", values) catch &buffer);
}

// Processes

/// Forks; answers 0 in the child, and the child's id here, where `pidfd` then names it.
pub fn fork(pidfd: *i32) i32 {
    const flags = linux.CLONE.PIDFD | @backingInt(SIG.CHLD);
    return small(linux.syscall5(.clone, flags, 0, @intFromPtr(pidfd), 0, 0));
}

pub const getpid = linux.getpid;
pub const getppid = linux.getppid;

pub fn exit(code: u8) noreturn {
    linux.exit_group(code);
}

/// Returns only on failure.
pub fn execute(path: [*:0]const u8, arguments: Strings, environment: Strings) i32 {
    return small(linux.execve(path, arguments, environment));
}

/// Whether orphans among the descendants become children of this process.
pub fn adoptOrphans(yes: bool) void {
    _ = linux.prctl(@backingInt(linux.PR.SET_CHILD_SUBREAPER), @intFromBool(yes), 0, 0, 0);
}

/// The signal that this process gets when its parent is gone; null for none.
pub fn signalOfParentsEnd(signal: ?SIG) void {
    const number = if (signal) |s| @backingInt(s) else 0;
    _ = linux.prctl(@backingInt(linux.PR.SET_PDEATHSIG), number, 0, 0, 0);
}

/// A fault of this process leaves no core file.
pub fn leaveNoCore() void {
    _ = linux.prctl(@backingInt(linux.PR.SET_DUMPABLE), 0, 0, 0, 0);
}

/// Waits for a child, or any (-1). Answers its id, 0 if `flags` has `NOHANG` and nothing happened, or an errno.
pub fn waitFor(child: i32, status: *u32, flags: u32) i32 {
    return small(linux.wait4(child, @ptrCast(status), flags, null));
}

/// The status of a child that has ended and is named by a descriptor; null if it is no child of this process.
pub fn statusOf(pidfd: i32) ?u32 {
    var info: linux.siginfo_t = undefined;
    if (linux.errno(linux.waitid(.PIDFD, pidfd, &info, linux.W.EXITED, null)) != .SUCCESS) return null;
    const child = info.fields.common.second.sigchld;
    const exited = 1; // CLD_EXITED
    return if (info.code == exited) @as(u32, @bitCast(child.status)) << 8 else @bitCast(child.status);
}

/// As many descriptors as the machine allows; answers how many those are.
pub fn raiseDescriptorLimit() u64 {
    var limit: linux.rlimit = undefined;
    if (linux.errno(linux.getrlimit(.NOFILE, &limit)) != .SUCCESS) return 1024;
    limit.cur = limit.max;
    _ = linux.setrlimit(.NOFILE, &limit);
    return limit.cur;
}

// Signals

/// Blocks all signals; answers those that were blocked before.
pub fn blockSignals() Mask {
    const all = linux.sigfillset();
    var before: Mask = undefined;
    _ = linux.sigprocmask(SIG.SETMASK, &all, &before);
    return before;
}

pub fn setSignalMask(mask: Mask) void {
    _ = linux.sigprocmask(SIG.SETMASK, &mask, null);
}

/// A descriptor from which signals can be read that are blocked: one of them, or all.
pub fn signalDescriptor(signal: ?SIG) i32 {
    var mask = linux.sigfillset();
    if (signal) |s| {
        mask = linux.sigemptyset();
        linux.sigaddset(&mask, s);
    }
    return small(linux.signalfd(-1, &mask, linux.SFD.CLOEXEC | linux.SFD.NONBLOCK));
}

pub const Signal = linux.signalfd_siginfo;

/// The next signal that has come.
pub fn nextSignal(descriptor: i32) ?Signal {
    var signal: Signal = undefined;
    const bytes = std.mem.asBytes(&signal);
    return if (linux.read(descriptor, bytes, bytes.len) == bytes.len) signal else null;
}

pub fn sendSignal(pidfd: i32, signal: SIG) void {
    _ = linux.pidfd_send_signal(pidfd, signal, null, 0);
}

/// Ends this process as the signal ends one, whatever it has set up.
pub fn dieOf(signal: SIG) noreturn {
    const default: linux.Sigaction = .{ .handler = .{ .handler = SIG.DFL }, .mask = linux.sigemptyset(), .flags = 0 };
    if (signal != .KILL and signal != .STOP) _ = linux.sigaction(signal, &default, null);
    var mask = linux.sigfillset();
    linux.sigdelset(&mask, signal);
    setSignalMask(mask);
    _ = linux.kill(linux.getpid(), signal);
    exit(128 +| @as(u8, @truncate(@backingInt(signal))));
}

// Seccomp

pub const Notification = linux.SECCOMP.notif;
pub const Instruction = extern struct { code: u16, if_true: u8 = 0, if_false: u8 = 0, operand: u32 };

/// Installs a filter for this thread and for all that descends from it. Answers the listener, to which the filter's
/// notifications come.
pub fn installFilter(instructions: []const Instruction) i32 {
    const no_new_privileges = linux.prctl(@backingInt(linux.PR.SET_NO_NEW_PRIVS), 1, 0, 0, 0);
    if (linux.errno(no_new_privileges) != .SUCCESS) return small(no_new_privileges);
    const program: extern struct { len: u16, instructions: [*]const Instruction } = .{
        .len = @intCast(instructions.len),
        .instructions = instructions.ptr,
    };
    // Without SPEC_ALLOW older kernels would slow down the whole program, as if the filter were for safety. Once a
    // notification is received, WAIT_KILLABLE_RECV lets nothing but death interrupt the call: none runs twice. (Kernels
    // before 6.17 have a rare race there, between a signal and a quick answer.)
    const wait_killable_recv = 1 << 5;
    const flags = linux.SECCOMP.FILTER_FLAG.NEW_LISTENER | linux.SECCOMP.FILTER_FLAG.SPEC_ALLOW | wait_killable_recv;
    return small(linux.seccomp(linux.SECCOMP.SET_MODE_FILTER, flags, &program));
}

/// The notifying thread and the receiver are woken on one CPU, where the kernel can do that: they take turns.
pub fn wakeOnSameCpu(listener: i32) void {
    const set_flags = linux.IOCTL.IOW('!', 4, u64);
    const sync_wake_up = 1;
    _ = linux.ioctl(listener, set_flags, sync_wake_up);
}

/// Takes the next notification; false if it was withdrawn, as when its thread has died.
pub fn receive(listener: i32, notification: *Notification) bool {
    notification.* = std.mem.zeroes(Notification);
    return linux.errno(linux.ioctl(listener, linux.SECCOMP.IOCTL_NOTIF.RECV, @intFromPtr(notification))) == .SUCCESS;
}

/// Whether the thread still waits for an answer to the notification.
pub fn isWaiting(listener: i32, id: u64) bool {
    return linux.errno(linux.ioctl(listener, linux.SECCOMP.IOCTL_NOTIF.ID_VALID, @intFromPtr(&id))) == .SUCCESS;
}

/// Answers a notification: the call returns `result`, or a negative errno; null: it goes its usual way.
pub fn answer(listener: i32, id: u64, result: ?i32) void {
    const value = result orelse 0;
    var response: linux.SECCOMP.notif_resp = .{
        .id = id,
        .val = @max(value, 0),
        .@"error" = @min(value, 0),
        .flags = if (result == null) linux.SECCOMP.USER_NOTIF_FLAG_CONTINUE else 0,
    };
    // It fails if nobody waits any more.
    _ = linux.ioctl(listener, linux.SECCOMP.IOCTL_NOTIF.SEND, @intFromPtr(&response));
}

/// Answers a notification with a descriptor, which is made in that process. On failure it is not answered.
pub fn answerDescriptor(listener: i32, id: u64, descriptor: i32, close_on_exec: bool) i32 {
    const request: linux.SECCOMP.notif_addfd = .{
        .id = id,
        .flags = linux.SECCOMP.ADDFD_FLAG.SEND,
        .srcfd = @intCast(descriptor),
        .newfd = 0,
        .newfd_flags = if (close_on_exec) linux.SOCK.CLOEXEC else 0,
    };
    return small(linux.ioctl(listener, linux.SECCOMP.IOCTL_NOTIF.ADDFD, @intFromPtr(&request)));
}

// The memory and the descriptors of other processes

/// Names a thread. `EINVAL` from kernels that cannot.
pub fn openThread(thread: i32) i32 {
    const pidfd_thread = 1 << @bitOffsetOf(linux.O, "EXCL");
    return small(linux.pidfd_open(thread, pidfd_thread));
}

pub fn openProcess(process: i32) i32 {
    return small(linux.pidfd_open(process, 0));
}

/// The process of a thread.
pub fn processOf(thread: i32) ?i32 {
    return statusField(i32, thread, "\nTgid:\t", 0);
}

/// The user for whom a thread acts.
pub fn userOf(thread: i32) ?u32 {
    // The second of four is the effective one.
    return statusField(u32, thread, "\nUid:\t", 1);
}

/// One of the numbers that stand behind a label in what the kernel tells about a thread.
fn statusField(comptime Number: type, thread: i32, label: []const u8, index: usize) ?Number {
    var buffer: [1024]u8 = undefined;
    const path = std.fmt.bufPrintSentinel(&buffer, "/proc/{d}/status", .{thread}, 0) catch return null;
    const file = linux.openat(linux.AT.FDCWD, path, .{ .CLOEXEC = true }, 0);
    if (linux.errno(file) != .SUCCESS) return null;
    defer _ = linux.close(@intCast(file));
    const length = linux.read(@intCast(file), &buffer, buffer.len);
    if (linux.errno(length) != .SUCCESS) return null;
    const start = (std.mem.find(u8, buffer[0..length], label) orelse return null) + label.len;
    const end = std.mem.findScalarPos(u8, buffer[0..length], start, '\n') orelse return null;
    var numbers = std.mem.splitScalar(u8, buffer[start..end], '\t');
    for (0..index) |_| _ = numbers.next();
    return std.fmt.parseInt(Number, numbers.next() orelse return null, 10) catch null;
}

/// A descriptor of this process for what a descriptor of that one names.
pub fn takeDescriptor(pidfd: i32, descriptor: i32) i32 {
    return small(linux.pidfd_getfd(pidfd, descriptor, 0));
}

/// Reads memory of a thread. Answers how many bytes could be read.
pub fn readMemory(thread: i32, address: u64, into: []u8) usize {
    return moveMemory(.process_vm_readv, thread, @intFromPtr(into.ptr), address, into.len);
}

/// Writes memory of a thread. Answers how many bytes could be written.
pub fn writeMemory(thread: i32, address: u64, bytes: []const u8) usize {
    return moveMemory(.process_vm_writev, thread, @intFromPtr(bytes.ptr), address, bytes.len);
}

/// Memory here or in another process, where any number may come as an address, 0 too: it is no pointer of ours.
const Region = extern struct { address: u64, len: usize };

fn moveMemory(call: linux.SYS, thread: i32, here: u64, there: u64, len: usize) usize {
    const pid = @as(u32, @bitCast(thread));
    var done: usize = 0;
    while (done < len) {
        const local: Region = .{ .address = here + done, .len = len - done };
        const remote: Region = .{ .address = there +% done, .len = len - done };
        const result = signed(linux.syscall6(call, pid, @intFromPtr(&local), 1, @intFromPtr(&remote), 1, 0));
        if (result <= 0) break;
        done += @intCast(result);
    }
    return done;
}

// Files and sockets

pub const close = @import("../base/os.zig").close;

/// Makes sure that no file which is opened from now on is taken for standard input, output or error.
pub fn occupyStandardFiles() void {
    while (true) {
        const result = linux.openat(linux.AT.FDCWD, "/dev/null", .{ .ACCMODE = .RDWR }, 0);
        if (linux.errno(result) != .SUCCESS) return;
        if (result > 2) return close(@intCast(result));
    }
}

pub fn openLog(path: [*:0]const u8) i32 {
    const flags: linux.O = .{ .ACCMODE = .WRONLY, .CREAT = true, .APPEND = true, .CLOEXEC = true, .NOCTTY = true };
    return small(linux.openat(linux.AT.FDCWD, path, flags, 0o666));
}

/// Whether a file can be opened.
pub fn canOpen(path: [*:0]const u8) bool {
    const result = linux.openat(linux.AT.FDCWD, path, .{ .ACCMODE = .RDWR, .CLOEXEC = true }, 0);
    if (linux.errno(result) != .SUCCESS) return false;
    close(@intCast(result));
    return true;
}

/// Forgets where the program was started and what it has open: all descriptors but `kept`, and those of the terminal
/// or whatever stands there; standard error too, if `quiet`.
pub fn letGo(quiet: bool, kept: []const i32) void {
    _ = linux.chdir("/");
    const nothing = linux.openat(linux.AT.FDCWD, "/dev/null", .{ .ACCMODE = .RDWR }, 0);
    const last: i32 = if (quiet) 2 else 1;
    var fd: i32 = 0;
    while (fd <= last) : (fd += 1) {
        if (linux.errno(nothing) == .SUCCESS) _ = linux.dup2(@intCast(nothing), fd) else _ = linux.close(fd);
    }
    var first: i32 = 3;
    while (true) {
        var next: i32 = std.math.maxInt(i32);
        for (kept) |k| {
            if (k >= first) next = @min(next, k);
        }
        if (next > first) _ = linux.close_range(first, next - 1, .{ .UNSHARE = false, .CLOEXEC = false });
        if (next == std.math.maxInt(i32)) return;
        first = next + 1;
    }
}

pub fn write(fd: i32, bytes: []const u8) void {
    _ = linux.write(fd, bytes.ptr, bytes.len);
}

/// Reads something of exactly this size; false at the end.
pub fn read(fd: i32, bytes: []u8) bool {
    return linux.read(fd, bytes.ptr, bytes.len) == bytes.len;
}

/// A pair of connected stream sockets.
pub fn socketPair(pair: *[2]i32, nonblocking: bool) i32 {
    const flags: u32 = linux.SOCK.STREAM | linux.SOCK.CLOEXEC | if (nonblocking) @as(u32, linux.SOCK.NONBLOCK) else 0;
    return small(linux.socketpair(linux.AF.UNIX, flags, 0, pair));
}

/// From now on nothing can be written to the other end.
pub fn refuseBytes(socket: i32) void {
    _ = linux.shutdown(socket, linux.SHUT.RD);
}

/// A number that names a socket as long as the machine runs; null if the descriptor is not one.
pub fn cookieOf(socket: i32) ?u64 {
    var cookie: u64 = undefined;
    var size: linux.socklen_t = @sizeOf(u64);
    const result = linux.getsockopt(socket, linux.SOL.SOCKET, linux.SO.COOKIE, std.mem.asBytes(&cookie), &size);
    return if (linux.errno(result) == .SUCCESS) cookie else null;
}

/// Sends one byte, if there is room.
pub fn sendByte(socket: i32) bool {
    return linux.sendto(socket, "", 1, linux.MSG.NOSIGNAL | linux.MSG.DONTWAIT, null, 0) == 1;
}

/// Takes up to so many bytes out of a socket.
pub fn dropBytes(socket: i32, count: usize) void {
    var buffer: [512]u8 = undefined;
    _ = linux.recvfrom(socket, &buffer, @min(count, buffer.len), linux.MSG.DONTWAIT, null, null);
}

pub fn epoll() i32 {
    return small(linux.epoll_create1(linux.EPOLL.CLOEXEC));
}

/// From now on `hungUp` tells when the other end of the socket is closed.
pub fn watchHangUp(set: i32, socket: i32, userdata: usize) i32 {
    var event: linux.epoll_event = .{ .events = 0, .data = .{ .ptr = userdata } };
    return small(linux.epoll_ctl(set, linux.EPOLL.CTL_ADD, socket, &event));
}

/// The userdata of sockets whose other ends are closed.
pub fn hungUp(set: i32, buffer: []usize) []usize {
    var events: [64]linux.epoll_event = undefined;
    const result = signed(linux.epoll_wait(set, &events, @intCast(@min(buffer.len, events.len)), 0));
    const count: usize = @intCast(@max(result, 0));
    for (buffer[0..count], events[0..count]) |*userdata, event| userdata.* = event.data.ptr;
    return buffer[0..count];
}

/// Waits until something is ready.
pub fn poll(fds: []PollFd) void {
    for (fds) |*fd| fd.revents = 0;
    _ = linux.poll(fds.ptr, fds.len, -1);
}
