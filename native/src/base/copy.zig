//! Copies the bytes of messages.
//!
//! This library is compiled for the oldest processors, and without a C library. The C library of the runtime knows the
//! processor that it runs on. So it makes the long copies, if there is one.

const builtin = @import("builtin");

/// glibc's `memcpy` by another name, because the linker would find `memcpy` in this library itself. Null where the system's
/// `memcpy` is linked in anyway: on macOS, and in tests.
const mempcpy = if (builtin.link_libc) null else @extern(
    ?*const fn (*anyopaque, *const anyopaque, usize) callconv(.c) *anyopaque,
    .{ .name = "__mempcpy", .linkage = .weak },
);

/// In bytes. A shorter copy takes less time than the call.
const long = 256;

/// Copies bytes to memory of the same length.
pub inline fn copy(to: []u8, from: []const u8) void {
    if (mempcpy) |by_library| if (from.len >= long) {
        _ = by_library(to.ptr, from.ptr, from.len);
        return;
    };
    @memcpy(to, from);
}
