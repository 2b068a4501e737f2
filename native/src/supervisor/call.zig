//! One system call of the program. The supervisor serves opens of the device's path and ioctls on the device; the
//! kernel executes all other calls.
//!
//! Rules:
//! - The thread waits while its call is served. Only its death ends the wait.
//! - A descriptor of the program is inspected through a duplicate, which is closed before the reply.

const std = @import("std");
const linux = std.os.linux;
const filter = @import("filter.zig");
const os = @import("os.zig");
const uapi = @import("../uapi/server.zig");
const EmulatedDevice = @import("emulated_device.zig").EmulatedDevice;
const Memory = @import("memory.zig").Memory;
const OpenFile = @import("emulated_device.zig").OpenFile;
const Threads = @import("threads.zig").Threads;

pub const Call = struct {
    number: linux.SYS,
    arguments: [4]u64,
    memory: Memory,
    device: *EmulatedDevice,
    threads: *Threads,
    /// A negative errno if the supervisor itself failed.
    failure: i32 = 0,

    const Outcome = union(enum) {
        /// The result of the call, or a negative errno.
        result: i32,
        /// The kernel executes the call.
        pass,
        /// The reply is sent, or the thread has died.
        done,
    };

    /// Makes the call of a notification.
    pub fn of(
        notification: *const os.seccomp.Notification,
        listener: i32,
        device: *EmulatedDevice,
        threads: *Threads,
    ) Call {
        const data = &notification.data;
        return .{
            .number = @fromBackingInt(@as(u32, @bitCast(data.nr))),
            .arguments = .{ data.arg0, data.arg1, data.arg2, data.arg3 },
            .memory = .{ .thread = @bitCast(notification.pid), .id = notification.id, .listener = listener },
            .device = device,
            .threads = threads,
        };
    }

    pub fn serve(call: *Call) void {
        const outcome = if (call.number == .ioctl) call.ioctl() else call.open();
        switch (outcome) {
            .result => |result| os.seccomp.reply(call.memory.listener, call.memory.id, result),
            .pass => os.seccomp.replyContinue(call.memory.listener, call.memory.id),
            .done => {},
        }
    }

    // Opens

    fn open(call: *Call) Outcome {
        // The index of the path among the arguments: only `open` has no directory before it.
        const first: usize = if (@hasField(linux.SYS, "open") and call.number == .open) 0 else 1;
        if (!call.isDevice(call.arguments[first])) return .pass;
        const flags = if (call.number == .openat2)
            call.flagsOfHow(call.arguments[2], call.arguments[3]) orelse return .pass
        else
            low(call.arguments[first + 1]);
        return call.openDevice(@bitCast(flags));
    }

    fn isDevice(call: *const Call, address: u64) bool {
        const path: []const u8 = filter.path ++ "\x00";
        var buffer: [path.len]u8 = undefined;
        // Most paths are others, so only as many bytes as the comparison needs are read.
        const length = os.other_processes.readMemory(call.memory.thread, address, &buffer);
        return length == buffer.len and std.mem.eql(u8, &buffer, path);
    }

    /// Returns the flags of an openat2; null if the kernel must report an error or resolve the path itself.
    fn flagsOfHow(call: *Call, address: u64, size: u64) ?u32 {
        var how: extern struct { flags: u64, mode: u64, resolve: u64 } = undefined;
        const elsewhere = 0x01 | 0x08 | 0x10; // RESOLVE_NO_XDEV, _BENEATH, _IN_ROOT
        if (size != @sizeOf(@TypeOf(how))) return null;
        call.memory.read(address, std.mem.asBytes(&how)) catch return null;
        if (how.resolve & elsewhere != 0) return null;
        const flags = std.math.cast(u32, how.flags) orelse return null;
        return if (how.mode == 0 or @as(linux.O, @bitCast(flags)).CREAT) flags else null;
    }

    fn openDevice(call: *Call, flags: linux.O) Outcome {
        const errno: ?os.E = if (flags.CREAT and flags.EXCL and !flags.PATH)
            .EXIST
        else if (flags.DIRECTORY) .NOTDIR else null;
        if (errno) |e| return .{ .result = os.negative(e) };

        if (flags.PATH) {
            const result = call.replyDescriptor(call.device.path_only, flags.CLOEXEC);
            return if (result < 0) .{ .result = result } else .done;
        }
        var open_file: *OpenFile = undefined;
        // If the user cannot be read, it is 65534, which the kernel reports for users without a mapping.
        const user = os.other_processes.userOf(call.memory.thread) orelse 65534;
        const program_socket = call.device.open(user, flags.NONBLOCK, &open_file);
        if (program_socket < 0) return .{ .result = program_socket };
        // Before the reply, so that the line precedes those of the program's later calls and of its exit.
        call.device.log.line("open peer={d} pid={d}", .{ open_file.number, call.memory.thread });
        const result = call.replyDescriptor(program_socket, flags.CLOEXEC);
        os.files.close(program_socket);
        if (result >= 0) return .done;
        call.device.end(open_file);
        return .{ .result = result };
    }

    /// Replies with a new descriptor of the program.
    fn replyDescriptor(call: *const Call, descriptor: i32, close_on_exec: bool) i32 {
        return os.seccomp.replyDescriptor(call.memory.listener, call.memory.id, descriptor, close_on_exec);
    }

    // Ioctls

    fn ioctl(call: *Call) Outcome {
        const number: i32, const request: u32 = .{ @bitCast(low(call.arguments[0])), low(call.arguments[1]) };
        const descriptor = call.threads.takeDescriptor(call.memory.thread, number);
        if (descriptor < 0) {
            // The kernel reports errors of the program's descriptor; these are errors of the supervisor.
            const ours = [_]os.E{ .MFILE, .NFILE, .NOMEM };
            const errno = os.errno(descriptor);
            return if (std.mem.findScalar(os.E, &ours, errno) != null) .{ .result = descriptor } else .pass;
        }
        defer os.files.close(descriptor);
        const open_file = switch (call.device.find(descriptor)) {
            .file => |open_file| open_file,
            .path_only => return .{ .result = os.negative(.BADF) },
            .other => return .pass,
        };
        const result = uapi.ioctl(call, open_file.file, request, call.arguments[2], call.device.quirks) catch
            return call.kill(open_file);
        open_file.settle(descriptor);
        call.device.sendWakes();
        return .{ .result = if (call.failure < 0) call.failure else result };
    }

    /// The part of an argument that the kernel uses.
    fn low(argument: u64) u32 {
        return @truncate(argument);
    }

    /// Kills the process, where the real device would have killed the thread or blocked it forever.
    fn kill(call: *Call, open_file: *const OpenFile) Outcome {
        if (!call.memory.isWaiting()) return .done; // it has died, and another thread may have its id
        call.device.log.line("kill peer={d} pid={d}", .{ open_file.number, call.memory.thread });
        call.threads.kill(call.memory.thread);
        return .done;
    }

    // The context of uapi/server.zig

    pub fn read(call: *Call, address: u64, into: []u8) error{Fault}!void {
        return call.memory.read(address, into);
    }

    pub fn write(call: *Call, address: u64, bytes: []const u8) error{Fault}!void {
        return call.memory.write(address, bytes);
    }

    pub fn file(call: *Call, fd: u64) error{ BadDescriptor, NotBus1 }!*uapi.File {
        const number = std.math.cast(i32, fd) orelse return error.BadDescriptor;
        const descriptor = call.threads.takeDescriptor(call.memory.thread, number);
        if (descriptor < 0) {
            if (os.errno(descriptor) != .BADF) call.failure = descriptor;
            return error.BadDescriptor;
        }
        defer os.files.close(descriptor);
        return switch (call.device.find(descriptor)) {
            .file => |open_file| open_file.file,
            .path_only => error.BadDescriptor,
            .other => error.NotBus1,
        };
    }
};
