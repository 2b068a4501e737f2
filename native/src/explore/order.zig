//! Scenarios: the rules of order (specification, section 4), on receive queues and transactions alone.
//!
//! Alice and Carol send; Bob and Yvonne have a queue each, and receive. Each part has a letter.

const hooks = @import("hooks.zig");
const stage = @import("stage.zig");
const Part = @import("../bus/queue.zig").Part;
const Queue = @import("../bus/queue.zig").Queue;
const Signal = stage.Signal;
const Tx = @import("../bus/queue.zig").Tx;
const Waitq = @import("../bus/waitq.zig").Waitq;
const expect = stage.expect;
const thread = stage.thread;

pub const scenarios = [_]hooks.Scenario{
    .{ .name = "order: causal, through the bus", .run = CausalThroughBus.run, .bounds = .every },
    .{ .name = "order: causal, told outside", .run = CausalOutside.run, .bounds = .every },
    .{ .name = "order: no early look", .run = EarlyLook.run, .bounds = .every },
    .{ .name = "order: one sender", .run = OneSender.run, .bounds = .every },
    .{ .name = "order: one transaction", .run = OneTransaction.run, .bounds = .every },
    .{ .name = "order: a sleeper", .run = Sleeping.run, .bounds = .{ .preemptions = 3, .deviations = 3 } },
    .{ .name = "order: a seal", .run = Sealing.run, .bounds = .every },
};

const Letter = struct { part: Part = .{ .kind = .user }, name: u8 = 0 };

/// Letters, each of which can be sent once.
var letters: [8]Letter = @splat(.{});

const Receiver = struct {
    queue: Queue = .{},
    got: [8]u8 = undefined,
    n: usize = 0,

    fn send(receiver: *Receiver, name: u8, tx: ?*Tx) void {
        const letter = &letters[name - 'a'];
        letter.name = name;
        letter.part.tx = tx;
        expect(receiver.queue.push(&letter.part), "a queue accepts all parts until it is sealed");
    }

    /// Receives all that is ready.
    fn look(receiver: *Receiver) void {
        while (receiver.queue.first()) |part| {
            receiver.queue.removeFirst();
            receiver.note(part);
        }
    }

    fn note(receiver: *Receiver, part: *Part) void {
        const letter: *Letter = @fieldParentPtr("part", part);
        receiver.got[receiver.n] = letter.name;
        receiver.n += 1;
    }

    fn has(receiver: *const Receiver, name: u8) bool {
        for (receiver.got[0..receiver.n]) |got| if (got == name) return true;
        return false;
    }

    /// Receives the rest after all sends, and checks the total.
    fn expectAll(receiver: *Receiver, count: usize) void {
        receiver.look();
        expect(receiver.n == count, "each part is received once");
    }

    fn expectOrder(receiver: *const Receiver, earlier: u8, later: u8) void {
        var seen = false;
        for (receiver.got[0..receiver.n]) |name| {
            if (name == earlier) seen = true;
            if (name == later) expect(seen, "parts are received in order");
        }
    }
};

var bob: Receiver = .{};
var yvonne: Receiver = .{};
var first: Tx = .{};
var second: Tx = .{};
var told: Signal = .{};

/// Bob replies to a multicast with a message to Yvonne, which is a receiver of the multicast too.
const CausalThroughBus = struct {
    fn run() callconv(.c) void {
        stage.run(&.{ thread("alice", &first, multicast), thread("bob", &bob, reply), thread("yvonne", &yvonne, lookTwice) });
        yvonne.expectAll(if (bob.has('a')) 2 else 1);
        yvonne.expectOrder('b', 'c');
        bob.expectAll(1);
    }

    fn reply(me: *Receiver) void {
        me.look();
        if (me.n == 0) me.look();
        if (me.has('a')) yvonne.send('c', null);
    }
};

fn multicast(tx: *Tx) void {
    bob.send('a', tx);
    yvonne.send('b', tx);
    tx.commit();
}

fn lookTwice(me: *Receiver) void {
    me.look();
    me.look();
}

/// Alice signals Carol outside the bus that it has sent; then Carol sends.
const CausalOutside = struct {
    fn run() callconv(.c) void {
        stage.run(&.{ thread("alice", &first, send), thread("carol", &second, sendLater), thread("yvonne", &yvonne, lookTwice) });
        yvonne.expectAll(2);
        yvonne.expectOrder('b', 'c');
    }

    fn send(tx: *Tx) void {
        yvonne.send('b', tx);
        tx.commit();
        told.set();
    }

    fn sendLater(tx: *Tx) void {
        told.wait();
        yvonne.send('c', tx);
        tx.commit();
    }
};

