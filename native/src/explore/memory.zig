//! Atomic values as threads see them: the memory model of C11 and C++20, as an abstract machine.
//!
//! Each value keeps all writes to it, in its *modification order*. Each thread has a *view*: for each value, the oldest write
//! that it may still read. A read may choose any write that is not older than that, and a write may take any place that is not
//! older. A store that other threads do not see yet is one that they do not choose to read yet. That covers everything that
//! store buffers and early loads can do. The rest follows from how views are passed on:
//!
//! - A release attaches the writer's view to the write; an acquire that reads the write adds it to the reader's. A
//!   read-modify-write passes on what it read from (a release sequence as in C++20: later plain stores do not belong).
//! - A read-modify-write reads a write that no other read-modify-write has read, and follows it directly in the order.
//! - Views also hold vector clocks, from which plain.zig knows whether two accesses are ordered by happens-before.
//! - Sequentially consistent operations have one order S, which agrees with happens-before, with each modification
//!   order, and with reads (a read comes before the writes that are newer than what it read). It need not be the order
//!   in which they run here: a choice is refused only if with it there could be no S.
//!
//! As far as we know the machine is exactly C++20 (RC11 without fences: Lahav et al., PLDI 2017), with these exceptions:
//!
//! - S agrees with all of happens-before, as in C11 and on x86-64 and AArch64; C++20 excepts some chains for Power.
//! - No thread reads what is written later in the run. C++20 and AArch64 allow such cycles of relaxed operations ("load
//!   buffering"): they need a relaxed load before a relaxed store of the same thread to another value, twice.
//! - A read chooses among the newest `max_ways` writes at most.

const std = @import("std");
const assert = std.debug.assert;
const choices = @import("choices.zig");
const Access = @import("hooks.zig").Access;
const Order = @import("hooks.zig").Order;

/// The thread that sets up, runs the others and checks the result; and the others.
pub const max_threads = 5;

const max_ways = 8;
pub const max_values = 1024;
const max_events = 512;

/// A place in a modification order. A new newest write gets the distance `stride`, so that others fit between.
const Time = u32;
const stride: Time = 1 << 12;

/// Operations in the order S, by number.
const Events = std.bit_set.Static(max_events);

/// What a thread knows, or what a write passes on.
pub const View = struct {
    /// For each thread, how many of its steps have happened before.
    clocks: [max_threads]u16 = @splat(0),
    /// The operations of S that have happened before.
    events: Events = .empty,
    /// For each value, the oldest write that may still be read; 0 or missing: any.
    oldest: []Time = &.{},

    fn join(view: *View, other: *const View) void {
        for (&view.clocks, other.clocks) |*mine, theirs| mine.* = @max(mine.*, theirs);
        view.events.setUnion(other.events);
        for (view.oldest[0..other.oldest.len], other.oldest) |*mine, theirs| mine.* = @max(mine.*, theirs);
    }
};

const Write = struct {
    time: Time,
    value: u64,
    /// What an acquire that reads it learns.
    view: ?*const View = null,
    /// A read-modify-write has read it: no write may come between the two.
    claimed: bool = false,
    event: ?u16 = null,
};

const Value = struct {
    /// In modification order.
    writes: std.ArrayList(Write) = .empty,
    /// The sequentially consistent reads, and what they read.
    reads: std.ArrayList(struct { event: u16, time: Time }) = .empty,
    /// Threads that have woken sleepers have seen this write, and so does a thread that goes to sleep later.
    woken: Time = 0,
};

const gpa = std.heap.smp_allocator;

pub var threads: [max_threads]View = undefined;
var oldest: [max_threads][max_values]Time = @splat(@splat(0));
var values: [max_values]Value = @splat(.{});
var n_values: u16 = 0;
/// For each event, the events that are known to come before it in S; transitively closed.
var before: [max_events]Events = undefined;
var n_events: u16 = 0;
/// The views that writes pass on, until the end of the run.
var told: std.heap.ArenaAllocator = .init(gpa);

/// Begins a new run.
pub fn reset() void {
    for (&threads, &oldest) |*view, *times| {
        @memset(times[0..n_values], 0);
        view.* = .{ .oldest = times };
    }
    n_values = 0;
    n_events = 0;
    _ = told.reset(.retain_capacity);
}

/// Adds a value that was not used in this run yet. Returns its number.
pub fn addValue(initial: u64) u16 {
    assert(n_values < max_values);
    const value = &values[n_values];
    value.writes.clearRetainingCapacity();
    value.reads.clearRetainingCapacity();
    value.woken = 0;
    must(value.writes.append(gpa, .{ .time = stride, .value = initial }));
    defer n_values += 1;
    return n_values;
}

/// Lets `thread` learn what `other` knows, at the start or the end of a thread.
pub fn learn(thread: usize, other: usize) void {
    threads[thread].join(&threads[other]);
    tick(thread);
    tick(other);
}

/// Begins the next step of a thread.
pub fn tick(thread: usize) void {
    threads[thread].clocks[thread] += 1;
}

pub const Outcome = struct {
    found: u64,
    /// The written value, if it is the newest now.
    newest: ?u64 = null,
    /// Whether an exchange took place.
    exchanged: bool = false,
    /// Whether it did not read, or follow, the newest write.
    stale: bool = false,
};

/// One way in which an operation can go.
const Way = struct {
    /// The write that is read, or that a store follows.
    index: usize,
    writes: bool,
};

