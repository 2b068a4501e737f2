//! One run of a scenario: its threads, which are fibers here, and what they do to each other.
//!
//! A thread runs until it comes to an atomic operation, and announces it; then the explorer chooses the thread that goes on.
//! So between two such points only plain accesses of one thread happen, and the same choices give the same run. Sleeping on a
//! futex is modelled: a sleeping thread goes on only when another thread wakes it. If all threads sleep, the run has failed.
//! (A sleep may also return early, as something rare; so may one with a timeout.)
//!
//! Each thread allocates from memory of its own, always at the same addresses, and no memory is used twice in a run.

const std = @import("std");
const assert = std.debug.assert;
const fiber = std.Io.fiber;
const linux = std.os.linux;
const choices = @import("choices.zig");
const hooks = @import("hooks.zig");
const memory = @import("memory.zig");
const plain = @import("plain.zig");
const reduction = @import("reduction.zig");
const sharing = @import("sharing.zig");
const sites = @import("sites.zig");
const Access = hooks.Access;
const Bounds = hooks.Bounds;
const Threads = choices.Threads;
const max_threads = memory.max_threads;

/// The first thread sets up, runs the others and checks the result.
const Thread = struct {
    name: [*:0]const u8 = "main",
    run: *const fn (?*anyopaque) callconv(.c) void = undefined,
    context: ?*anyopaque = null,
    state: enum { away, arriving, ready, asleep } = .away,
    /// What it does next.
    next: Access = undefined,
    /// It waits for another thread, and lets the others go first.
    yields: bool = false,
    fiber: fiber.Context = undefined,
    allocated: usize = 0,
};

const stack_size = 256 << 10;
const heap_size = 1 << 20;
const max_steps = 5000;
const max_touches = 1_000_000;
/// The addresses, the same in every process.
const stacks_at = 0x1000_0000_0000;
const heaps_at = 0x2000_0000_0000;

var threads: [max_threads]Thread = undefined;
pub var current: usize = 0;
pub var is_running = false;
/// How many threads are not `away`, the first one not counted.
var n_running: usize = 0;
var explorer: fiber.Context = undefined;
/// The thread to return to when a started thread arrives at its first step.
var starter: usize = 0;
var steps: u32 = 0;
/// Plain accesses since the last step.
var touches: u32 = 0;
var live_bytes: usize = 0;

pub const Failure = struct {
    text: []const u8,
    at: usize = 0,
    site: usize = 0,
};

pub const End = union(enum) {
    passed,
    failed: Failure,
    /// Given up, because it would only have repeated an earlier run.
    cut,
};

var end: End = .passed;
var text: [256]u8 = undefined;

/// Called for each step and each access to `watched` while a run is shown.
pub var observer: ?*const fn (Event) void = null;
pub var watched: usize = 0;

pub const Event = union(enum) {
    step: struct { thread: usize, access: Access, outcome: memory.Outcome },
    plain: struct { thread: usize, kind: plain.Kind, site: usize },
};

/// Maps the stacks and heaps. Called once.
pub fn prepare() void {
    for ([_][2]usize{ .{ stacks_at, stack_size }, .{ heaps_at, heap_size } }) |area| {
        const flags: linux.MAP = .{ .TYPE = .PRIVATE, .ANONYMOUS = true, .FIXED_NOREPLACE = true, .NORESERVE = true };
        const result = linux.mmap(@ptrFromInt(area[0]), area[1] * max_threads, .{ .READ = true, .WRITE = true }, flags, -1, 0);
        if (linux.errno(result) != .SUCCESS) @panic("no room for stacks and heaps");
    }
}

pub fn isStack(at: usize) bool {
    return at >= stacks_at and at < stacks_at + stack_size * max_threads;
}

pub fn isHeap(at: usize) bool {
    return at >= heaps_at and at < heaps_at + heap_size * max_threads;
}

pub fn isAlone() bool {
    return n_running == 0;
}

pub fn nameOf(thread: usize) [*:0]const u8 {
    return threads[thread].name;
}

