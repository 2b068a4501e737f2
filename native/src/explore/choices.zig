//! The choices of a run, and how one run differs from the next.
//!
//! A run makes two kinds of choices: which thread goes on, and whether something rare happens. Everything else follows from
//! them. So a run is described by its *deviations*: the choices, by number, that were not the plain ones (the running thread
//! goes on; nothing rare happens). Choices come from one of three sources:
//!
//! - **Replay**: from a list of deviations.
//! - **Random**: from a seed; how often a run switches and how often something rare happens differs from run to run.
//! - **Systematic**: depth first through the tree of all choices, within bounds for preemptions and rare events. Without a
//!   bound for preemptions, only those orders of threads are tried that differ in the order of two dependent steps: dynamic
//!   partial-order reduction (Flanagan and Godefroid, POPL 2005) with sleep sets.

const std = @import("std");
const assert = std.debug.assert;
const Bounds = @import("hooks.zig").Bounds;
const max_threads = @import("memory.zig").max_threads;

pub const Threads = std.bit_set.Integer(max_threads);

const gpa = std.heap.smp_allocator;

const Node = union(enum) {
    rare: struct { taken: u8, n: u8 },
    thread: struct {
        ready: Threads,
        taken: u8,
        /// To be tried, or tried already.
        wanted: Threads,
        tried: Threads = .empty,
        /// Not worth trying here: it would repeat what was tried elsewhere.
        asleep: Threads,
    },
};

/// A choice that was not the plain one.
pub const Deviation = struct {
    call: u32,
    kind: enum { thread, rare },
    choice: u8,
};

pub const Source = union(enum) {
    replay: []const Deviation,
    random: u64,
    systematic: Bounds,
};

pub var source: Source = undefined;
/// Of the run so far.
pub var deviations: std.ArrayList(Deviation) = .empty;
/// The path through the tree, which the next run repeats before it does something new.
var path: std.ArrayList(Node) = .empty;
var depth: usize = 0;
var calls: u32 = 0;
var preemptions: u8 = 0;
var rarities: u8 = 0;
/// Ready threads with a next step that need not be tried now.
var asleep: Threads = .empty;
var random: std.Random.DefaultPrng = undefined;
var odds_of_switch: f32 = 0;
var odds_of_rarity: f32 = 0;

/// Starts a search, or a single run.
pub fn start(from: Source) void {
    source = from;
    path.clearRetainingCapacity();
}

/// Before each run.
pub fn begin() void {
    depth = 0;
    calls = 0;
    preemptions = 0;
    rarities = 0;
    asleep = .empty;
    deviations.clearRetainingCapacity();
    if (source != .random) return;
    random = .init(source.random);
    const odds = [_]f32{ 0.5, 0.2, 0.07, 0.02, 0.0 };
    odds_of_switch = odds[random.random().uintLessThan(usize, odds.len - 1)];
    odds_of_rarity = odds[random.random().uintLessThan(usize, odds.len)];
}

/// Prepares the next run of a systematic search. Returns false if all were tried.
pub fn advance() bool {
    while (path.pop()) |node| {
        var next = node;
        switch (next) {
            .rare => |*rare_node| {
                rare_node.taken += 1;
                if (rare_node.taken == rare_node.n) continue;
            },
            .thread => |*thread_node| {
                thread_node.tried.set(thread_node.taken);
                var left = thread_node.wanted.differenceWith(thread_node.tried).differenceWith(thread_node.asleep);
                thread_node.taken = @intCast(left.findFirstSet() orelse continue);
            },
        }
        append(next);
        return true;
    }
    return false;
}

