//! Where memory comes from, and how objects that many threads share are counted.

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

/// One more reference, made from one that the caller has.
pub fn ref(refs: *atomic.Value(u32)) void {
    // Relaxed: the caller's own reference keeps the object, and gives it nothing to see.
    const before = refs.fetchAdd(1, .monotonic);
    std.debug.assert(before > 0 and before < std.math.maxInt(u32));
}

/// One more reference, unless there is none any more: then false. Something else keeps the memory.
pub fn refIfAny(refs: *atomic.Value(u32)) bool {
    // Relaxed: as in `ref`.
    var before = refs.load(.monotonic);
    while (before > 0) before = refs.cmpxchgWeak(before, before + 1, .monotonic, .monotonic) orelse return true;
    return false;
}

/// One reference less, unless it is the last: then false, and nothing done.
pub fn unrefUnlessLast(refs: *atomic.Value(u32)) bool {
    // Relaxed: only a guess, which the exchange confirms. Release: see `unref`. Explored: `account: users come and go`.
    var before = refs.load(.monotonic);
    while (before > 1) before = refs.cmpxchgWeak(before, before - 1, .release, .monotonic) orelse return true;
    return false;
}

/// One reference less; true if it was the last, and the caller must free the object.
pub fn unref(refs: *atomic.Value(u32)) bool {
    // Release: what this holder did to the object comes before its end. Acquire: the one who frees it comes after all
    // the others' releases. Both on one operation, which is its own partner; and that of the look before it, which
    // spares the last holder the operation: where nobody else has a reference, nobody can make one. Explored: `objects:
    // late copies`, and all others in which something is freed.
    if (refs.load(.acquire) == 1) return true;
    const before = refs.fetchSub(1, .acq_rel);
    std.debug.assert(before > 0);
    return before == 1;
}
