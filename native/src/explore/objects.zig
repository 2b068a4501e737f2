//! Scenarios: peers, nodes and handles in the object API, with releases and ends at the same time (specification, section 5).

const hooks = @import("hooks.zig");
const stage = @import("stage.zig");
const b1 = @import("b1");
const cast = @import("cast.zig");
const Act = cast.Act;
const Actor = cast.Actor;
const Channel = cast.Channel;
const Handle = cast.Handle;
const alice = &cast.alice;
const bob = &cast.bob;
const carol = &cast.carol;
const leave = cast.leave;
const expect = stage.expect;
const thread = stage.thread;

pub const scenarios = [_]hooks.Scenario{
    .{ .name = "objects: late copies", .run = LateCopies.run, .bounds = .{} },
    .{ .name = "objects: late copies, told outside", .run = ToldOutside.run, .bounds = .{} },
    .{ .name = "objects: a copy across", .run = CopyAcross.run, .bounds = .{} },
    .{ .name = "objects: crossing releases", .run = CrossingReleases.run, .bounds = .{} },
    .{ .name = "objects: the last word", .run = LastWord.run, .bounds = .{} },
    .{ .name = "objects: a capability passed on", .run = PassedOn.run, .bounds = .{} },
    .{ .name = "objects: an op that comes late", .run = LateOp.run, .bounds = .{} },
    .{ .name = "objects: a message to a released node", .run = ToReleasedNode.run, .bounds = .{} },
    .{ .name = "objects: a multicast", .run = Multicast.run, .bounds = .{} },
};

var first: Channel = undefined;
var second: Channel = undefined;

/// Alice releases a node while Bob sends a copy of a handle to it to Carol. Both are told, once for each handle, and Carol
/// after the message.
const LateCopies = struct {
    fn run() callconv(.c) void {
        cast.openAll();
        first = .open(alice, bob);
        second = .open(carol, bob);
        cast.play(&.{ thread("alice", alice, release), thread("bob", bob, send), thread("carol", carol, Actor.receiveTwice) });
        for (cast.actors) |actor| actor.receive();
        expect(bob.times(.node_release, first.handle) == 1, "the owner of a handle is told once");
        expect(carol.n_copies == 1 and carol.times(.node_release, carol.copies[0]) == 1, "the receiver of a copy is told once");
        expect(carol.whenMessage('m').? < carol.when(.node_release, carol.copies[0]).?, "and after the message");
        expect(alice.n_received == 0, "the peer that released the node receives nothing more about it");
        leave(&.{ first, second });
    }

    fn release(me: *Actor) void {
        expect(Act.start(me).releaseNode(first.node).commit(), "a node can be released");
    }

    fn send(me: *Actor) void {
        expect(Act.start(me).send(second.handle, 'm', &.{first.handle}).commit(), "a handle is good until its release is received");
    }
};

/// The same. When Carol has been told, it signals Bob outside the bus, and Bob then finds its part of the release.
const ToldOutside = struct {
    var signal: stage.Signal = .{};
    var knows = false;

    fn run() callconv(.c) void {
        cast.openAll();
        first = .open(alice, bob);
        second = .open(carol, bob);
        cast.play(&.{
            thread("alice", alice, LateCopies.release),
            thread("bob", bob, sendAndWait),
            thread("carol", carol, receiveAndTell),
        });
        leave(&.{ first, second });
    }

    fn sendAndWait(me: *Actor) void {
        LateCopies.send(me);
        signal.wait();
        me.receive();
        if (knows) expect(me.times(.node_release, first.handle) == 1, "a peer that knows of a release finds its part");
    }

    fn receiveAndTell(me: *Actor) void {
        me.receiveTwice();
        knows = me.n_copies == 1 and me.times(.node_release, me.copies[0]) == 1;
        signal.set();
    }
};

/// Alice releases a node while Bob copies a handle to it, first to its own peer, then to Carol's, which Bob operates too.
const CopyAcross = struct {
    var copies: [2]*Handle = undefined;

    fn run() callconv(.c) void {
        cast.openAll();
        first = .open(alice, bob);
        cast.play(&.{ thread("alice", alice, LateCopies.release), thread("bob", bob, copy) });
        for (cast.actors) |actor| actor.receive();
        expect(bob.times(.node_release, first.handle) == 1, "the owner of a handle is told once");
        expect(bob.times(.node_release, copies[0]) == 1, "the owner of a copy is told once");
        expect(carol.times(.node_release, copies[1]) == 1, "the receiver of a copy is told once");
        expect(alice.n_received == 0, "the peer that released the node receives nothing more about it");
        for (copies) |handle| _ = b1.b1_handle_unref(handle);
        leave(&.{first});
    }

    fn copy(me: *Actor) void {
        copies[0] = first.share(me);
        copies[1] = first.share(carol);
        me.receive();
    }
};

/// Alice releases a node while Bob releases a handle to it: neither is told, unless Bob was told before.
const CrossingReleases = struct {
    var released = false;

    fn run() callconv(.c) void {
        cast.openAll();
        first = .open(alice, bob);
        second = .open(alice, carol);
        cast.play(&.{
            thread("alice", alice, LateCopies.release),
            thread("bob", bob, lookAndRelease),
            thread("carol", &second, releaseOther),
        });
        for ([_]*Actor{ alice, bob }) |actor| actor.receive();
        expect(bob.times(.node_release, first.handle) == @intFromBool(!released), "the peer that released a handle receives nothing more about it");
        expect(alice.times(.handle_release, first.node) == 0, "the peer that released a node receives nothing more about it");
        alice.expectLastWord(second.node);
        leave(&.{ first, second });
    }

    fn lookAndRelease(me: *Actor) void {
        me.receive();
        released = Act.start(me).releaseHandle(first.handle).commit();
        expect(released == (me.n_received == 0), "a handle can be released until its node's release is received");
    }

    fn releaseOther(other: *Channel) void {
        expect(Act.start(carol).releaseHandle(other.handle).commit(), "a handle can be released");
    }
};

