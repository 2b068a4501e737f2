//! Copies the bytes of messages, as fast as the machine can.
//!
//! The library is compiled for the oldest processors, and has no C library. That of the runtime knows the processor it runs
//! on; so long copies are its work, where it is there.

const builtin = @import("builtin");

/// `memcpy`, by a name of glibc's that the linker does not find in this library itself. Null where a `memcpy` of the system is
/// linked in anyway: on macOS, and under test.
const mempcpy = if (builtin.link_libc) null else @extern(
    ?*const fn (*anyopaque, *const anyopaque, usize) callconv(.c) *anyopaque,
    .{ .name = "__mempcpy", .linkage = .weak },
);

/// Shorter ones are over before such a call would be.
const long = 256;

/// Copies bytes to memory of the same length.
pub inline fn copy(to: []u8, from: []const u8) void {
    if (mempcpy) |by_library| if (from.len >= long) {
        _ = by_library(to.ptr, from.ptr, from.len);
        return;
    };
    @memcpy(to, from);
}
