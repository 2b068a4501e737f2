//! What exists now: peers, nodes, handles, messages, bytes.
//!
//! Each peer counts what its operator did, in plain memory that no other thread writes, so counting costs no shared
//! cache line; one peer's part may be negative (a message counted by its sender and discounted by its receiver), the
//! sum never is once all is quiet.

const std = @import("std");
const atomic = @import("../base/atomic.zig");
const List = @import("../base/list.zig").List;
const Link = @import("../base/list.zig").Link;
const Mutex = @import("../base/mutex.zig").Mutex;

pub const Kind = enum { peers, nodes, handles, messages, bytes };
pub const kinds = std.enums.values(Kind).len;
pub const Totals = [kinds]u64;

pub const Counts = struct {
    values: [kinds]atomic.Value(i64) = @splat(.init(0)),
    link: Link(Counts) = .{},
    /// What tells the peer from all others of the process. Set when it is registered.
    number: u64 = 0,

    /// Counts for the operator of the peer.
    pub fn add(counts: *Counts, kind: Kind, amount: i64) void {
        const value = &counts.values[@backingInt(kind)];
        // Relaxed, and not one operation: the operator alone writes, and a reader wants a number, not an order.
        value.store(value.load(.monotonic) + amount, .monotonic);
    }

    /// For any thread: see `add`.
    pub fn get(counts: *const Counts, kind: Kind) i64 {
        return counts.values[@backingInt(kind)].load(.monotonic);
    }
};

var mutex: Mutex = .{};
var live: List(Counts, "link") = .{};
/// What peers that are freed have left.
var past: [kinds]i64 = @splat(0);
/// How many numbers have been given away.
var numbers: u64 = 0;

pub fn register(counts: *Counts) void {
    mutex.lock();
    defer mutex.unlock();
    live.append(counts);
    numbers += 1;
    counts.number = numbers;
}

/// A number as registered peers have, for one that is counted elsewhere.
pub fn nextNumber() u64 {
    mutex.lock();
    defer mutex.unlock();
    numbers += 1;
    return numbers;
}

/// Calls a function for the counts of each peer. None of them goes meanwhile, and none comes.
pub fn each(context: anytype, call: fn (@TypeOf(context), *Counts) void) void {
    mutex.lock();
    defer mutex.unlock();
    var it = live.first;
    while (it) |counts| : (it = counts.link.next) call(context, counts);
}

pub fn unregister(counts: *Counts) void {
    mutex.lock();
    defer mutex.unlock();
    live.remove(counts);
    for (&past, &counts.values) |*sum, *value| sum.* += value.load(.monotonic);
}

pub fn totals() Totals {
    mutex.lock();
    defer mutex.unlock();
    var sums = past;
    var it = live.first;
    while (it) |counts| : (it = counts.link.next) {
        for (&sums, &counts.values) |*sum, *value| sum.* += value.load(.monotonic);
    }
    var result: Totals = undefined;
    // Read while others count, a sum can be off by what is under way, even below zero.
    for (&result, sums) |*total, sum| total.* = @intCast(@max(0, sum));
    return result;
}
