//! Scenarios: a peer ends while others send to it, operate it, or wait for it.

const hooks = @import("hooks.zig");
const stage = @import("stage.zig");
const b1 = @import("b1");
const cast = @import("cast.zig");
const Act = cast.Act;
const Actor = cast.Actor;
const Channel = cast.Channel;
const Handle = @import("../bus/handle.zig").Handle;
const Op = @import("../bus/op.zig").Op;
const Peer = @import("../bus/peer.zig").Peer;
const alice = &cast.alice;
const bob = &cast.bob;
const carol = &cast.carol;
const leave = cast.leave;
const expect = stage.expect;
const thread = stage.thread;

pub const scenarios = [_]hooks.Scenario{
    .{ .name = "ends: a send", .run = DuringSend.run, .bounds = .{} },
    .{ .name = "ends: a short send", .run = DuringShortSend.run, .bounds = .{} },
    .{ .name = "ends: discarding in order", .run = DiscardInOrder.run, .bounds = .{} },
    .{ .name = "ends: each other", .run = EachOther.run, .bounds = .{} },
    .{ .name = "ends: between peek and pop", .run = BetweenPeekAndPop.run, .bounds = .{} },
    .{ .name = "ends: a sleeper", .run = Sleeper.run, .bounds = .{} },
};

var first: Channel = undefined;
var second: Channel = undefined;

fn end(actor: *Actor) void {
    b1.b1_peer_end(actor.peer);
}

/// Alice's peer ends while Bob sends it a handle and, in the same transaction, a message to Carol.
const DuringSend = struct {
    var own: Channel = undefined;

    fn run() callconv(.c) void {
        cast.openAll();
        first = .open(alice, bob);
        second = .open(carol, bob);
        own = .open(bob, bob);
        cast.play(&.{ thread("ender", alice, end), thread("bob", bob, send), thread("alice", alice, Actor.receive) });
        bob.receive();
        carol.receive();
        expect(carol.n_received == 1 and carol.whenMessage('m') != null, "the end of one receiver does not concern the other");
        expect(bob.times(.node_release, first.handle) == 1, "the owner of a handle is told once");
        expect(bob.times(.handle_release, own.node) == 1, "the transfers of a discarded message are released, with notifications, once");
        expect(bob.n_received == 2, "and nothing else");
        leave(&.{ first, second, own });
    }

    fn send(me: *Actor) void {
        const act = Act.start(me).send(first.handle, 'm', &.{own.handle}).send(second.handle, 'm', &.{});
        expect(act.commit(), "sending to a receiver that has ended is not an error");
    }
};

/// Alice's peer ends while Bob sends bytes to it: one message, and two with one push.
const DuringShortSend = struct {
    fn run() callconv(.c) void {
        cast.openAll();
        first = .open(alice, bob);
        cast.play(&.{ thread("alice", alice, receiveAndEnd), thread("bob", bob, send), thread("carol", carol, Actor.receive) });
        bob.receive();
        expect(bob.n_received == 1, "the owner of a handle is told once");
        for (alice.received[0..alice.n_received], "abc"[0..alice.n_received]) |received, letter| {
            expect(received.detail == letter, "the messages of one sender are received in order");
        }
        leave(&.{first});
    }

    fn receiveAndEnd(me: *Actor) void {
        me.receive();
        end(me);
    }

    fn send(me: *Actor) void {
        const peer: *Peer = @ptrCast(@alignCast(me.peer));
        const handle: *Handle = @ptrCast(@alignCast(first.handle));
        Op.send(peer, handle, "a") catch stage.fail("out of memory");
        var frames: Frames = .{ .rest = "bc" };
        _ = Op.sendEach(peer, handle, &frames) catch stage.fail("out of memory");
    }

    const Frames = struct {
        rest: []const u8,

        pub fn next(frames: *Frames) ?[]const u8 {
            if (frames.rest.len == 0) return null;
            defer frames.rest = frames.rest[1..];
            return frames.rest[0..1];
        }
    };
};

