//! Scenarios: the list, the mutex, the gate and the wait queue, each by itself.

const hooks = @import("hooks.zig");
const lll = @import("../base/lll.zig");
const stage = @import("stage.zig");
const Gate = @import("../bus/gate.zig").Gate;
const Mutex = @import("../base/mutex.zig").Mutex;
const Value = @import("../base/atomic.zig").Value;
const Waitq = @import("../bus/waitq.zig").Waitq;
const expect = stage.expect;
const thread = stage.thread;

pub const scenarios = [_]hooks.Scenario{
    .{ .name = "list: push and take", .run = Listing.pushAndTake, .bounds = .every },
    .{ .name = "list: push and seal", .run = Listing.pushAndSeal, .bounds = .every },
    .{ .name = "mutex", .run = Locking.run, .bounds = .{ .preemptions = 4, .deviations = 4 } },
    .{ .name = "gate: operators and an end", .run = Gates.operate, .bounds = .every },
    .{ .name = "gate: hand-over and an end", .run = Gates.handOver, .bounds = .every },
    .{ .name = "gate: used again", .run = Gates.useAgain, .bounds = .every },
    .{ .name = "wait: two senders, one sleeper", .run = Waiting.oneSleeper, .bounds = .{ .preemptions = 3, .rarities = 2, .deviations = 3 } },
    .{ .name = "wait: one sender, two sleepers", .run = Waiting.twoSleepers, .bounds = .{ .preemptions = 3, .deviations = 3 } },
    .{ .name = "wait: a callback that moves", .run = Waiting.callback, .bounds = .every },
};

const Listing = struct {
    const Item = struct { link: lll.Node = .{}, number: usize = 0, accepted: bool = false };

    var list: lll.List = .{};
    /// Two of each pusher.
    var items: [4]Item = @splat(.{});
    /// Their numbers, in the order of arrival.
    var taken: [8]usize = undefined;
    var n_taken: usize = 0;

    fn pushAndTake() callconv(.c) void {
        stage.run(&.{
            thread("pusher 1", items[0..2], push),
            thread("pusher 2", items[2..4], push),
            thread("taker", &list, takeTwice),
        });
        note(list.take());
        expect(list.isEmpty() and n_taken == 4, "each element arrives once");
        checkOrder();
    }

    fn pushAndSeal() callconv(.c) void {
        stage.run(&.{
            thread("pusher 1", items[0..2], push),
            thread("pusher 2", items[2..4], push),
            thread("sealer", &list, takeAndSeal),
        });
        var accepted: usize = 0;
        for (items) |item| accepted += @intFromBool(item.accepted);
        expect(accepted == n_taken, "accepted elements arrive, others do not");
        expect(list.isEmpty() and list.take() == null and !list.push(&items[0].link), "a sealed list is empty, and refuses");
        checkOrder();
    }

    fn push(two: *[2]Item) void {
        for (two) |*item| {
            item.number = item - &items[0];
            item.accepted = list.push(&item.link);
        }
    }

    fn takeTwice(from: *lll.List) void {
        note(from.take());
        note(from.take());
    }

    fn takeAndSeal(from: *lll.List) void {
        note(from.take());
        note(from.seal());
    }

    fn note(newest: ?*lll.Node) void {
        var n: usize = 0;
        var it = newest;
        while (it) |link| : (it = link.next) n += 1;
        it = newest;
        for (0..n) |i| {
            const item: *Item = @fieldParentPtr("link", it.?);
            taken[n_taken + n - 1 - i] = item.number;
            it = item.link.next;
        }
        n_taken += n;
    }

    fn checkOrder() void {
        for (taken[0..n_taken], 0..) |number, i| {
            for (taken[0..i]) |earlier| expect(earlier != number, "no element arrives twice");
            if (number % 2 == 1) {
                const first = for (taken[0..i]) |earlier| {
                    if (earlier == number - 1) break true;
                } else false;
                expect(first, "the elements of one pusher arrive in its order");
            }
        }
    }
};

const Locking = struct {
    var mutex: Mutex = .{};
    var inside: u32 = 0;
    var times: u32 = 0;

    fn run() callconv(.c) void {
        stage.run(&.{
            thread("first", &mutex, twice),
            thread("second", &mutex, twice),
            thread("third", &mutex, once),
        });
        expect(times == 5, "each has had the lock");
    }

    fn twice(m: *Mutex) void {
        once(m);
        once(m);
    }

    fn once(m: *Mutex) void {
        m.lock();
        inside += 1;
        expect(inside == 1, "one at a time");
        times += 1;
        inside -= 1;
        m.unlock();
    }
};

