//! The frames of `bus1_send_each`.

const std = @import("std");
const Frame = @import("../base/records.zig").Frame;

/// Counts the frames, with other code than the library's.
pub fn countIn(frames: []const u8) usize {
    var n: usize = 0;
    var at: usize = 0;
    while (at + @sizeOf(Frame) <= frames.len) : (n += 1) {
        const len = std.mem.readInt(u32, frames[at..][0..4], .native);
        const begin = at + @sizeOf(Frame);
        if (begin + len > frames.len) break;
        at = begin + (len + 7) / 8 * 8;
    }
    return n;
}
