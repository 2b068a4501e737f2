//! The atomics of the library: those of the standard library, or those of the seam (seam.zig).
//!
//! Memory that threads share is declared with `Value` from here, and threads sleep and wake through os.zig. So the explorer
//! controls every step at which threads meet.

const std = @import("std");
const seam = @import("seam.zig").seam;

pub const Value = if (seam) |other| other.Value else std.atomic.Value;

/// In a loop that waits for another thread.
pub const spinLoopHint = if (seam) |other| other.spinLoopHint else std.atomic.spinLoopHint;
