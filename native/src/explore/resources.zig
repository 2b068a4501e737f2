//! Scenarios: memory that comes back, bounded queues, and accounts, with those who wait for room.

const hooks = @import("hooks.zig");
const stage = @import("stage.zig");
const Acct = @import("../bus/acct.zig").Acct;
const AcctActor = @import("../bus/acct.zig").Actor;
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
    .{ .name = "room: writers wait", .run = Rooms.receive, .bounds = .{} },
    .{ .name = "room: writers wait, and the node goes", .run = Rooms.release, .bounds = .{} },
    .{ .name = "room: writers wait, and one node of two goes", .run = Rooms.releaseOne, .bounds = .{} },
    .{ .name = "room: writers wait, and the peer ends", .run = Rooms.end, .bounds = .{} },
    .{ .name = "account: users come and go", .run = Users.run, .bounds = .{} },
    .{ .name = "account: claimants wait", .run = Claims.run, .bounds = .{} },
};

/// Nothing here is short of memory.
fn must(result: anytype) @typeInfo(@TypeOf(result)).error_union.payload {
    return result catch stage.fail("an error that cannot be");
}

/// Two threads give blocks back to a pool whose owner uses them again, and ends.
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

/// A queue with room for one message, full, to which two want to write.
const Rooms = struct {
    const Writer = struct {
        waitq: Waitq = .{},
        peer: *Peer = undefined,
        to: *Handle = undefined,
        done: stage.Signal = .{},
    };

    var reader: Writer = .{};
    var writers: [2]Writer = @splat(.{});
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

    fn run(comptime what: fn (*Writer) void) void {
        reader.peer = must(Peer.createWith(&reader.waitq, .{ .max_queued = .{ .messages = 1, .bytes = 100 } }));
        for (&writers) |*writer| {
            writer.peer = must(Peer.create(&writer.waitq));
            const node, writer.to = must(reader.peer.newNode(writer.peer));
            node.unref();
        }
        must(Op.send(writers[0].peer, writers[0].to, "m"));
        stage.run(&.{ thread("reader", &reader, what), thread("writer 1", &writers[0], write), thread("writer 2", &writers[1], write) });
        for (&writers) |*writer| writer.to.unref();
        for ([_]*Writer{ &reader, &writers[0], &writers[1] }) |each| {
            if (!each.peer.ended) each.peer.end();
            each.peer.unref();
        }
    }

    fn write(me: *Writer) void {
        defer me.done.set();
        while (true) {
            const prepared = me.waitq.prepare();
            if (must(me.peer.isWritable(me.to, 1))) {
                if (Op.send(me.peer, me.to, "m")) |_| return else |e| expect(e == error.Quota, "nothing else is wrong");
                if (me.to.node.isGone()) return;
                // Another one was quicker.
            } else me.waitq.sleep(prepared, null);
        }
    }

    fn receiveAll(me: *Writer) void {
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
            return reader.peer.peek() != null;
        }
    };

    fn releaseNode(me: *Writer) void {
        const op = must(Op.create(me.peer));
        var it = me.peer.owned_nodes.first;
        while (it) |node| : (it = node.owned.next) must(op.releaseNode(node));
        must(op.commit());
        while (me.peer.peek() != null) me.peer.pop();
    }

    /// The queue stays full until the second writer has seen that its node is gone.
    fn releaseSecondNode(me: *Writer) void {
        const op = must(Op.create(me.peer));
        must(op.releaseNode(writers[1].to.node));
        must(op.commit());
        writers[1].done.wait();
        receiveAll(me);
    }

    fn endPeer(me: *Writer) void {
        me.peer.end();
    }
};

/// One user, whom three threads get, charge and leave; each may be the one who makes him, or the last.
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
        // Nobody is charged, if nobody is there any more to pay.
        var claim = must(charged.user.charge(actor, .{ 1, 1 }, 1));
        actor.unref();
        discharge(&claim, .{ 1, 1 });
    }

    fn look(all: *Acct) void {
        for (0..2) |_| {
            const user = must(all.user(7));
            expect(!user.isUnlimited(), "a user has what all have");
            user.unref();
        }
    }
};

/// A user who has just enough for one of three at a time.
const Claims = struct {
    const one = .{ 1, 0 };

    const Claimant = struct { actor: *AcctActor = undefined, waitq: Waitq = .{} };

    var claimants: [2]Claimant = @splat(.{});
    var first: ?*@import("../bus/acct.zig").Claim = null;

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

    fn giveBack(trace: *?*@import("../bus/acct.zig").Claim) void {
        discharge(trace, one);
    }

    fn claim(me: *Claimant) void {
        while (true) {
            const prepared = me.waitq.prepare();
            if (must(me.actor.user.has(me.actor, one, &me.waitq))) {
                var trace = me.actor.user.charge(me.actor, one, 1) catch |e| {
                    expect(e == error.Quota, "another one was quicker, and nothing else is wrong");
                    continue;
                };
                return discharge(&trace, one);
            }
            me.waitq.sleep(prepared, null);
        }
    }
};
