//! Faults that can be planted in the program that explores interleavings, to see that it finds them.
//!
//! In the library `planted` is false and costs nothing. A fault takes away one check of the protocol, or does two things
//! in the wrong order. (Weaker memory orders need no word here: the explorer plants them wherever it sees an order.)

const atomic = @import("atomic.zig");
const hooks = @import("explore/hooks.zig");

pub const Fault = enum {
    /// The flags of what was held back are read before the new parts are taken (queue.zig).
    flags_before_take,
};

pub inline fn planted(comptime fault: Fault) bool {
    return atomic.exploring and hooks.explore_planted(@backingInt(fault));
}
