//! What the functions of abi/inspect.zig wrote, looked at record by record.

const std = @import("std");
const testing = std.testing;
const constants = @import("../abi/inspect.zig").constants;

/// What a buffer is filled with before a call.
pub const untouched = 0xa5;

const head = constants.SEEN_NUMBERS * 8;

/// Checks that records lie in the first `size` bytes and nothing behind them, and that all are there if the answer says so.
/// Answers how many are of peers.
pub fn check(buffer: []const u8, answer: i32, size: usize) !u64 {
    var at: usize = 0;
    var peers: u64 = 0;
    while (at + head <= size and !std.mem.allEqual(u8, buffer[at..][0..8], untouched)) {
        const kind = numberAt(buffer, at);
        try testing.expect(kind >= constants.SEEN_PEER and kind <= constants.SEEN_HOLDER);
        if (kind == constants.SEEN_PEER) peers += 1;
        const n_name: usize = @intFromFloat(numberAt(buffer, at + head - 8));
        at += head + std.mem.alignForward(usize, n_name, 8);
    }
    try testing.expect(at <= size and at <= answer);
    try testing.expect(at == answer or answer > size);
    try testing.expect(std.mem.allEqual(u8, buffer[at..], untouched));
    return peers;
}

pub fn numberAt(buffer: []const u8, at: usize) f64 {
    return @bitCast(std.mem.readInt(u64, buffer[at..][0..8], .native));
}
