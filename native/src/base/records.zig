//! The buffers that TypeScript and the library share: the layout of each structure in them, once for both languages.
//!
//! bindgen.zig exports the sizes and offsets, in bytes; src/port/records.ts reads and writes by them. Each structure
//! begins at a multiple of `alignment`, counted from the start of its buffer. The buffer itself may lie anywhere.

const std = @import("std");
const nan = std.math.nan(f64);

/// For f64, so that every field can be read in place.
pub const alignment = 8;

/// Rounds up to the next multiple of `alignment`.
pub fn aligned(size: usize) usize {
    return std.mem.alignForward(usize, size, alignment);
}

/// Writes a structure to the start of a buffer that has room for it.
pub fn write(buffer: []u8, structure: anytype) void {
    @memcpy(buffer[0..@sizeOf(@TypeOf(structure))], std.mem.asBytes(&structure));
}

/// Reads a structure from the start of a buffer.
pub fn read(comptime T: type, buffer: []const u8) T {
    return std.mem.bytesToValue(T, buffer[0..@sizeOf(T)]);
}

/// A message that was received. The ids of its transfers follow, `f64` each, and then its bytes, padded to `alignment`.
pub const Message = extern struct {
    /// One of `BUS1_MESSAGE_TYPE_*` in uapi_types.zig.
    type: u32,
    n_transfers: u32 = 0,
    n_data: u32 = 0,
    /// The user of the sender, or `acct.no_user`.
    account: u32,
    /// The node that it was sent to; or the node or handle that is gone.
    id: f64,

    /// Returns the size of the record with all that follows it.
    pub fn sizeOf(n_transfers: usize, n_data: usize) usize {
        return @sizeOf(Message) + n_transfers * @sizeOf(f64) + aligned(n_data);
    }
};

/// The head of a message that is to be sent. Its bytes follow, padded to `alignment`.
pub const Frame = extern struct {
    n_data: u32,
    unused: u32 = 0,
};

/// The options of a new peer. NaN: the default.
pub const PeerOptions = extern struct {
    user: f64 = nan,
    objects: f64 = nan,
    bytes: f64 = nan,
    max_messages: f64 = nan,
    max_bytes: f64 = nan,
};

test "structures have no gaps, and their sizes keep the alignment" {
    inline for (.{ Message, Frame, PeerOptions }) |T| {
        comptime var end = 0;
        inline for (@typeInfo(T).@"struct".field_names) |name| {
            try std.testing.expectEqual(end, @offsetOf(T, name));
            end += @sizeOf(@FieldType(T, name));
        }
        try std.testing.expectEqual(end, @sizeOf(T));
        try std.testing.expectEqual(@sizeOf(T), aligned(@sizeOf(T)));
    }
}
