//! Determines which values more than one thread touches.
//!
//! Interrupting a thread before it touches a value of its own makes no difference, so a search with few preemptions does not
//! spend them there. Shared values are learned from the runs themselves, by address: objects that are made before the
//! threads start have the same addresses in all runs, and others nearly always. A search that has learned of more begins again.

const std = @import("std");
const memory = @import("memory.zig");

const gpa = std.heap.smp_allocator;

/// For each value in this run, the thread that touched it first; 0: none yet.
var first: [memory.max_values]u8 = @splat(0);
var n_values: usize = 0;
/// Addresses of shared values: those that this search uses, and those that were learned since it began.
var known: std.AutoHashMapUnmanaged(usize, void) = .empty;
var learned: std.AutoHashMapUnmanaged(usize, void) = .empty;

pub fn reset() void {
    @memset(first[0..n_values], 0);
    n_values = 0;
}

/// Forgets all.
pub fn clear() void {
    known.clearRetainingCapacity();
    learned.clearRetainingCapacity();
}

/// Adds what was learned to what is known. Returns false if that was nothing.
pub fn learn() bool {
    const before = known.count();
    var it = learned.keyIterator();
    while (it.next()) |address| known.put(gpa, address.*, {}) catch @panic("out of memory");
    learned.clearRetainingCapacity();
    return known.count() > before;
}

pub fn isShared(address: usize) bool {
    return known.contains(address);
}

/// A thread touches a value.
pub fn touch(thread: usize, id: u16, address: usize) void {
    n_values = @max(n_values, id + 1);
    if (first[id] == 0) first[id] = @intCast(thread);
    if (first[id] != thread) learned.put(gpa, address, {}) catch @panic("out of memory");
}