/// Runs a scenario once, as `choices` decides.
pub fn once(scenario: *const hooks.Scenario) End {
    plain.reset();
    memory.reset();
    reduction.reset();
    sharing.reset();
    choices.begin();
    steps = 0;
    live_bytes = 0;
    n_running = 0;
    end = .passed;
    threads = @splat(.{});
    memory.tick(0);
    const Main = struct {
        fn main(context: ?*anyopaque) callconv(.c) void {
            const it: *const hooks.Scenario = @ptrCast(@alignCast(context));
            it.run();
            if (live_bytes != 0) fail("{d} bytes were not freed", .{live_bytes}, 0, 0);
        }
    };
    threads[0].run = Main.main;
    threads[0].context = @constCast(scenario);
    prepareFiber(0);
    current = 0;
    is_running = true;
    switchFibers(&explorer, &threads[0].fiber);
    is_running = false;
    return end;
}

fn prepareFiber(number: usize) void {
    const top = stacks_at + stack_size * (number + 1);
    const Entry = struct {
        fn entry() callconv(.naked) noreturn {
            switch (@import("builtin").cpu.arch) {
                .x86_64 => asm volatile ("call %[main:P]"
                    :
                    : [main] "X" (&main),
                ),
                .aarch64 => asm volatile ("bl %[main]"
                    :
                    : [main] "X" (&main),
                ),
                else => @compileError("no fibers for this machine"),
            }
        }

        fn main() callconv(.c) noreturn {
            const thread = &threads[current];
            thread.run(thread.context);
            leave();
        }
    };
    threads[number].fiber = switch (@import("builtin").cpu.arch) {
        .x86_64 => .{ .rsp = top, .rbp = 0, .rip = @intFromPtr(&Entry.entry) },
        .aarch64 => .{ .sp = top, .fp = 0, .pc = @intFromPtr(&Entry.entry) },
        else => unreachable,
    };
}

noinline fn switchFibers(old: *fiber.Context, new: *fiber.Context) void {
    const both: fiber.Switch = .{ .old = old, .new = new };
    _ = fiber.contextSwitch(&both);
}

fn goTo(next: usize) void {
    const here = current;
    if (next == here) return;
    current = next;
    switchFibers(&threads[here].fiber, &threads[next].fiber);
}

/// Gives up the run.
fn stop(as: End) noreturn {
    end = as;
    var nowhere: fiber.Context = undefined;
    switchFibers(&nowhere, &explorer);
    unreachable;
}

/// Ends the run as failed. `at`: the address of the data, or 0; `site`: the place in the program, or 0.
pub fn fail(comptime format: []const u8, args: anytype, at: usize, site: usize) noreturn {
    const message = std.fmt.bufPrint(&text, format, args) catch text[0..];
    stop(.{ .failed = .{ .text = message, .at = at, .site = site } });
}

/// The current thread has ended.
fn leave() noreturn {
    if (current == 0) stop(.passed);
    const thread = &threads[current];
    memory.learn(0, current);
    n_running -= 1;
    const arriving = thread.state == .arriving;
    thread.state = .away;
    goTo(if (arriving) starter else if (n_running == 0) 0 else choose());
    unreachable;
}

/// Returns the thread that goes on.
fn choose() usize {
    var ready: Threads = .empty;
    var patient: Threads = .empty;
    for (threads[1..], 1..) |*thread, number| {
        if (thread.state != .ready) continue;
        if (thread.yields) patient.set(number) else ready.set(number);
    }
    if (ready.count() == 0) {
        if (patient.count() == 0) fail("all threads sleep", .{}, 0, 0);
        for (threads[1..]) |*thread| thread.yields = false;
        // In turn, so that one waiting thread does not keep the others from going on.
        var next = current;
        while (true) {
            next = next % (max_threads - 1) + 1;
            if (patient.isSet(next)) return next;
        }
    }
    const me = &threads[current];
    const running = if (ready.isSet(current)) current else null;
    const matters = running == null or sharing.isShared(me.next.at);
    return choices.thread(ready, running, running orelse ready.findFirstSet().?, matters) orelse stop(.cut);
}

/// The current thread is about to do a step: other threads may run first.
fn arrive(access: Access) void {
    const me = &threads[current];
    me.next = access;
    if (isAlone()) return;
    steps += 1;
    touches = 0;
    if (steps == max_steps) fail("no end after {d} steps", .{steps}, 0, access.site);
    if (me.state == .arriving) {
        me.state = .ready;
        goTo(starter);
    } else {
        goTo(choose());
    }
    // Chosen to go on.
    me.yields = false;
}

