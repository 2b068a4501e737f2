//! Counts what exists now: peers, nodes, handles, messages, bytes.
//!
//! Each peer counts what its operator did, in memory that no other thread writes, so that counting shares no cache line.
//! One peer's part may be negative, because a message is counted by its sender and discounted by its receiver. The sum is
//! not, unless operations are in progress.

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
    /// Identifies the peer within the process. Set by `register`.
    number: u64 = 0,

    /// Counts for the operator of the peer.
    pub fn add(counts: *Counts, kind: Kind, amount: i64) void {
        const value = &counts.values[@backingInt(kind)];
        // Relaxed, and not one operation: only the operator writes, and a reader needs a number, not an order.
        value.store(value.load(.monotonic) + amount, .monotonic);
    }

    /// For any thread: see `add`.
    pub fn get(counts: *const Counts, kind: Kind) i64 {
        return counts.values[@backingInt(kind)].load(.monotonic);
    }
};

var mutex: Mutex = .{};
var live: List(Counts, "link") = .{};
/// The sums of peers that are freed.
var past: [kinds]i64 = @splat(0);
/// The last number that was assigned.
var numbers: u64 = 0;

pub fn register(counts: *Counts) void {
    mutex.lock();
    defer mutex.unlock();
    live.append(counts);
    numbers += 1;
    counts.number = numbers;
}

/// Returns a number like that of a registered peer, for a peer that is counted elsewhere.
pub fn nextNumber() u64 {
    mutex.lock();
    defer mutex.unlock();
    numbers += 1;
    return numbers;
}

/// Calls a function for the counts of each peer. Meanwhile no peer is registered or unregistered.
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
    // A sum that is read while operations are in progress can be off by them, even below zero.
    for (&result, sums) |*total, sum| total.* = @intCast(@max(0, sum));
    return result;
}