const Gates = struct {
    var gate: Gate = .open;
    /// What the gate guards.
    var state: u32 = 0;
    var ends: u32 = 0;
    var again = false;

    fn operate() callconv(.c) void {
        stage.run(&.{ thread("operator 1", &gate, enterTwice), thread("operator 2", &gate, enterTwice), thread("ender", &gate, end) });
        expect(ends == 1, "the work of ending is done once");
        expect(gate.enter(0) == error.Ended and !gate.end(), "an ended gate stays so");
    }

    fn handOver() callconv(.c) void {
        stage.run(&.{ thread("old operator", &gate, leaveTo1), thread("new operator", &gate, enter1), thread("ender", &gate, end) });
        expect(ends == 1, "the work of ending is done once");
        expect(gate.enter(0) == error.Ended and gate.enter(1) == error.Ended, "an ended gate stays so");
    }

    /// A slot that is given to another peer after the end of the one that was there.
    fn useAgain() callconv(.c) void {
        again = true;
        stage.run(&.{ thread("ender", &gate, end), thread("old operator", &gate, enterTwice), thread("new operator", &gate, enter1) });
        expect(ends == 1 and !gate.isEnding(), "a gate that was opened again is open");
        expect(gate.enter(0) == error.Ended, "the old key is of no use");
        gate.enter(1) catch stage.fail("the new key lets in");
    }

    fn enterTwice(g: *Gate) void {
        enter(g, 0);
        enter(g, 0);
    }

    fn enter(g: *Gate, key: u32) void {
        g.enter(key) catch return;
        state += 1;
        if (g.leave()) finish(g);
    }

    fn enter1(g: *Gate) void {
        enter(g, 1);
        enter(g, 1);
    }

    fn leaveTo1(g: *Gate) void {
        g.enter(0) catch return;
        state += 1;
        if (g.leaveAs(1)) finish(g);
    }

    fn end(g: *Gate) void {
        if (g.end()) finish(g);
    }

    fn finish(g: *Gate) void {
        state += 1;
        ends += 1;
        g.close(2);
        if (!again) return;
        state = 0;
        g.reopen(1);
    }
};

const Waiting = struct {
    var waitq: Waitq = .{};
    var lists: [2]lll.List = @splat(.{});
    var links: [2]lll.Node = @splat(.{});
    /// Where the callback is to tell, and how often it has told there.
    var target: Value(u32) = .init(0);
    var told: [3]Value(u32) = @splat(.init(0));

    /// Waits for a number of elements of a list.
    const Looker = struct {
        list: *lll.List,
        left: u32,

        pub fn isReady(looker: *Looker) bool {
            var it = looker.list.take();
            while (it) |link| : (it = link.next) looker.left -= 1;
            return looker.left == 0;
        }
    };

    fn oneSleeper() callconv(.c) void {
        stage.run(&.{ thread("sender 1", &links[0], send), thread("sender 2", &links[1], send), thread("sleeper", &lists[0], sleepForTwo) });
    }

    fn twoSleepers() callconv(.c) void {
        stage.run(&.{ thread("sender", &links, sendToEach), thread("sleeper 1", &lists[0], sleepForOne), thread("sleeper 2", &lists[1], sleepForOne) });
    }

    /// A waiter that asks for the callback moves, and waits elsewhere: it misses nothing there.
    fn callback() callconv(.c) void {
        waitq.callback = tell;
        stage.run(&.{ thread("sender 1", &links[0], send), thread("sender 2", &links[1], send), thread("mover", &lists[0], move) });
        if (!lists[0].isEmpty()) expect(told[2].load(.monotonic) > 0, "a waiter that has armed and found nothing is told");
    }

    fn tell(_: ?*anyopaque) callconv(.c) void {
        _ = told[target.load(.monotonic)].fetchAdd(1, .monotonic);
    }

    fn move(list: *lll.List) void {
        for (1..3) |place| {
            target.store(@intCast(place), .monotonic);
            waitq.arm();
            _ = list.take();
        }
    }

    fn send(link: *lll.Node) void {
        expect(lists[0].push(link), "a list takes what comes");
        waitq.wake();
    }

    fn sendToEach(two: *[2]lll.Node) void {
        for (&lists, two) |*list, *link| {
            expect(list.push(link), "a list takes what comes");
            waitq.wake();
        }
    }

    fn sleepForOne(list: *lll.List) void {
        sleepFor(list, 1);
    }

    fn sleepForTwo(list: *lll.List) void {
        sleepFor(list, 2);
    }

    fn sleepFor(list: *lll.List, n: u32) void {
        var looker: Looker = .{ .list = list, .left = n };
        expect(waitq.wait(&looker, null), "a sleep without a limit ends with what it waited for");
    }
};