/// Runs a thread until it comes to a step.
fn bring(number: usize) void {
    starter = current;
    threads[number].state = .arriving;
    goTo(number);
}

export fn explore_run(list: [*]const hooks.Thread, count: usize) void {
    assert(current == 0 and isAlone() and count < max_threads);
    for (list[0..count], 1..) |it, number| {
        const allocated = threads[number].allocated;
        threads[number] = .{ .name = it.name, .run = it.run, .context = it.context, .allocated = allocated };
        memory.learn(number, 0);
        prepareFiber(number);
        n_running += 1;
    }
    for (1..count + 1) |number| bring(number);
    if (n_running > 0) goTo(choose());
}

export fn explore_access(given: *const Access, found: *u64) bool {
    arrive(given.*);
    const me = current;
    const access = sites.planted(given.*);
    const id = plain.valueAt(access.at, access.size, access.site);
    if (!isAlone()) meet(id, access);
    const outcome: memory.Outcome = switch (access.kind) {
        .wake => memory.wake(me, id),
        else => memory.perform(me, id, access, isAlone()),
    };
    found.* = outcome.found;
    if (outcome.newest) |newest| plain.poke(access.at, access.size, newest);
    if (observer) |observe| observe(.{ .step = .{ .thread = me, .access = access, .outcome = outcome } });
    memory.tick(me);
    if (access.kind == .wake) {
        wake(access.at, access.operand);
    } else if (access.kind == .sleep and outcome.found == access.expected and choices.rare(2) == 0) {
        // In the rare case a sleep returns early.
        threads[me].state = .asleep;
        goTo(choose());
    }
    return !outcome.exchanged;
}

/// Records what the step has to do with steps of other threads.
fn meet(id: u16, access: Access) void {
    sharing.touch(current, id, access.at);
    if (!choices.isReduced()) return;
    const writes = access.kind != .load;
    reduction.take(current, choices.lastNode(), id, writes);
    for (threads[1..], 1..) |*thread, number| {
        if (thread.next.at == access.at and (writes or thread.next.kind != .load)) choices.rouse(number);
    }
}

fn wake(at: usize, count: u64) void {
    const waker = current;
    var left = count;
    while (left > 0) : (left -= 1) {
        var asleep: [max_threads]usize = undefined;
        var n: usize = 0;
        for (threads[1..], 1..) |*thread, number| {
            if (thread.state != .asleep or thread.next.at != at) continue;
            asleep[n] = number;
            n += 1;
        }
        if (n == 0) return;
        const number = asleep[choices.rare(n)];
        reduction.let(waker, number);
        bring(number);
    }
}

export fn explore_yield() void {
    // Not needed where all orders are tried anyway.
    if (!choices.isReduced()) threads[current].yields = true;
}

export fn explore_alloc(size: usize, alignment: usize, counts: bool) ?*anyopaque {
    const thread = &threads[current];
    const base = heaps_at + heap_size * current;
    const at = std.mem.alignForward(usize, base + thread.allocated, alignment);
    thread.allocated = at + size - base;
    if (thread.allocated > heap_size) fail("one run needs too much memory", .{}, 0, 0);
    if (counts) live_bytes += size;
    return @ptrFromInt(at);
}

export fn explore_free(block: *anyopaque, size: usize) void {
    plain.touch(@intFromPtr(block), size, .free, @returnAddress());
    live_bytes -= size;
}

export fn explore_fail(message: [*]const u8, length: usize) noreturn {
    fail("{s}", .{message[0..length]}, 0, @returnAddress());
}

/// Counts a plain access, and shows it if its address is watched.
pub fn watch(at: usize, size: usize, kind: plain.Kind, site: usize) void {
    touches += 1;
    if (touches == max_touches) fail("no step in {d} accesses", .{touches}, 0, site);
    const observe = observer orelse return;
    if (watched >= at and watched < at + size) observe(.{ .plain = .{ .thread = current, .kind = kind, .site = site } });
}
