//! The memory, the descriptors and the users of other processes and their threads.

const std = @import("std");
const linux = std.os.linux;
const results = @import("results.zig");
const signed = results.signed;
const small = results.small;
const succeeded = results.succeeded;

/// Opens a descriptor that refers to a thread. `EINVAL` from kernels that only support processes.
pub fn openThread(thread: i32) i32 {
    const pidfd_thread = 1 << @bitOffsetOf(linux.O, "EXCL");
    return small(linux.pidfd_open(thread, pidfd_thread));
}

/// Opens a descriptor that refers to a process.
pub fn openProcess(process: i32) i32 {
    return small(linux.pidfd_open(process, 0));
}

/// Returns the process of a thread.
pub fn processOf(thread: i32) ?i32 {
    return statusField(i32, thread, "\nTgid:\t", 0);
}

/// Returns the effective user of a thread.
pub fn userOf(thread: i32) ?u32 {
    // The line has the real, effective, saved and file system user.
    return statusField(u32, thread, "\nUid:\t", 1);
}

/// Reads a number from a thread's status file: the one with this index after the label.
fn statusField(comptime Number: type, thread: i32, label: []const u8, index: usize) ?Number {
    var buffer: [1024]u8 = undefined;
    const path = std.fmt.bufPrintSentinel(&buffer, "/proc/{d}/status", .{thread}, 0) catch return null;
    const file = linux.openat(linux.AT.FDCWD, path, .{ .CLOEXEC = true }, 0);
    if (!succeeded(file)) return null;
    defer _ = linux.close(@intCast(file));
    const length = linux.read(@intCast(file), &buffer, buffer.len);
    if (!succeeded(length)) return null;
    const start = (std.mem.find(u8, buffer[0..length], label) orelse return null) + label.len;
    const end = std.mem.findScalarPos(u8, buffer[0..length], start, '\n') orelse return null;
    var numbers = std.mem.splitScalar(u8, buffer[start..end], '\t');
    for (0..index) |_| _ = numbers.next();
    return std.fmt.parseInt(Number, numbers.next() orelse return null, 10) catch null;
}

/// Duplicates a descriptor of another process into this one.
pub fn takeDescriptor(pidfd: i32, descriptor: i32) i32 {
    return small(linux.pidfd_getfd(pidfd, descriptor, 0));
}

/// Reads the memory of a thread. Returns how many bytes could be read.
pub fn readMemory(thread: i32, address: u64, into: []u8) usize {
    return moveMemory(.process_vm_readv, thread, @intFromPtr(into.ptr), address, into.len);
}

/// Writes the memory of a thread. Returns how many bytes could be written.
pub fn writeMemory(thread: i32, address: u64, bytes: []const u8) usize {
    return moveMemory(.process_vm_writev, thread, @intFromPtr(bytes.ptr), address, bytes.len);
}

/// `struct iovec`, with an integer for the address: one that another process gave may be 0 or anything else.
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
