//! Writes src/port/abi.ts.

const std = @import("std");
const text = @import("abi/describe.zig").text;

pub fn main(init: std.process.Init) !void {
    var out = std.Io.File.stdout().writer(init.io, &.{});
    try out.interface.writeAll(text);
}
