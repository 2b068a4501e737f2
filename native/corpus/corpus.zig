//! Inputs for the fuzz targets, which reach all that the fuzzer has reached; `zig build distil` writes them.
//!
//! A file holds the inputs of one target, each behind its length as a word of 32 bits.

const std = @import("std");

pub const ids = split(@embedFile("ids"));
pub const uapi = split(@embedFile("uapi"));

fn split(comptime packed_inputs: []const u8) []const []const u8 {
    @setEvalBranchQuota(1_000_000);
    comptime var inputs: []const []const u8 = &.{};
    comptime var rest = packed_inputs;
    inline while (rest.len > 0) {
        const len = comptime std.mem.readInt(u32, rest[0..4], .little);
        inputs = inputs ++ .{rest[4..][0..len]};
        rest = rest[4 + len ..];
    }
    const all = inputs;
    return all;
}
