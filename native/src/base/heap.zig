//! The library's allocators, and reference counts of objects that threads share.

const std = @import("std");
const builtin = @import("builtin");
const atomic = @import("atomic.zig");
const seam = @import("seam.zig").seam;

/// Every allocation of the library. In a Zig test it is the standard library's, which reports what leaks.
pub var allocator: std.mem.Allocator = if (builtin.is_test)
    std.testing.allocator
else if (seam) |other|
    other.allocator
else
    std.heap.smp_allocator;

/// The same for what is never freed, and so is not a leak.
pub var lasting: std.mem.Allocator = if (seam) |other| other.lasting else std.heap.page_allocator;

/// Adds a reference, made from one that the caller has.
pub fn ref(refs: *atomic.Value(u32)) void {
    // Relaxed: the caller's own reference keeps the object, and the new one passes nothing on.
    const before = refs.fetchAdd(1, .monotonic);
    std.debug.assert(before > 0 and before < std.math.maxInt(u32));
}

/// Adds a reference unless none is left; returns false in that case. Something else must keep the memory.
pub fn refIfAny(refs: *atomic.Value(u32)) bool {
    // Relaxed: as in `ref`.
    var before = refs.load(.monotonic);
    while (before > 0) before = refs.cmpxchgWeak(before, before + 1, .monotonic, .monotonic) orelse return true;
    return false;
}

/// Drops a reference unless it is the last; returns false in that case.
pub fn unrefUnlessLast(refs: *atomic.Value(u32)) bool {
    // Relaxed: only a guess, which the exchange confirms. Release: see `unref`. Explored: `account: users come and go`.
    var before = refs.load(.monotonic);
    while (before > 1) before = refs.cmpxchgWeak(before, before - 1, .release, .monotonic) orelse return true;
    return false;
}

/// Drops a reference. Returns whether it was the last, so that the caller must free the object.
pub fn unref(refs: *atomic.Value(u32)) bool {
    // Release: what this holder did to the object happens before the object is freed. Acquire: the holder that frees it comes
    // after the releases of all others. Both on one operation, which is its own partner, and that of the load before it.
    // That load spares the last holder the operation: where no other reference exists, no other thread can make one.
    // Explored: `objects: late copies`, and all other scenarios in which an object is freed.
    if (refs.load(.acquire) == 1) return true;
    const before = refs.fetchSub(1, .acq_rel);
    std.debug.assert(before > 0);
    return before == 1;
}
