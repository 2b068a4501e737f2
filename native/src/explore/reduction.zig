//! Determines which steps of a run depend on each other, for dynamic partial-order reduction (choices.zig).
//!
//! Two steps depend on each other
//!
//! - if they are of one thread,
//! - if they touch one value and one of them writes,
//! - if one has woken the thread of the other.
//!
//! A step that depends directly on an earlier step of another thread could have come before it. Then that order must be tried,
//! too.

const std = @import("std");
const choices = @import("choices.zig");
const max_threads = @import("memory.zig").max_threads;
const max_values = @import("memory.zig").max_values;

/// For each thread, the number of its last step that must come before, plus 1; 0: none.
const Clock = [max_threads]u32;

fn join(mine: *Clock, theirs: Clock) void {
    for (mine, theirs) |*m, t| m.* = @max(m.*, t);
}

const Value = struct {
    writer: usize = 0,
    write: Clock = @splat(0),
    /// Reads since the last write: the last step of each thread, plus 1; and what must come before those.
    reads: Clock = @splat(0),
    before_reads: Clock = @splat(0),
};

var threads: [max_threads]Clock = @splat(@splat(0));
var values: [max_values]Value = undefined;
var n_values: usize = 0;

pub fn reset() void {
    threads = @splat(@splat(0));
    n_values = 0;
}

/// A thread does a step with a value. `node`: where the step was chosen.
pub fn take(thread: usize, node: u32, id: usize, writes: bool) void {
    while (n_values <= id) : (n_values += 1) values[n_values] = .{};
    const value = &values[id];
    var mine = threads[thread];
    if (value.writer != thread and mine[value.writer] < value.write[value.writer]) {
        choices.want(value.write[value.writer] - 1, thread);
    }
    join(&mine, value.write);
    if (writes) {
        for (0..max_threads) |other| {
            if (other != thread and threads[thread][other] < value.reads[other]) choices.want(value.reads[other] - 1, thread);
        }
        join(&mine, value.before_reads);
    }
    mine[thread] = node + 1;
    if (writes) {
        value.* = .{ .writer = thread, .write = mine };
    } else {
        value.reads[thread] = node + 1;
        join(&value.before_reads, mine);
    }
    threads[thread] = mine;
}

/// A thread wakes another one.
pub fn let(thread: usize, other: usize) void {
    join(&threads[other], threads[thread]);
}
