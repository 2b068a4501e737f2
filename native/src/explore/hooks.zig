//! The interface between the code under exploration and the explorer.
//!
//! They are compiled separately: the code under exploration (explore.zig) with the compiler's instrumentation of every
//! plain access to memory, the explorer (main.zig) without. The explorer defines the functions that are declared here, and
//! those that the instrumentation calls (plain.zig).

const std = @import("std");

/// The orders of `std.builtin.AtomicOrder` that exist at run time.
pub const Order = enum(u8) {
    monotonic,
    acquire,
    release,
    acq_rel,
    seq_cst,

    pub fn of(comptime order: std.builtin.AtomicOrder) Order {
        return @field(Order, @tagName(order));
    }

    pub fn acquires(order: Order) bool {
        return order == .acquire or order == .acq_rel or order == .seq_cst;
    }

    pub fn releases(order: Order) bool {
        return order == .release or order == .acq_rel or order == .seq_cst;
    }
};

/// One atomic operation, or a half of a sleep on a futex.
pub const Access = extern struct {
    /// The address of the value.
    at: usize = 0,
    /// The address in the program from which the explorer was called.
    site: usize = 0,
    size: u8 = 0,
    kind: Kind,
    order: Order = .monotonic,
    /// Of an exchange that fails.
    failure: Order = .monotonic,
    operand: u64 = 0,
    /// The value that an exchange or a sleep must find.
    expected: u64 = 0,

    pub const Kind = enum(u8) { load, store, swap, add, sub, @"and", @"or", exchange, weak_exchange, sleep, wake };
};

/// Performs the operation. `found` gets the value that was there. Returns false for an exchange that took place.
pub extern fn explore_access(access: *const Access, found: *u64) callconv(.c) bool;

/// Lets other threads run first: the calling thread waits for one of them.
pub extern fn explore_yield() callconv(.c) void;

/// Runs threads, and returns when all have ended.
pub extern fn explore_run(threads: [*]const Thread, count: usize) callconv(.c) void;

pub const Thread = extern struct {
    name: [*:0]const u8,
    run: *const fn (context: ?*anyopaque) callconv(.c) void,
    context: ?*anyopaque,
};

/// Allocates memory. `counts`: it must be freed before the end of the run.
pub extern fn explore_alloc(size: usize, alignment: usize, counts: bool) callconv(.c) ?*anyopaque;
pub extern fn explore_free(memory: *anyopaque, size: usize) callconv(.c) void;

/// Whether a fault is planted, by its number in `mutants.faults`.
pub extern fn explore_planted(fault: u32) callconv(.c) bool;

/// Reports the outcome of a litmus test.
pub extern fn explore_outcome(outcome: u32) callconv(.c) void;

/// Ends this run as failed.
pub extern fn explore_fail(text: [*]const u8, length: usize) callconv(.c) noreturn;

/// A small program of several threads, to be explored.
pub const Scenario = extern struct {
    name: [*:0]const u8,
    run: *const fn () callconv(.c) void,
    bounds: Bounds,
    /// The possible outcomes of a litmus test, as a set of bits; 0 for other scenarios.
    outcomes: u64 = 0,
};

/// How far a systematic search goes.
pub const Bounds = extern struct {
    /// The most times that a thread which could go on is interrupted.
    preemptions: u8 = 2,
    /// The most times that something rare happens: a read of an old value, an exchange that fails without a reason.
    rarities: u8 = 1,
    /// The most times that either happens; not counted without a bound of preemptions.
    deviations: u8 = 2,

    /// All interleavings, except those that differ only in the order of independent steps.
    pub const every: Bounds = .{ .preemptions = unbounded, .rarities = 1 };
    pub const unbounded = 255;
};

/// The code under exploration defines these.
pub extern fn explored_scenarios(count: *usize) callconv(.c) [*]const Scenario;
pub extern fn explored_faults(count: *usize) callconv(.c) [*]const [*:0]const u8;
pub extern fn explored_sources(count: *usize) callconv(.c) [*]const Source;

/// A file in which every memory order must be weakened by some canary.
pub const Source = extern struct { file: [*:0]const u8, text: [*:0]const u8 };
