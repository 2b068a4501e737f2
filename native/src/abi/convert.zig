//! What crosses the boundary, converted: errors to errnos, numbers to ids, pointers with a length to slices.

const std = @import("std");
const acct = @import("../bus/acct.zig");
const types = @import("../base/uapi_types.zig");
const Errno = @import("../base/errno.zig").Errno;
const Part = @import("../bus/queue.zig").Part;

pub const Error = error{
    /// The peer has ended.
    Ended,
    /// A number or key that names nothing.
    Unknown,
    Released,
    Foreign,
    TooLarge,
    /// The user has other limits already.
    Differs,
    /// There is no bus behind the descriptor or the path.
    NoDevice,
    Unsupported,
    BadDescriptor,
} || acct.Error;

/// Not inline: it would be in every function, for a path that is rarely taken.
pub noinline fn errno(e: Error) i32 {
    const value: Errno = switch (e) {
        error.Ended => .ESHUTDOWN,
        error.Unknown, error.Released, error.Foreign => .EBADRQC,
        error.OutOfMemory => .ENOMEM,
        error.TooLarge => .EMSGSIZE,
        error.Quota => .EDQUOT,
        error.Overflow => .EXFULL,
        error.Differs => .EINVAL,
        error.NoDevice, error.Unsupported => .EOPNOTSUPP,
        error.BadDescriptor => .EBADF,
    };
    return value.negative();
}

/// Returns the id that a number of JavaScript stands for, or 0, which is never an id.
pub fn idOf(number: f64) u64 {
    // Comparisons with NaN are false.
    if (!(number >= 1 and number < 1 << 53)) return 0;
    const id: i64 = @intFromFloat(number);
    return if (@as(f64, @floatFromInt(id)) == number) @intCast(id) else 0;
}

pub fn slice(comptime T: type, pointer: ?[*]T, len: u32) []T {
    // An empty buffer arrives as null in Deno.
    return if (pointer) |p| p[0..len] else &.{};
}

/// Returns the message type that the C headers and the records have for a kind of message.
pub fn messageType(kind: Part.Kind) u64 {
    return switch (kind) {
        .user => types.BUS1_MESSAGE_TYPE_USER,
        .node_release => types.BUS1_MESSAGE_TYPE_NODE_RELEASE,
        .handle_release => types.BUS1_MESSAGE_TYPE_HANDLE_RELEASE,
    };
}

/// A serial crosses in two halves.
pub fn serialOf(high: u32, low: u32) u64 {
    return @as(u64, high) << 32 | low;
}

/// Two peers of one kind, which may be the same.
pub fn Two(comptime Peer: type) type {
    return struct {
        one: *Peer,
        other: *Peer,

        pub fn enter(slot: u32, key: u32, other_slot: u32, other_key: u32) error{ Ended, Unknown }!@This() {
            const one = try Peer.enter(slot, key);
            if (other_slot == slot and other_key == key) return .{ .one = one, .other = one };
            errdefer one.leave();
            return .{ .one = one, .other = try Peer.enter(other_slot, other_key) };
        }

        pub fn leave(two: @This()) void {
            if (two.other != two.one) two.other.leave();
            two.one.leave();
        }
    };
}
