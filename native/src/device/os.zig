//! The system calls of the bridge to the kernel's device, except those for descriptors (fd.zig): epoll, address space, and
//! the names of threads.

const std = @import("std");
const linux = std.os.linux;

/// An epoll that reports edges: a descriptor that becomes ready, not one that is ready.
pub const Epoll = struct {
    fd: i32,

    pub fn create() error{OutOfMemory}!Epoll {
        return .{ .fd = try descriptor(linux.epoll_create1(linux.EPOLL.CLOEXEC)) };
    }

    pub fn close(epoll: Epoll) void {
        _ = linux.close(epoll.fd);
    }

    /// Reports from now on when `fd` becomes readable; once now, if it is readable.
    pub fn add(epoll: Epoll, fd: i32, data: u64) error{OutOfMemory}!void {
        var event: linux.epoll_event = .{ .events = linux.EPOLL.IN | linux.EPOLL.ET, .data = .{ .u64 = data } };
        const result = linux.epoll_ctl(epoll.fd, linux.EPOLL.CTL_ADD, fd, &event);
        if (linux.errno(result) != .SUCCESS) return error.OutOfMemory;
    }

    /// Called before the descriptor is closed: its open file may live on in other processes.
    pub fn remove(epoll: Epoll, fd: i32) void {
        _ = linux.epoll_ctl(epoll.fd, linux.EPOLL.CTL_DEL, fd, null);
    }

    pub const Event = linux.epoll_event;

    /// Sleeps until there is an edge, or until the timeout. May return early, with none.
    pub fn wait(epoll: Epoll, events: []Event, timeout_ns: ?u64) []Event {
        const timeout: linux.timespec = if (timeout_ns) |ns| .{
            .sec = @intCast(ns / std.time.ns_per_s),
            .nsec = @intCast(ns % std.time.ns_per_s),
        } else undefined;
        const result = linux.syscall6(
            .epoll_pwait2,
            @as(u32, @bitCast(epoll.fd)),
            @intFromPtr(events.ptr),
            events.len,
            if (timeout_ns == null) 0 else @intFromPtr(&timeout),
            0,
            0,
        );
        return events[0..if (linux.errno(result) == .SUCCESS) result else 0];
    }
};

/// Issues a command to the device. Returns its result, or a negative errno.
pub fn command(fd: i32, request: u32, argument: anytype) i32 {
    while (true) {
        const result = linux.ioctl(fd, request, @intFromPtr(argument));
        // A command that was interrupted had not begun.
        if (linux.errno(result) != .INTR) return @truncate(@as(isize, @bitCast(result)));
    }
}

/// A descriptor that is always readable. Added to an epoll it ends the wait there.
pub fn alwaysReadable() error{OutOfMemory}!i32 {
    return descriptor(linux.eventfd(1, linux.EFD.CLOEXEC | linux.EFD.NONBLOCK));
}

fn descriptor(result: usize) error{OutOfMemory}!i32 {
    return if (linux.errno(result) == .SUCCESS) @intCast(result) else error.OutOfMemory;
}

/// Reserves address space that reads as zeros; only pages that are touched take memory. A guard page follows, so a write
/// beyond the end fails.
pub fn reserve(len: usize) error{OutOfMemory}![]align(std.heap.page_size_min) u8 {
    const guard = std.heap.page_size_max;
    const flags: linux.MAP = .{ .TYPE = .PRIVATE, .ANONYMOUS = true, .NORESERVE = true };
    const mapped = linux.mmap(null, len + guard, .{ .READ = true, .WRITE = true }, flags, -1, 0);
    if (linux.errno(mapped) != .SUCCESS) return error.OutOfMemory;
    const pointer: [*]align(std.heap.page_size_min) u8 = @ptrFromInt(mapped);
    const fenced = linux.mprotect(pointer + len, guard, .{});
    if (linux.errno(fenced) == .SUCCESS) return pointer[0..len];
    _ = linux.munmap(pointer, len + guard);
    return error.OutOfMemory;
}

/// Gives the memory back; the address space stays, and reads as zeros.
pub fn discard(space: []align(std.heap.page_size_min) u8) void {
    _ = linux.madvise(space.ptr, space.len, linux.MADV.DONTNEED);
}

/// Names the calling thread, for tools that show the threads of a process.
pub fn nameThread(name: [*:0]const u8) void {
    _ = linux.prctl(@backingInt(linux.PR.SET_NAME), @intFromPtr(name), 0, 0, 0);
}
