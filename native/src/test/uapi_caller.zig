//! A process that calls the uapi, for the tests: memory, of which pages can be made inaccessible, and descriptors.
//!
//! Like the kernel, it writes up to the first page that is not writable, and then fails.

const std = @import("std");
const testing = std.testing;
const counts = @import("../bus/counts.zig");
const types = @import("../base/uapi_types.zig");
const uapi = @import("../uapi/server.zig");
const Errno = @import("../base/errno.zig").Errno;
const File = uapi.File;

pub const Caller = struct {
    quirks: uapi.Quirks = .none,
    files: [8]?*File = @splat(null),
    wakes: u32 = 0,
    memory: [n_pages * page]u8 = @splat(0xcc),
    access: [n_pages]Access = @splat(.write),
    used: usize = 0,

    pub const Access = enum { none, read, write };
    pub const page = std.heap.page_size_min;
    const n_pages = 24;
    /// The address of the memory.
    const base = 0x7000_0000;
    /// A descriptor of another kind of file.
    pub const other_fd = 9;

    // The context of `ioctl`

    pub fn read(caller: *Caller, address: u64, into: []u8) error{Fault}!void {
        for (into, 0..) |*byte, i| byte.* = (try caller.at(address + i, .read)).*;
    }

    pub fn write(caller: *Caller, address: u64, bytes: []const u8) error{Fault}!void {
        for (bytes, 0..) |byte, i| (try caller.at(address + i, .write)).* = byte;
    }

    pub fn file(caller: *Caller, fd: u64) error{ BadDescriptor, NotBus1 }!*File {
        if (fd == other_fd) return error.NotBus1;
        if (fd >= caller.files.len) return error.BadDescriptor;
        return caller.files[@intCast(fd)] orelse error.BadDescriptor;
    }

    fn at(caller: *Caller, address: u64, needed: Access) error{Fault}!*u8 {
        if (address < base or address - base >= caller.memory.len) return error.Fault;
        const offset: usize = @intCast(address - base);
        if (@backingInt(caller.access[offset / page]) < @backingInt(needed)) return error.Fault;
        return &caller.memory[offset];
    }

    // The calls of a program

    pub fn open(caller: *Caller) !*File {
        const opened: *File = try .open(wake, caller);
        for (&caller.files) |*slot| {
            if (slot.* != null) continue;
            slot.* = opened;
            return opened;
        }
        unreachable;
    }

    fn wake(userdata: ?*anyopaque) callconv(.c) void {
        const caller: *Caller = @ptrCast(@alignCast(userdata.?));
        caller.wakes += 1;
    }

    pub fn fdOf(caller: *const Caller, opened: *File) u64 {
        return for (caller.files, 0..) |slot, fd| {
            if (slot == opened) break fd;
        } else unreachable;
    }

    pub fn close(caller: *Caller, opened: *File) void {
        caller.files[@intCast(caller.fdOf(opened))] = null;
        opened.close();
    }

    /// Closes all files and checks for leaks.
    pub fn finish(caller: *Caller) !void {
        for (&caller.files) |*slot| {
            if (slot.*) |opened| opened.close();
            slot.* = null;
        }
        try testing.expectEqual(@as(counts.Totals, @splat(0)), counts.totals());
    }

    /// Allocates memory for an array.
    pub fn space(caller: *Caller, comptime T: type, n: usize) u64 {
        const offset = std.mem.alignForward(usize, caller.used, 16);
        caller.used = offset + n * @sizeOf(T);
        std.debug.assert(caller.used <= caller.memory.len);
        return base + offset;
    }

    /// Allocates an array and writes its values.
    pub fn array(caller: *Caller, comptime T: type, values: []const T) u64 {
        const address = caller.space(T, values.len);
        @memcpy(caller.memory[@intCast(address - base)..][0 .. values.len * @sizeOf(T)], std.mem.sliceAsBytes(values));
        return address;
    }

    pub fn value(caller: *Caller, comptime T: type, one: T) u64 {
        return caller.array(T, &.{one});
    }

    /// Reads an element of an array.
    pub fn get(caller: *const Caller, comptime T: type, address: u64, i: usize) T {
        const offset = @as(usize, @intCast(address - base)) + i * @sizeOf(T);
        return std.mem.bytesToValue(T, caller.memory[offset..][0..@sizeOf(T)]);
    }

    /// Makes a page accessible as given and the next one inaccessible. Returns the start and the end of the page.
    pub fn edge(caller: *Caller, access: Access) struct { start: u64, end: u64 } {
        const last = n_pages - 1;
        caller.access[last - 1] = access;
        caller.access[last] = .none;
        return .{ .start = base + (last - 1) * page, .end = base + last * page };
    }

    pub fn ioctl(caller: *Caller, on: *File, request: u32, argument: u64) error{Oops}!i32 {
        return uapi.ioctl(caller, on, request, argument, caller.quirks);
    }

    /// Calls the command of this structure.
    pub fn call(caller: *Caller, on: *File, command: anytype) error{Oops}!i32 {
        const request = switch (@TypeOf(command)) {
            types.CmdTransfer => types.BUS1_CMD_TRANSFER,
            types.CmdRelease => types.BUS1_CMD_RELEASE,
            types.CmdSend => types.BUS1_CMD_SEND,
            types.CmdRecv => types.BUS1_CMD_RECV,
            else => unreachable,
        };
        return caller.ioctl(on, request, caller.value(@TypeOf(command), command));
    }

    pub fn expect(caller: *Caller, errno: Errno, on: *File, command: anytype) !void {
        try testing.expectEqual(errno.negative(), try caller.call(on, command));
    }

    /// Frees all memory, for the next step of a test.
    pub fn reset(caller: *Caller) void {
        caller.used = 0;
        @memset(&caller.access, .write);
    }

    pub const created: types.Transfer = .{ .flags = types.BUS1_TRANSFER_FLAG_CREATE, .id = types.BUS1_INVALID };

    /// Creates a node on one peer and a handle to it on the other. Returns their ids.
    pub fn create(caller: *Caller, on: *File, to: *File) !struct { u64, u64 } {
        return caller.transfer(on, created, to);
    }

    /// Copies a handle of one peer to the other. Returns its id there.
    pub fn copy(caller: *Caller, on: *File, id: u64, to: *File) !u64 {
        _, const copied = try caller.transfer(on, .{ .id = id }, to);
        return copied;
    }

    /// Transfers one element, which must succeed. Returns the ids in both arrays.
    fn transfer(caller: *Caller, on: *File, element: types.Transfer, to: *File) !struct { u64, u64 } {
        const src = caller.value(types.Transfer, element);
        const dst = caller.space(types.Transfer, 1);
        const command: types.CmdTransfer = .{
            .to = caller.fdOf(to),
            .n_transfers = 1,
            .ptr_src = src,
            .ptr_dst = dst,
        };
        try testing.expectEqual(0, try caller.call(on, command));
        return .{ caller.get(types.Transfer, src, 0).id, caller.get(types.Transfer, dst, 0).id };
    }

    pub fn release(caller: *Caller, on: *File, ids: []const u64) !i32 {
        const ptr_ids = caller.array(u64, ids);
        return caller.call(on, types.CmdRelease{ .n_ids = ids.len, .ptr_ids = ptr_ids });
    }

    /// Writes a message with one vector.
    pub fn message(caller: *Caller, bytes: []const u8, transfers: []const u64) types.Message {
        const base_of = caller.array(u8, bytes);
        const ptr_transfers = caller.space(types.Transfer, transfers.len);
        for (transfers, 0..) |id, i| {
            const element: types.Transfer = .{ .id = id };
            caller.write(ptr_transfers + i * @sizeOf(types.Transfer), std.mem.asBytes(&element)) catch unreachable;
        }
        return .{
            .type = types.BUS1_MESSAGE_TYPE_USER,
            .n_transfers = transfers.len,
            .ptr_transfers = ptr_transfers,
            .n_data = bytes.len,
            .n_data_vecs = 1,
            .ptr_data_vecs = caller.value(types.Vector, .{ .base = base_of, .len = bytes.len }),
        };
    }

    /// Writes the command that sends a message, with an array of errors.
    pub fn sending(caller: *Caller, to: []const u64, what: types.Message) types.CmdSend {
        return .{
            .n_destinations = to.len,
            .ptr_destinations = caller.array(u64, to),
            .ptr_errors = caller.space(u64, to.len),
            .ptr_message = caller.value(types.Message, what),
        };
    }

    pub fn send(caller: *Caller, on: *File, to: []const u64, bytes: []const u8, transfers: []const u64) !i32 {
        return caller.call(on, caller.sending(to, caller.message(bytes, transfers)));
    }

    /// Allocates the buffers of a RECV.
    pub fn buffers(caller: *Caller, n_data: usize, n_transfers: usize) types.Message {
        var empty = caller.message(&.{}, &.{});
        empty.type = types.BUS1_INVALID;
        empty.n_transfers = n_transfers;
        empty.ptr_transfers = caller.space(types.Transfer, n_transfers);
        empty.n_data = n_data;
        empty.ptr_data_vecs = caller.value(types.Vector, .{ .base = caller.space(u8, n_data), .len = n_data });
        return empty;
    }

    /// Writes the command that receives into these buffers.
    pub fn receiving(caller: *Caller, into: types.Message) types.CmdRecv {
        return .{
            .ptr_metadata = caller.space(types.Metadata, 1),
            .ptr_message = caller.value(types.Message, into),
        };
    }

    /// A received message.
    pub const Received = struct {
        type: u64,
        id: u64,
        transfers: [8]u64 = @splat(0),
        n_transfers: usize,
        bytes: []const u8,
    };

    /// Receives a message into large buffers; null if the queue is empty.
    pub fn receive(caller: *Caller, on: *File) !?Received {
        const into = caller.buffers(1024, 8);
        const vector = caller.get(types.Vector, into.ptr_data_vecs, 0);
        const command = caller.receiving(into);
        switch (try caller.call(on, command)) {
            1 => {},
            Errno.EAGAIN.negative() => return null,
            else => return error.NotReceived,
        }
        const got = caller.get(types.Message, command.ptr_message, 0);
        const metadata = caller.get(types.Metadata, command.ptr_metadata, 0);
        try testing.expectEqual(@as(types.Metadata, .{ .id = metadata.id }), metadata);
        try testing.expectEqual(into.ptr_data_vecs, got.ptr_data_vecs);
        var received: Received = .{
            .type = got.type,
            .id = metadata.id,
            .n_transfers = @intCast(got.n_transfers),
            .bytes = caller.memory[@intCast(vector.base - base)..][0..@intCast(got.n_data)],
        };
        for (received.transfers[0..received.n_transfers], 0..) |*id, i| {
            const element = caller.get(types.Transfer, into.ptr_transfers, i);
            try testing.expectEqual(0, element.flags);
            id.* = element.id;
        }
        return received;
    }

    pub fn expectUser(caller: *Caller, on: *File, node: u64, bytes: []const u8, transfers: []const u64) !void {
        const got = try caller.receive(on) orelse return error.NothingReady;
        try testing.expectEqual(types.BUS1_MESSAGE_TYPE_USER, got.type);
        try testing.expectEqual(node, got.id);
        try testing.expectEqualStrings(bytes, got.bytes);
        try testing.expectEqualSlices(u64, transfers, got.transfers[0..got.n_transfers]);
    }

    pub fn expectRelease(caller: *Caller, on: *File, kind: u64, id: u64) !void {
        const got = try caller.receive(on) orelse return error.NothingReady;
        try testing.expectEqual(kind, got.type);
        try testing.expectEqual(id, got.id);
        try testing.expectEqual(0, got.n_transfers + got.bytes.len);
    }

    pub fn expectNothing(caller: *Caller, on: *File) !void {
        if (caller.quirks == .none) try testing.expect(!on.isReadable());
        try testing.expectEqual(null, try caller.receive(on));
    }
};
