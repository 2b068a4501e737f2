//! The results of system calls: a value, or a negative errno.

const linux = @import("std").os.linux;

pub const E = linux.E;

pub fn signed(result: usize) i64 {
    return @bitCast(result);
}

/// For results that fit into 32 bits: descriptors, ids and errnos.
pub fn small(result: usize) i32 {
    return @intCast(signed(result));
}

/// Whether a result is not an errno.
pub fn succeeded(result: usize) bool {
    return linux.errno(result) == .SUCCESS;
}

/// The errno of a negative result.
pub fn errno(result: i64) E {
    return @fromBackingInt(@intCast(-result));
}

pub fn negative(e: E) i32 {
    return -@as(i32, @backingInt(e));
}
