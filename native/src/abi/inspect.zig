//! Seeing the bus: see inspect.zig. Rules of the boundary: see abi.zig. To look changes nothing that anybody could notice.
//!
//! Buffers are filled with records of seven f64 each: what it is of, its id, and four numbers, NaN where one is not known
//! (inspect.zig says what they are for each kind), and the length of its name, whose bytes follow, filled up to a multiple
//! of 8. Functions answer how many bytes there are to be written; only what has room is, in whole records from the start.

const std = @import("std");
const abi = @import("abi.zig");
const inspect = @import("../isolate/inspect.zig");
const sys = @import("../base/os.zig");
const Errno = @import("../base/errno.zig").Errno;
const Name = @import("../bus/name.zig").Name;
const Session = @import("../isolate/slot.zig").Session;
pub const Writer = inspect.Writer;

pub const constants = struct {
    const Kind = inspect.Record.Kind;

    // Kinds of records.
    pub const SEEN_PEER: comptime_int = @backingInt(Kind.peer);
    pub const SEEN_NODE: comptime_int = @backingInt(Kind.node);
    pub const SEEN_HANDLE: comptime_int = @backingInt(Kind.handle);
    pub const SEEN_HOLDER: comptime_int = @backingInt(Kind.holder);
    /// How many numbers a record has.
    pub const SEEN_NUMBERS: comptime_int = inspect.Record.numbers;
};

fn errno(e: error{ Ended, Unknown, OutOfMemory }) i32 {
    const value: Errno = switch (e) {
        error.Ended => .ESHUTDOWN,
        error.Unknown => .EBADRQC,
        error.OutOfMemory => .ENOMEM,
    };
    return value.negative();
}

pub fn answer(needed: usize) i32 {
    return std.math.cast(i32, needed) orelse Errno.ENOMEM.negative();
}

/// The peer, its nodes and its handles.
pub export fn bus1_inspect_peer(slot: u32, key: u32, out: ?[*]u8, size: u32) i32 {
    const session = Session.enter(slot, key) catch |e| return errno(e);
    defer session.leave();
    var writer: Writer = .{ .room = abi.slice(u8, out, size) };
    switch (session.body) {
        .bus => |*bus| inspect.operated(bus, &writer) catch |e| return errno(e),
        .device => |*it| if (sys.is_linux) it.inspect(&writer),
    }
    return answer(writer.needed);
}

/// All peers of our own bus in this process, their nodes, and the handles that count at those.
pub export fn bus1_inspect(out: ?[*]u8, size: u32) i32 {
    var writer: Writer = .{ .room = abi.slice(u8, out, size) };
    inspect.all(&writer);
    return answer(writer.needed);
}

/// The name of a node; or that of the peer, for the id 0. Answers its length; as much of it as has room is written.
pub export fn bus1_name(slot: u32, key: u32, id: f64, out: ?[*]u8, size: u32) i32 {
    const session = Session.enter(slot, key) catch |e| return errno(e);
    defer session.leave();
    const named = switch (session.body) {
        .bus => |*bus| if (id == 0) bus.ids.peer.name else (bus.ids.node(abi.idOf(id)) orelse return errno(error.Unknown)).name,
        .device => |*it| if (sys.is_linux) it.nameOf(abi.idOf(id)) catch |e| return errno(e) else null,
    };
    const text = Name.text(named);
    const room = abi.slice(u8, out, size);
    const n = @min(text.len, room.len);
    @memcpy(room[0..n], text[0..n]);
    return answer(text.len);
}