/// Bob and Carol send to a node of Alice, and release their handles to it.
const LastWord = struct {
    var carols: *Handle = undefined;

    fn run() callconv(.c) void {
        cast.openAll();
        first = .open(alice, bob);
        carols = first.share(carol);
        cast.play(&.{
            thread("alice", alice, Actor.receiveTwice),
            thread("bob", bob, sendThenRelease),
            thread("carol", carol, sendAndRelease),
        });
        alice.receive();
        expect(alice.whenMessage('b') != null and alice.whenMessage('c') != null, "each message is received");
        expect(alice.times(.handle_release, first.node) == 2, "each release is received");
        alice.expectLastWord(first.node);
        _ = b1.b1_handle_unref(carols);
        leave(&.{first});
    }

    fn sendThenRelease(me: *Actor) void {
        expect(Act.start(me).send(first.handle, 'b', &.{}).commit(), "a message can be sent");
        expect(Act.start(me).releaseHandle(first.handle).commit(), "a handle can be released");
    }

    fn sendAndRelease(me: *Actor) void {
        expect(Act.start(me).send(carols, 'c', &.{}).releaseHandle(carols).commit(), "both at once");
    }
};

/// Bob passes a handle on to Carol and releases it, in one transaction; Carol sends through the copy, and releases it.
const PassedOn = struct {
    fn run() callconv(.c) void {
        cast.openAll();
        first = .open(alice, bob);
        second = .open(carol, bob);
        cast.play(&.{ thread("alice", alice, Actor.receiveTwice), thread("bob", bob, passOn), thread("carol", carol, use) });
        if (carol.n_copies == 0) use(carol);
        alice.receive();
        expect(alice.times(.message, first.node) == 2, "each message is received");
        expect(alice.whenMessage('b').? < alice.whenMessage('c').?, "the later message is received later");
        alice.expectLastWord(first.node);
        leave(&.{ first, second });
    }

    fn passOn(me: *Actor) void {
        const act = Act.start(me).send(first.handle, 'b', &.{}).send(second.handle, 'm', &.{first.handle});
        expect(act.releaseHandle(first.handle).commit(), "a handle can be used and released at once");
    }

    fn use(me: *Actor) void {
        me.receive();
        if (me.n_copies == 0) return;
        expect(Act.start(me).send(me.copies[0], 'c', &.{}).releaseHandle(me.copies[0]).commit(), "a copy can be used like the original");
    }
};

/// Bob prepares an op, and commits it after Alice's release, which Bob may have received in between.
const LateOp = struct {
    var committed = false;

    fn run() callconv(.c) void {
        cast.openAll();
        first = .open(alice, bob);
        second = .open(carol, bob);
        cast.play(&.{ thread("alice", alice, LateCopies.release), thread("bob", bob, prepareReceiveCommit) });
        for (cast.actors) |actor| actor.receive();
        expect(carol.times(.message, second.node) == @intFromBool(committed), "a transaction happens completely or not at all");
        expect(bob.times(.node_release, first.handle) == 1, "the owner of a handle is told once");
        leave(&.{ first, second });
    }

    fn prepareReceiveCommit(me: *Actor) void {
        const act = Act.start(me).send(second.handle, 'm', &.{first.handle});
        expect(act.complete, "a handle is good until its release is received");
        me.receive();
        committed = act.commit();
        expect(committed == (me.n_received == 0), "an op can be committed while all objects that it names are live");
    }
};

/// Bob sends two copies of a handle to Carol's node, to a node that Alice releases at the same time.
const ToReleasedNode = struct {
    fn run() callconv(.c) void {
        cast.openAll();
        first = .open(alice, bob);
        second = .open(carol, bob);
        cast.play(&.{ thread("alice", alice, releaseAndReceive), thread("bob", bob, send) });
        alice.receive();
        bob.receive();
        carol.expectNotified();
        carol.receive();
        expect(alice.n_received == 0, "nothing arrives at a released node");
        expect(carol.times(.handle_release, second.node) == 2, "the transfers of a discarded message are released, with notifications");
        expect(bob.times(.node_release, first.handle) == 1, "the owner of a handle is told once");
        leave(&.{ first, second });
    }

    fn releaseAndReceive(me: *Actor) void {
        LateCopies.release(me);
        me.receive();
    }

    fn send(me: *Actor) void {
        expect(Act.start(me).send(first.handle, 'm', &.{ second.handle, second.handle }).commit(), "a message can be sent");
    }
};

/// Bob sends the same bytes to Alice and Carol, with a copy of a handle for each.
const Multicast = struct {
    fn run() callconv(.c) void {
        cast.openAll();
        first = .open(alice, bob);
        second = .open(carol, bob);
        cast.play(&.{ thread("alice", alice, Actor.receive), thread("bob", bob, send), thread("carol", carol, Actor.receive) });
        for ([_]*Actor{ alice, carol }) |actor| {
            actor.receive();
            expect(actor.n_received == 1 and actor.whenMessage('m') != null, "each part is received once");
            expect(actor.n_copies == 1, "a part brings its copies");
        }
        leave(&.{ first, second });
    }

    fn send(me: *Actor) void {
        const shared = b1.b1_message_shared_new(1, "m").?;
        const act = Act.start(me).sendShared(first.handle, shared, &.{second.handle});
        expect(act.sendShared(second.handle, shared, &.{second.handle}).commit(), "a message can be sent");
        _ = b1.b1_message_shared_unref(shared);
    }
};