/// Chooses one of `n` ways, of which the first is the plain one.
pub fn rare(n: usize) usize {
    if (n == 1) return 0;
    defer calls += 1;
    const choice: u8 = switch (source) {
        .replay => recorded(.rare) orelse 0,
        .random => if (random.random().float(f32) < odds_of_rarity) random.random().uintLessThan(u8, @intCast(n)) else 0,
        .systematic => |bounds| next: {
            if (rarities == bounds.rarities or (!isReduced() and isUsedUp(bounds))) break :next 0;
            if (depth == path.items.len) append(.{ .rare = .{ .taken = 0, .n = @intCast(n) } });
            defer depth += 1;
            break :next path.items[depth].rare.taken;
        },
    };
    if (choice != 0) {
        rarities += 1;
        deviate(.rare, choice);
    }
    return choice;
}

/// Chooses the thread that goes on, out of `ready`. `running`: the running thread, if it can go on; `plain`: the plain choice;
/// `matters`: whether a preemption here could make a difference. Returns null if the run would only repeat an earlier one.
pub fn thread(ready: Threads, running: ?usize, plain: usize, matters: bool) ?usize {
    defer calls += 1;
    assert(ready.isSet(plain));
    const choice: usize = switch (source) {
        .replay => recorded(.thread) orelse plain,
        .random => next: {
            if (running != null and random.random().float(f32) >= odds_of_switch) break :next plain;
            var others = ready;
            for (0..random.random().uintLessThan(usize, ready.count())) |_| _ = others.toggleFirstSet();
            break :next others.findFirstSet().?;
        },
        .systematic => |bounds| if (isReduced())
            reduced(ready, plain) orelse return null
        else next: {
            const free = running == null;
            const may = free or (matters and preemptions < bounds.preemptions and !isUsedUp(bounds));
            if (ready.count() == 1 or !may) break :next plain;
            if (depth == path.items.len) append(.{ .thread = .{
                .ready = ready,
                .taken = @intCast(plain),
                .wanted = ready,
                .asleep = .empty,
            } });
            defer depth += 1;
            break :next path.items[depth].thread.taken;
        },
    };
    if (running != null and choice != running.?) preemptions +|= 1;
    if (choice != plain) deviate(.thread, @intCast(choice));
    return choice;
}

fn isUsedUp(bounds: Bounds) bool {
    return preemptions + rarities >= bounds.deviations;
}

/// Whether only the order of dependent steps is varied.
pub fn isReduced() bool {
    return source == .systematic and source.systematic.preemptions == Bounds.unbounded;
}

/// The same without a bound for preemptions. Every choice gets a node: see `want`.
fn reduced(ready: Threads, plain: usize) ?usize {
    if (depth == path.items.len) {
        const worth = ready.differenceWith(asleep);
        const first = if (worth.isSet(plain)) plain else worth.findFirstSet() orelse return null;
        var wanted: Threads = .empty;
        wanted.set(first);
        append(.{ .thread = .{ .ready = ready, .taken = @intCast(first), .wanted = wanted, .asleep = asleep } });
    }
    const node = &path.items[depth].thread;
    depth += 1;
    // A thread that was tried here before need not be tried again until a step is done that its next step depends on.
    asleep = node.asleep.unionWith(node.tried);
    return node.taken;
}

/// Returns the number of the node of the last call of `thread`.
pub fn lastNode() u32 {
    return @intCast(depth - 1);
}

/// Requests the other order of two dependent steps: the one that was chosen at a node, and a later one of `other`.
pub fn want(node: u32, other: usize) void {
    const before = &path.items[node].thread;
    if (before.ready.isSet(other)) before.wanted.set(other) else before.wanted.setUnion(before.ready);
}

/// A step was done that the next step of `sleeper` depends on.
pub fn rouse(sleeper: usize) void {
    asleep.unset(sleeper);
}

fn append(node: Node) void {
    path.append(gpa, node) catch @panic("out of memory");
}

fn deviate(kind: @FieldType(Deviation, "kind"), choice: u8) void {
    deviations.append(gpa, .{ .call = calls, .kind = kind, .choice = choice }) catch @panic("out of memory");
}

fn recorded(kind: @FieldType(Deviation, "kind")) ?u8 {
    for (source.replay) |deviation| {
        if (deviation.call == calls and deviation.kind == kind) return deviation.choice;
    }
    return null;
}
