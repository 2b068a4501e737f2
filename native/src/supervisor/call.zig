//! One system call of the program, and what becomes of it: the opens of the device's path and the ioctls on it are
//! served, all others go their usual way.
//!
//! Rules:
//! - The thread waits while its call is served, and only its death ends that.
//! - Descriptors are looked at through a duplicate, which is closed before the answer.

const std = @import("std");
const linux = std.os.linux;
const filter = @import("filter.zig");
const sys = @import("os.zig");
const uapi = @import("../uapi/server.zig");
const Device = @import("emulated_device.zig").Device;
const Memory = @import("memory.zig").Memory;
const OpenFile = @import("emulated_device.zig").OpenFile;
const Threads = @import("threads.zig").Threads;

pub const Call = struct {
    number: linux.SYS,
    arguments: [4]u64,
    memory: Memory,
    device: *Device,
    threads: *Threads,
    /// The errno of something that failed on our side.
    failure: i32 = 0,

    const Answer = union(enum) {
        /// What the call returns, or a negative errno.
        result: i32,
        /// The kernel does it.
        pass,
        /// It is answered, or there is nobody left to answer.
        done,
    };

    /// The call that was notified.
    pub fn of(notification: *const sys.Notification, listener: i32, device: *Device, threads: *Threads) Call {
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
            .result => |result| sys.answer(call.memory.listener, call.memory.id, result),
            .pass => sys.answer(call.memory.listener, call.memory.id, null),
            .done => {},
        }
    }

    // Opens

    fn open(call: *Call) Answer {
        // Where the path stands, in `open` and in the others.
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
        // Most are others: no more is read than what tells.
        const length = sys.readMemory(call.memory.thread, address, &buffer);
        return length == buffer.len and std.mem.eql(u8, &buffer, path);
    }

    /// Of openat2; null where the kernel must say what is wrong, or look elsewhere.
    fn flagsOfHow(call: *Call, address: u64, size: u64) ?u32 {
        var how: extern struct { flags: u64, mode: u64, resolve: u64 } = undefined;
        const elsewhere = 0x01 | 0x08 | 0x10; // RESOLVE_NO_XDEV, _BENEATH, _IN_ROOT
        if (size != @sizeOf(@TypeOf(how))) return null;
        call.memory.read(address, std.mem.asBytes(&how)) catch return null;
        if (how.resolve & elsewhere != 0) return null;
        const flags = std.math.cast(u32, how.flags) orelse return null;
        return if (how.mode == 0 or @as(linux.O, @bitCast(flags)).CREAT) flags else null;
    }

    fn openDevice(call: *Call, flags: linux.O) Answer {
        const errno: ?sys.E = if (flags.CREAT and flags.EXCL and !flags.PATH)
            .EXIST
        else if (flags.DIRECTORY) .NOTDIR else null;
        if (errno) |e| return .{ .result = sys.negative(e) };

        if (flags.PATH) {
            const result = call.plant(call.device.path_only, flags.CLOEXEC);
            return if (result < 0) .{ .result = result } else .done;
        }
        var open_file: *OpenFile = undefined;
        // Those of whom it cannot be seen are one user, the one whom the kernel shows for users that it has no number for.
        const user = sys.userOf(call.memory.thread) orelse 65534;
        const planted = call.device.open(user, flags.NONBLOCK, &open_file);
        if (planted < 0) return .{ .result = planted };
        // Before the answer, so that the program's end finds it there.
        call.device.log.line("open peer={d} pid={d}", .{ open_file.number, call.memory.thread });
        const result = call.plant(planted, flags.CLOEXEC);
        sys.close(planted);
        if (result >= 0) return .done;
        call.device.end(open_file);
        return .{ .result = result };
    }

    /// Answers with a descriptor that is made in the program.
    fn plant(call: *const Call, descriptor: i32, close_on_exec: bool) i32 {
        return sys.answerDescriptor(call.memory.listener, call.memory.id, descriptor, close_on_exec);
    }

    // Ioctls

    fn ioctl(call: *Call) Answer {
        const number: i32, const request: u32 = .{ @bitCast(low(call.arguments[0])), low(call.arguments[1]) };
        const descriptor = call.threads.takeDescriptor(call.memory.thread, number);
        if (descriptor < 0) {
            // What is wrong with the descriptor, the kernel says best.
            const ours = [_]sys.E{ .MFILE, .NFILE, .NOMEM };
            const errno = sys.errno(descriptor);
            return if (std.mem.findScalar(sys.E, &ours, errno) != null) .{ .result = descriptor } else .pass;
        }
        defer sys.close(descriptor);
        const open_file = switch (call.device.find(descriptor)) {
            .file => |open_file| open_file,
            .path_only => return .{ .result = sys.negative(.BADF) },
            .other => return .pass,
        };
        const result = uapi.ioctl(call, open_file.file, request, call.arguments[2], call.device.quirks) catch
            return call.kill(open_file);
        open_file.settle(descriptor);
        call.device.tell();
        return .{ .result = if (call.failure < 0) call.failure else result };
    }

    /// All that the kernel looks at.
    fn low(argument: u64) u32 {
        return @truncate(argument);
    }

    /// Where the real device would have killed the thread, or let it hang for ever.
    fn kill(call: *Call, open_file: *const OpenFile) Answer {
        if (!call.memory.isWaiting()) return .done; // it is dead, and its id may be another one's
        call.device.log.line("kill peer={d} pid={d}", .{ open_file.number, call.memory.thread });
        call.threads.kill(call.memory.thread);
        return .done;
    }

    // What uapi.zig asks of the caller

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
            if (sys.errno(descriptor) != .BADF) call.failure = descriptor;
            return error.BadDescriptor;
        }
        defer sys.close(descriptor);
        return switch (call.device.find(descriptor)) {
            .file => |open_file| open_file.file,
            .path_only => error.BadDescriptor,
            .other => error.NotBus1,
        };
    }
};
