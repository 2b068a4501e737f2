//! Fuzzing, guided by coverage: the programs of the fuzz step. An input decides which calls are made, and with what.
//!
//! - `zig build fuzz` tries the inputs of corpus/, and so do the ordinary tests.
//! - `zig build fuzz --fuzz=100K` then makes 100,000 runs of each target with new inputs, which grow from those that reached
//!   new code. `--fuzz=1G` takes a night; `--seed=N` begins with other random numbers. The inputs stay in .zig-cache/f, and the
//!   next run continues from there. When a run fails, its input is saved there as `crash`.
//! - `zig build distil` makes a new corpus of what was found.
//!
//! The engine is the one that comes with Zig (`std.testing.fuzz`). It needs nothing else, runs without its web page when a
//! number of runs is given, and knows which decision led to what, so that an input is changed where its meaning is: a
//! stream of plain bytes would lose its meaning with the first change. It counts in runs, not in seconds.
//!
//! The targets run with all safety checks and the checking allocator: what is undefined stops the run, and what leaks fails.

test {
    _ = @import("fuzz/ids.zig");
    _ = @import("fuzz/uapi.zig");
}
