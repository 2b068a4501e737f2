//! Where a program may put something else under the library: its atomics, its sleeping and waking, its memory.
//!
//! The root file of the explorer declares `bus1_seam`, a namespace with the names that atomic.zig, heap.zig and os.zig
//! take from here. No other root file declares it, so that what ships has only what those three files say themselves.

const root = @import("root");

/// What the root file declares; null: nothing.
pub const seam: ?type = if (@hasDecl(root, "bus1_seam")) root.bus1_seam else null;