/// Performs an operation of a thread, in one of the ways in which it can go. A thread that is alone has only the first way.
pub fn perform(thread: usize, id: u16, access: Access, alone: bool) Outcome {
    const value = &values[id];
    var ways: [max_ways]Way = undefined;
    var n: usize = 0;
    var index = value.writes.items.len;
    const limit = @max(threads[thread].oldest[id], if (access.kind == .sleep) value.woken else 0);
    while (index > 0) {
        index -= 1;
        if (value.writes.items[index].time < limit) break;
        for ([_]bool{ true, false }) |writes| {
            const way: Way = .{ .index = index, .writes = writes };
            if (n == max_ways or !isPossible(thread, value, way, access)) continue;
            ways[n] = way;
            n += 1;
        }
    }
    const way = ways[if (alone) 0 else choices.rare(n)];
    const found = value.writes.items[way.index].value;
    const stale = way.index + 1 < value.writes.items.len;
    take(thread, id, way, access, alone);
    return .{
        .found = found,
        .newest = if (way.writes and !stale) value.writes.getLast().value else null,
        .exchanged = way.writes and isExchange(access.kind),
        .stale = stale,
    };
}

fn isExchange(kind: Access.Kind) bool {
    return kind == .exchange or kind == .weak_exchange;
}

fn orderOf(way: Way, access: Access) Order {
    return if (isExchange(access.kind) and !way.writes) access.failure else access.order;
}

fn isPossible(thread: usize, value: *const Value, way: Way, access: Access) bool {
    const writes = value.writes.items;
    const found = writes[way.index];
    const kind_fits = switch (access.kind) {
        .load, .sleep => !way.writes,
        .exchange => way.writes == (found.value == access.expected),
        .weak_exchange => !way.writes or found.value == access.expected,
        .store, .swap, .add, .sub, .@"and", .@"or" => way.writes,
        .wake => unreachable,
    };
    if (!kind_fits) return false;
    if (way.index + 1 == writes.len) return true; // the newest is possible always
    if (way.writes and (found.claimed or writes[way.index + 1].time - found.time < 2)) return false;
    if (orderOf(way, access) != .seq_cst) return true;
    // There must be an order S: nothing that comes after this operation in it may come before it.
    var past = pastOf(thread, value, way, access);
    for (writes[way.index + 1 ..]) |write| {
        if (write.event) |event| if (past.isSet(event)) return false;
    }
    return true;
}

/// Returns what comes before the operation in S.
fn pastOf(thread: usize, value: *const Value, way: Way, access: Access) Events {
    var direct = threads[thread].events;
    const found = value.writes.items[way.index];
    if (access.kind != .store) if (found.view) |view| direct.setUnion(view.events);
    if (way.writes) {
        for (value.writes.items[0 .. way.index + 1]) |write| if (write.event) |event| direct.set(event);
        for (value.reads.items) |read| if (read.time <= found.time) direct.set(read.event);
    }
    var past = direct;
    var it = direct.iterator(.{});
    while (it.next()) |event| past.setUnion(before[event]);
    return past;
}

fn take(thread: usize, id: u16, way: Way, access: Access, alone: bool) void {
    const value = &values[id];
    const mine = &threads[thread];
    const order = orderOf(way, access);
    const found = &value.writes.items[way.index];
    const event: ?u16 = if (order == .seq_cst and !alone) addEvent(thread, value, way, access) else null;
    mine.oldest[id] = @max(mine.oldest[id], found.time);
    if (order.acquires() and access.kind != .store) if (found.view) |view| mine.join(view);
    if (event) |e| mine.events.set(e);
    if (!way.writes) {
        if (event) |e| must(value.reads.append(gpa, .{ .event = e, .time = found.time }));
        return;
    }

    const modifies = access.kind != .store;
    if (modifies) found.claimed = true;
    const last = way.index + 1 == value.writes.items.len;
    const time = if (last) found.time + stride else found.time + (value.writes.items[way.index + 1].time - found.time) / 2;
    mine.oldest[id] = time;
    const passed_on = if (modifies) found.view else null;
    must(value.writes.insert(gpa, way.index + 1, .{
        .time = time,
        .value = change(found.value, access),
        .view = if (order.releases()) tell(mine, passed_on) else passed_on,
        .event = event,
    }));
}

fn change(found: u64, access: Access) u64 {
    const result = switch (access.kind) {
        .store, .swap, .exchange, .weak_exchange => access.operand,
        .add => found +% access.operand,
        .sub => found -% access.operand,
        .@"and" => found & access.operand,
        .@"or" => found | access.operand,
        .load, .sleep, .wake => unreachable,
    };
    return if (access.size == 8) result else result & ((@as(u64, 1) << @intCast(access.size * 8)) - 1);
}

/// Copies what a thread knows, together with what else is passed on.
fn tell(view: *const View, passed_on: ?*const View) *const View {
    const copy = must(told.allocator().create(View));
    copy.* = view.*;
    copy.oldest = must(told.allocator().dupe(Time, view.oldest[0..n_values]));
    if (passed_on) |other| copy.join(other);
    return copy;
}

/// Puts the operation into S.
fn addEvent(thread: usize, value: *const Value, way: Way, access: Access) u16 {
    assert(n_events < max_events);
    const event = n_events;
    n_events += 1;
    before[event] = pastOf(thread, value, way, access);
    // Writes that are newer than the one that is read, or followed, come later in S, and so does all that comes after them.
    for (value.writes.items[way.index + 1 ..]) |write| {
        const later = write.event orelse continue;
        for (0..event) |e| {
            if (e != later and !before[e].isSet(later)) continue;
            before[e].setUnion(before[event]);
            before[e].set(event);
        }
    }
    return event;
}

/// A thread wakes the threads that sleep on a value.
pub fn wake(thread: usize, id: u16) Outcome {
    const value = &values[id];
    value.woken = @max(value.woken, threads[thread].oldest[id]);
    return .{ .found = value.writes.getLast().value };
}

fn must(result: anytype) @typeInfo(@TypeOf(result)).error_union.payload {
    return result catch @panic("out of memory");
}