/// In one transaction Bob sends through the last handle to Alice's node, releases it, and sends a copy to Carol. Carol's peer
/// ends. The copy's release is received last.
const DiscardInOrder = struct {
    fn run() callconv(.c) void {
        cast.openAll();
        first = .open(alice, bob);
        second = .open(carol, bob);
        cast.play(&.{ thread("alice", alice, Actor.receiveTwice), thread("bob", bob, send), thread("ender", carol, end) });
        alice.receive();
        expect(alice.n_received == 3 and alice.whenMessage('b').? == 0, "the message comes before the releases");
        alice.expectLastWord(first.node);
        leave(&.{ first, second });
    }

    fn send(me: *Actor) void {
        const act = Act.start(me).send(second.handle, 'm', &.{first.handle}).send(first.handle, 'b', &.{});
        expect(act.releaseHandle(first.handle).commit(), "a handle can be used and released at once");
    }
};

/// Two peers that have sent handles to each other end at the same time, while Carol sends to both.
const EachOther = struct {
    var carols: [2]Channel = undefined;

    fn run() callconv(.c) void {
        cast.openAll();
        first = .open(alice, bob);
        second = .open(bob, alice);
        carols = .{ .open(alice, carol), .open(bob, carol) };
        expect(Act.start(bob).send(first.handle, 'm', &.{ first.handle, first.handle }).commit(), "a message can be sent");
        expect(Act.start(alice).send(second.handle, 'm', &.{second.handle}).commit(), "a message can be sent");
        cast.play(&.{ thread("alice", alice, end), thread("bob", bob, end), thread("carol", carol, send) });
        carol.receive();
        for (carols) |channel| expect(carol.times(.node_release, channel.handle) == 1, "the owner of a handle is told once");
        leave(&.{ first, second, carols[0], carols[1] });
    }

    fn send(me: *Actor) void {
        const act = Act.start(me).send(carols[0].handle, 'm', &.{carols[1].handle});
        expect(act.send(carols[1].handle, 'm', &.{carols[0].handle}).commit(), "sending to a receiver that has ended is not an error");
    }
};

/// Another thread ends Alice's peer between Alice's peek and pop.
const BetweenPeekAndPop = struct {
    fn run() callconv(.c) void {
        cast.openAll();
        first = .open(alice, bob);
        second = .open(bob, bob);
        expect(Act.start(bob).send(first.handle, 'm', &.{second.handle}).commit(), "a message can be sent");
        cast.play(&.{ thread("ender", alice, end), thread("alice", alice, peekAndPop) });
        bob.receive();
        expect(bob.times(.node_release, first.handle) == 1, "the owner of a handle is told once");
        expect(bob.times(.handle_release, second.node) == 1, "the transfers of a message that was not received are released, with one notification each");
        leave(&.{ first, second });
    }

    fn peekAndPop(me: *Actor) void {
        var shown: b1.struct_b1_peer_peek = undefined;
        if (!b1.b1_peer_peek(me.peer, &shown)) return;
        const bytes: [*]const u8 = @ptrCast(shown.u.user.data.?);
        expect(bytes[0] == 'm', "a peeked message stays until its pop");
        b1.b1_peer_pop(me.peer);
    }
};

/// Alice sleeps for two peers; a message comes to one, the other ends.
const Sleeper = struct {
    fn run() callconv(.c) void {
        const waitq = b1.b1_waitq_new().?;
        alice.open(waitq);
        carol.open(waitq);
        bob.open(null);
        first = .open(alice, bob);
        second = .open(bob, bob);
        stage.run(&.{ thread("ender", carol, end), thread("bob", bob, send), thread("alice", waitq, sleep) });
        bob.receive();
        leave(&.{ first, second });
        _ = b1.b1_waitq_unref(waitq);
    }

    fn send(me: *Actor) void {
        expect(Act.start(me).send(first.handle, 'm', &.{second.handle}).commit(), "a message can be sent");
    }

    fn sleep(waitq: *b1.struct_b1_waitq) void {
        var peers = [_]?*b1.struct_b1_peer{ alice.peer, carol.peer };
        // The message is first, or the end is.
        if (b1.b1_waitq_wait(waitq, 2, @ptrCast(&peers), -1) == 0) {
            alice.receive();
            expect(alice.n_received == 1, "what woke the peer is there");
            expect(b1.b1_waitq_wait(waitq, 2, @ptrCast(&peers), -1) < 0, "the end wakes as well");
        } else {
            expect(b1.b1_waitq_wait(waitq, 1, @ptrCast(&peers), -1) == 0, "the message wakes as well");
        }
    }
};
