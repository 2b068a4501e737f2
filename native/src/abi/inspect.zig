//! Inspection: see isolate/inspect.zig. Rules of the boundary: see abi.zig.
//!
//! Buffers are filled with the records of base/inspect_records.zig. Functions return the size of all records; as many as
//! have room are written, whole and from the start.

const std = @import("std");
const convert = @import("convert.zig");
const inspect = @import("../isolate/inspect.zig");
const is_linux = @import("../base/os.zig").is_linux;
const DevicePeer = @import("../device/device_peer.zig").DevicePeer;
const Errno = @import("../base/errno.zig").Errno;
const LocalPeer = @import("../isolate/local_peer.zig").LocalPeer;
const Name = @import("../bus/name.zig").Name;
const Slot = @import("../isolate/slot.zig").Slot;
const Writer = @import("../base/inspect_records.zig").Writer;

pub fn sizeOrErrno(needed: usize) i32 {
    return std.math.cast(i32, needed) orelse Errno.ENOMEM.negative();
}

/// Writes the peer, its nodes and its handles.
pub fn bus1_inspect_peer(slot: u32, key: u32, out: ?[*]u8, size: u32) callconv(.c) i32 {
    const held = Slot.enter(slot, key) catch |e| return convert.errno(e);
    defer held.leave();
    var writer: Writer = .{ .room = convert.slice(u8, out, size) };
    if (held.as(LocalPeer)) |peer| inspect.operated(peer, &writer) catch |e| return convert.errno(e);
    if (is_linux) if (held.as(DevicePeer)) |peer| peer.inspect(&writer);
    return sizeOrErrno(writer.needed);
}

/// All peers of the library's bus in this process, their nodes, and the handles to those.
pub fn bus1_inspect(out: ?[*]u8, size: u32) callconv(.c) i32 {
    var writer: Writer = .{ .room = convert.slice(u8, out, size) };
    inspect.all(&writer);
    return sizeOrErrno(writer.needed);
}

/// Writes as much of a name as fits: that of a node; or that of the peer, for the id 0. Returns its length.
pub fn bus1_name(slot: u32, key: u32, id: f64, out: ?[*]u8, size: u32) callconv(.c) i32 {
    const held = Slot.enter(slot, key) catch |e| return convert.errno(e);
    defer held.leave();
    const text = Name.text(nameOf(held, id) catch |e| return convert.errno(e));
    const room = convert.slice(u8, out, size);
    const n = @min(text.len, room.len);
    @memcpy(room[0..n], text[0..n]);
    return sizeOrErrno(text.len);
}

fn nameOf(held: *Slot, number: f64) error{Unknown}!?*Name {
    const id = convert.idOf(number);
    if (held.as(LocalPeer)) |peer| {
        if (number == 0) return peer.ids.peer.name;
        return (peer.ids.node(id) orelse return error.Unknown).name;
    }
    return if (is_linux) held.as(DevicePeer).?.nameOf(id) else null;
}
