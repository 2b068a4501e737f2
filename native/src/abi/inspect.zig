//! Seeing the bus: see inspect.zig. Rules of the boundary: see abi.zig. To look changes nothing that anybody could notice.
//!
//! Buffers are filled with the records of base/inspect_records.zig. Functions return the size of all records; as many as
//! have room are written, whole and from the start.

const std = @import("std");
const convert = @import("convert.zig");
const inspect = @import("../isolate/inspect.zig");
const sys = @import("../base/os.zig");
const Errno = @import("../base/errno.zig").Errno;
const Name = @import("../bus/name.zig").Name;
const Session = @import("../isolate/slot.zig").Session;
const Writer = @import("../base/inspect_records.zig").Writer;

pub fn answer(needed: usize) i32 {
    return std.math.cast(i32, needed) orelse Errno.ENOMEM.negative();
}

/// The peer, its nodes and its handles.
pub fn bus1_inspect_peer(slot: u32, key: u32, out: ?[*]u8, size: u32) callconv(.c) i32 {
    const session = Session.enter(slot, key) catch |e| return convert.errno(e);
    defer session.leave();
    var writer: Writer = .{ .room = convert.slice(u8, out, size) };
    switch (session.body) {
        .bus => |*bus| inspect.operated(bus, &writer) catch |e| return convert.errno(e),
        .device => |*it| if (sys.is_linux) it.inspect(&writer),
    }
    return answer(writer.needed);
}

/// All peers of our own bus in this process, their nodes, and the handles that count at those.
pub fn bus1_inspect(out: ?[*]u8, size: u32) callconv(.c) i32 {
    var writer: Writer = .{ .room = convert.slice(u8, out, size) };
    inspect.all(&writer);
    return answer(writer.needed);
}

/// The name of a node; or that of the peer, for the id 0. Answers its length; as much of it as has room is written.
pub fn bus1_name(slot: u32, key: u32, id: f64, out: ?[*]u8, size: u32) callconv(.c) i32 {
    const session = Session.enter(slot, key) catch |e| return convert.errno(e);
    defer session.leave();
    const named = switch (session.body) {
        .bus => |*bus| if (id == 0) bus.ids.peer.name else (bus.ids.node(convert.idOf(id)) orelse return convert.errno(error.Unknown)).name,
        .device => |*it| if (sys.is_linux) it.nameOf(convert.idOf(id)) catch |e| return convert.errno(e) else null,
    };
    const text = Name.text(named);
    const room = convert.slice(u8, out, size);
    const n = @min(text.len, room.len);
    @memcpy(room[0..n], text[0..n]);
    return answer(text.len);
}