/// Bob signals Yvonne outside the bus whether it has received its part of a multicast; then Yvonne finds its own.
const EarlyLook = struct {
    var tells = false;

    fn run() callconv(.c) void {
        stage.run(&.{ thread("alice", &first, multicast), thread("bob", &bob, receiveAndTell), thread("yvonne", &yvonne, lookWhenTold) });
        yvonne.expectAll(1);
        bob.expectAll(1);
    }

    fn receiveAndTell(me: *Receiver) void {
        me.look();
        if (me.n == 0) me.look();
        tells = me.n == 1;
        told.set();
    }

    fn lookWhenTold(me: *Receiver) void {
        me.look(); // so that the part may be held back
        told.wait();
        me.look();
        if (tells) expect(me.n == 1, "a receiver that knows of a transaction finds its part");
    }
};

const OneSender = struct {
    fn run() callconv(.c) void {
        stage.run(&.{ thread("alice", &first, sendThree), thread("bob", &bob, lookTwice), thread("yvonne", &yvonne, lookTwice) });
        bob.expectAll(3);
        for ([_]u8{ 'a', 'c', 'd' }, bob.got[0..3]) |name, got| expect(name == got, "the messages of one sender are received in order");
        yvonne.expectAll(1);
    }

    fn sendThree(tx: *Tx) void {
        multicast(tx);
        bob.send('c', null);
        bob.send('d', &second);
        second.commit();
    }
};

const OneTransaction = struct {
    fn run() callconv(.c) void {
        stage.run(&.{ thread("alice", &first, sendTwo), thread("carol", &second, sendOne), thread("bob", &bob, lookTwice) });
        bob.expectAll(3);
        bob.expectOrder('a', 'b');
    }

    fn sendTwo(tx: *Tx) void {
        bob.send('a', tx);
        bob.send('b', tx);
        tx.commit();
    }

    fn sendOne(tx: *Tx) void {
        bob.send('c', tx);
        tx.commit();
    }
};

/// A receiver that sleeps misses neither a push nor a commit.
const Sleeping = struct {
    var waitq: Waitq = .{};

    fn run() callconv(.c) void {
        stage.run(&.{ thread("alice", &first, sendTwo), thread("carol", &letters, sendOne), thread("bob", &bob, sleep) });
        bob.expectOrder('a', 'b');
    }

    fn sendTwo(tx: *Tx) void {
        OneTransaction.sendTwo(tx);
        waitq.wake();
    }

    fn sendOne(_: *[8]Letter) void {
        bob.send('c', null);
        waitq.wake();
    }

    const Looker = struct {
        want: usize,

        pub fn isReady(looker: *const Looker) bool {
            bob.look();
            return bob.n >= looker.want;
        }
    };

    fn sleep(_: *Receiver) void {
        const looker: Looker = .{ .want = 3 };
        expect(waitq.wait(&looker, null), "a sleep without a limit ends with what it waited for");
    }
};

/// A seal finds the parts that were taken and those that were not.
const Sealing = struct {
    var accepted: usize = 0;
    var sealed: [4]u8 = undefined;

    fn run() callconv(.c) void {
        stage.run(&.{ thread("alice", &first, sendTwo), thread("carol", &second, sendOne), thread("bob", &bob, lookAndSeal) });
        for (letters[0..3]) |letter| accepted += @intFromBool(letter.name != 0);
        expect(bob.n == accepted, "a part that a queue has accepted is received, or found by the seal");
        bob.expectOrder('a', 'b');
        expect(bob.queue.first() == null and !bob.queue.push(&letters[7].part), "a sealed queue is empty, and refuses");
    }

    fn sendTwo(tx: *Tx) void {
        for ([_]u8{ 'a', 'b' }) |name| trySend(name, tx);
        tx.commit();
    }

    fn sendOne(tx: *Tx) void {
        trySend('c', tx);
        tx.commit();
    }

    fn trySend(name: u8, tx: *Tx) void {
        const letter = &letters[name - 'a'];
        letter.part.tx = tx;
        letter.name = name;
        if (!bob.queue.push(&letter.part)) letter.name = 0;
    }

    fn lookAndSeal(me: *Receiver) void {
        // Receives one part only, so that a ready part may be left.
        if (me.queue.first()) |part| {
            me.queue.removeFirst();
            me.note(part);
        }
        _ = me.queue.first();
        var it = me.queue.seal();
        while (it) |part| {
            it = part.next();
            me.note(part);
        }
    }
};
