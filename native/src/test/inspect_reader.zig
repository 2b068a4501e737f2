//! What the functions of abi/inspect.zig wrote, checked record by record.

const std = @import("std");
const testing = std.testing;
const inspect_records = @import("../base/inspect_records.zig");
const records = @import("../base/records.zig");
const Head = inspect_records.Head;
const Kind = inspect_records.Kind;

/// What a buffer is filled with before a call.
pub const untouched = 0xa5;

/// Checks that records lie in the first `size` bytes and nothing behind them, and that all are there if the answer says so.
/// Returns how many are of peers.
pub fn check(buffer: []const u8, answer: i32, size: usize) !u64 {
    var at: usize = 0;
    var peers: u64 = 0;
    while (at + @sizeOf(Head) <= size and !std.mem.allEqual(u8, buffer[at..][0..@sizeOf(Head)], untouched)) {
        const head = records.read(Head, buffer[at..]);
        const kind = std.enums.fromInt(Kind, head.kind) orelse return error.NoSuchKind;
        if (kind == .peer) peers += 1;
        at += inspect_records.sizeOf(kind) + records.aligned(head.n_name);
    }
    try testing.expect(at <= size and at <= answer);
    try testing.expect(at == answer or answer > size);
    try testing.expect(std.mem.allEqual(u8, buffer[at..], untouched));
    return peers;
}
