//! Scenarios: memory that comes back, bounded queues, and accounts; and senders that wait for room.

const hooks = @import("hooks.zig");
const stage = @import("stage.zig");
const Acct = @import("../bus/acct.zig").Acct;
const AcctActor = @import("../bus/acct.zig").Actor;
const Claim = @import("../bus/acct.zig").Claim;
const Handle = @import("../bus/handle.zig").Handle;
const Op = @import("../bus/op.zig").Op;
const Outbox = @import("../bus/pool.zig").Outbox;
const Peer = @import("../bus/peer.zig").Peer;
const Pool = @import("../bus/pool.zig").Pool;
const User = @import("../bus/acct.zig").User;
const Waitq = @import("../bus/waitq.zig").Waitq;
const discharge = @import("../bus/acct.zig").discharge;
const expect = stage.expect;
const thread = stage.thread;

pub const scenarios = [_]hooks.Scenario{
    .{ .name = "memory: blocks come back", .run = Blocks.run, .bounds = .{ .preemptions = 3, .deviations = 3 } },
    .{ .name = "room: writers wait", .run = FullQueue.receive, .bounds = .{} },
    .{ .name = "room: writers wait, and the node goes", .run = FullQueue.release, .bounds = .{} },
    .{ .name = "room: writers wait, and one node of two goes", .run = FullQueue.releaseOne, .bounds = .{} },
    .{ .name = "room: writers wait, and the peer ends", .run = FullQueue.end, .bounds = .{} },
    .{ .name = "account: users come and go", .run = Users.run, .bounds = .{} },
    .{ .name = "account: claimants wait", .run = Claims.run, .bounds = .{} },
};

/// Memory does not run out here.
fn must(result: anytype) @typeInfo(@TypeOf(result)).error_union.payload {
    return result catch stage.fail("an error that cannot be");
}

/// Two threads give blocks back to a pool. Its owner uses them again, and ends.
const Blocks = struct {
    const size = 100;

    var pool: *Pool = undefined;
    var lent: [2][*]align(16) u8 = undefined;

    fn run() callconv(.c) void {
        pool = must(Pool.create());
        for (&lent) |*block| block.* = must(pool.alloc(size));
        stage.run(&.{ thread("owner", pool, useAndEnd), thread("borrower 1", &lent[0], giveBack), thread("borrower 2", &lent[1], giveBack) });
    }

    fn useAndEnd(own: *Pool) void {
        const block = must(own.alloc(size));
        block[0] = 1;
        own.free(block, size);
        own.seal();
    }

    fn giveBack(block: *[*]align(16) u8) void {
        block.*[0] = 2;
        var outbox: Outbox = .{};
        outbox.put(pool, block.*, size);
        outbox.flush();
    }
};

