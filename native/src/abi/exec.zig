//! Starting a program in place of this process. Rules of the boundary: see abi.zig.

const std = @import("std");
const heap = @import("../base/heap.zig");
const os = @import("../device/exec.zig");
const Errno = @import("../base/errno.zig").Errno;
const slice = @import("convert.zig").slice;

/// Executes a program in place of this process. `arguments`: its path, which is its name too, and its arguments;
/// `environment`: its variables, as NAME=VALUE; a NUL ends each of these. Returns only on failure, an errno.
pub fn bus1_exec(arguments: ?[*]u8, n_arguments: u32, environment: ?[*]u8, n_environment: u32) callconv(.c) i32 {
    const argv = pointers(arguments, n_arguments) catch return Errno.ENOMEM.negative();
    defer heap.allocator.free(argv);
    const envp = pointers(environment, n_environment) catch return Errno.ENOMEM.negative();
    defer heap.allocator.free(envp);
    const path = argv[0] orelse return Errno.EINVAL.negative();
    return os.execute(path, argv, envp);
}

/// Returns pointers to the texts in a buffer.
fn pointers(buffer: ?[*]u8, len: u32) error{OutOfMemory}![:null]?[*:0]u8 {
    const bytes = slice(u8, buffer, len);
    const texts = try heap.allocator.allocSentinel(?[*:0]u8, std.mem.countScalar(u8, bytes, 0), null);
    var start: usize = 0;
    for (texts) |*text| {
        const end = std.mem.findScalarPos(u8, bytes, start, 0).?; // they were counted
        text.* = bytes[start..end :0];
        start = end + 1;
    }
    return texts;
}

test "texts are found; one without a final NUL is not" {
    var buffer = "one\x00\x00three\x00four".*;
    const texts = try pointers(&buffer, buffer.len);
    defer heap.allocator.free(texts);
    try std.testing.expectEqual(3, texts.len);
    try std.testing.expectEqualStrings("", std.mem.span(texts[1].?));
    try std.testing.expectEqualStrings("three", std.mem.span(texts[2].?));
    try std.testing.expectEqual(-22, bus1_exec(null, 0, null, 0));
}
