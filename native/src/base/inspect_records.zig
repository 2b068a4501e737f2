//! What inspection writes: a record for each object, with the fields of its kind. src/engines/native/inspect_reader.ts
//! reads them; see records.zig for how the two languages share a layout.
//!
//! A number that is not known is NaN. The name of the object follows its record, padded to `records.alignment`.

const std = @import("std");
const records = @import("records.zig");
const nan = std.math.nan(f64);

pub const Kind = enum(u32) { peer = 1, node = 2, handle = 3, holder = 4 };

/// Each record begins with this.
pub const Head = extern struct {
    kind: u32,
    n_name: u32 = 0,
};

pub const Peer = extern struct {
    head: Head = undefined,
    number: f64,
    /// How many nodes and handles it owns.
    nodes: f64 = nan,
    handles: f64 = nan,
    /// What waits in its queue.
    messages: f64 = nan,
    bytes: f64 = nan,
};

/// A node of the peer that comes before it.
pub const Node = extern struct {
    head: Head = undefined,
    id: f64,
    /// How many handles lead to it.
    handles: f64 = nan,
    /// What waits to be received there.
    messages: f64 = nan,
    bytes: f64 = nan,
};

/// A handle of the peer that comes before it.
pub const Handle = extern struct {
    head: Head = undefined,
    /// 0 while the handle waits in the queue, with the message that brings it.
    id: f64,
    /// The id of the node that it leads to, and the number of the peer that owns the node.
    node: f64 = nan,
    peer: f64 = nan,
    /// 1 if the node is released, else 0.
    gone: f64 = nan,
};

/// A handle, of any peer, to the node that comes before it.
pub const Holder = extern struct {
    head: Head = undefined,
    /// 0 while the handle is on its way.
    id: f64,
    /// The number of the peer that owns the handle.
    peer: f64,
};

pub const Record = union(Kind) {
    peer: Peer,
    node: Node,
    handle: Handle,
    holder: Holder,
};

/// Writes as many whole records as fit, and counts the size of all.
pub const Writer = struct {
    room: []u8,
    needed: usize = 0,

    /// Adds an object without a name.
    pub fn put(writer: *Writer, record: Record) void {
        writer.putNamed(record, "");
    }

    pub fn putNamed(writer: *Writer, record: Record, name: []const u8) void {
        switch (record) {
            inline else => |body, kind| {
                var structure = body;
                structure.head = .{ .kind = @backingInt(kind), .n_name = @intCast(name.len) };
                const start = writer.needed;
                writer.needed += @sizeOf(@TypeOf(structure)) + records.aligned(name.len);
                if (writer.needed > writer.room.len) return;
                records.write(writer.room[start..], structure);
                @memcpy(writer.room[start + @sizeOf(@TypeOf(structure)) ..][0..name.len], name);
            },
        }
    }
};

/// Returns the size of a record without the name.
pub fn sizeOf(kind: Kind) usize {
    return switch (kind) {
        inline else => |tag| @sizeOf(@FieldType(Record, @tagName(tag))),
    };
}

/// A count, as a number of a record.
pub fn numberOf(count: anytype) f64 {
    return @floatFromInt(count);
}