/// A full queue with room for one message, and two senders.
const FullQueue = struct {
    const Party = struct {
        waitq: Waitq = .{},
        peer: *Peer = undefined,
        to: *Handle = undefined,
        done: stage.Signal = .{},
    };

    var receiver: Party = .{};
    var senders: [2]Party = @splat(.{});
    var left: u32 = 3;

    fn receive() callconv(.c) void {
        run(receiveAll);
        expect(left == 0, "each message is received once");
    }

    fn release() callconv(.c) void {
        run(releaseNode);
    }

    fn releaseOne() callconv(.c) void {
        left = 2;
        run(releaseSecondNode);
        expect(left == 0, "each message is received once");
    }

    fn end() callconv(.c) void {
        run(endPeer);
    }

    fn run(comptime what: fn (*Party) void) void {
        receiver.peer = must(Peer.createWith(&receiver.waitq, .{ .max_queued = .{ .messages = 1, .bytes = 100 } }));
        for (&senders) |*sender| {
            sender.peer = must(Peer.create(&sender.waitq));
            const node, sender.to = must(receiver.peer.newNode(sender.peer));
            node.unref();
        }
        must(Op.send(senders[0].peer, senders[0].to, "m"));
        stage.run(&.{ thread("receiver", &receiver, what), thread("sender 1", &senders[0], send), thread("sender 2", &senders[1], send) });
        for (&senders) |*sender| sender.to.unref();
        for ([_]*Party{ &receiver, &senders[0], &senders[1] }) |each| {
            if (!each.peer.ended) each.peer.end();
            each.peer.unref();
        }
    }

    fn send(me: *Party) void {
        defer me.done.set();
        while (true) {
            const prepared = me.waitq.prepare();
            if (must(me.peer.isWritable(me.to, 1))) {
                if (Op.send(me.peer, me.to, "m")) |_| return else |e| expect(e == error.Quota, "a send only fails for want of room");
                if (me.to.node.isGone()) return;
                // Another sender was quicker.
            } else me.waitq.sleep(prepared, null);
        }
    }

    fn receiveAll(me: *Party) void {
        const looker: Looker = .{};
        while (left > 0) {
            expect(me.waitq.wait(&looker, null), "a sleep without a limit ends with what it waited for");
            while (me.peer.peek() != null) {
                me.peer.pop();
                left -= 1;
            }
        }
    }

    const Looker = struct {
        pub fn isReady(_: *const Looker) bool {
            return receiver.peer.peek() != null;
        }
    };

    fn releaseNode(me: *Party) void {
        const op = must(Op.create(me.peer));
        var it = me.peer.owned_nodes.first;
        while (it) |node| : (it = node.owned.next) must(op.releaseNode(node));
        must(op.commit());
        while (me.peer.peek() != null) me.peer.pop();
    }

    /// The queue stays full until the second sender has seen that its node is gone.
    fn releaseSecondNode(me: *Party) void {
        const op = must(Op.create(me.peer));
        must(op.releaseNode(senders[1].to.node));
        must(op.commit());
        senders[1].done.wait();
        receiveAll(me);
    }

    fn endPeer(me: *Party) void {
        me.peer.end();
    }
};

/// Three threads get, charge and leave one user; each may be the first, which makes the user, or the last.
const Users = struct {
    var accounts: *Acct = undefined;
    var charged: *AcctActor = undefined;

    fn run() callconv(.c) void {
        accounts = must(Acct.create(.{ 100, 100 }));
        const user = must(accounts.user(7));
        charged = must(AcctActor.create(user));
        user.unref();
        stage.run(&.{ thread("first", accounts, visit), thread("second", accounts, look), thread("third", charged, AcctActor.leave) });
        charged.unref();
        accounts.unref();
    }

    fn visit(all: *Acct) void {
        const user = must(all.user(7));
        const actor = must(AcctActor.create(user));
        user.unref();
        // Null if the user has no holder any more.
        var claim = must(charged.user.charge(actor, .{ 1, 1 }, 1));
        actor.unref();
        discharge(&claim, .{ 1, 1 });
    }

    fn look(all: *Acct) void {
        for (0..2) |_| {
            const user = must(all.user(7));
            expect(!user.isUnlimited(), "a user has the maxima of all");
            user.unref();
        }
    }
};

/// A user with just enough for one of three claimants at a time.
const Claims = struct {
    const one = .{ 1, 0 };

    const Claimant = struct { actor: *AcctActor = undefined, waitq: Waitq = .{} };

    var claimants: [2]Claimant = @splat(.{});
    var first: ?*Claim = null;

    fn run() callconv(.c) void {
        const accounts = must(Acct.create(.{ 2, 0 }));
        const user = must(accounts.user(7));
        for (&claimants) |*claimant| claimant.actor = must(AcctActor.create(user));
        const actor = must(AcctActor.create(user));
        first = must(user.charge(actor, one, 1));
        stage.run(&.{ thread("first", &first, giveBack), thread("second", &claimants[0], claim), thread("third", &claimants[1], claim) });
        for (&claimants) |*claimant| claimant.actor.unref();
        actor.unref();
        user.unref();
        accounts.unref();
    }

    fn giveBack(charged: *?*Claim) void {
        discharge(charged, one);
    }

    fn claim(me: *Claimant) void {
        while (true) {
            const prepared = me.waitq.prepare();
            if (must(me.actor.user.has(me.actor, one, &me.waitq))) {
                var charged = me.actor.user.charge(me.actor, one, 1) catch |e| {
                    expect(e == error.Quota, "a charge only fails if another claimant was quicker");
                    continue;
                };
                return discharge(&charged, one);
            }
            me.waitq.sleep(prepared, null);
        }
    }
};
