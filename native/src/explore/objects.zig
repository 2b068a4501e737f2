//! Scenarios: peers, nodes and handles in the object API, with releases and ends that meet (SPEC section 5).

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

/// Alice releases a node while Bob sends a copy of his handle to Carol. Both are told, each handle once, Carol after the
/// message.
const LateCopies = struct {
    fn run() callconv(.c) void {
        cast.openAll();
        first = .open(alice, bob);
        second = .open(carol, bob);
        cast.play(&.{ thread("alice", alice, release), thread("bob", bob, send), thread("carol", carol, Actor.listenTwice) });
        for (cast.everybody) |actor| actor.listen();
        expect(bob.times(.node_release, first.handle) == 1, "who has a handle is told once");
        expect(carol.n_copies == 1 and carol.times(.node_release, carol.copies[0]) == 1, "who gets a copy is told once");
        expect(carol.whenMessage('m').? < carol.when(.node_release, carol.copies[0]).?, "and after the message");
        expect(alice.n_heard == 0, "who released the node hears nothing more of it");
        leave(&.{ first, second });
    }

    fn release(me: *Actor) void {
        expect(Act.start(me).releaseNode(first.node).commit(), "a node can be released");
    }

    fn send(me: *Actor) void {
        expect(Act.start(me).say(second.handle, 'm', &.{first.handle}).commit(), "a handle is good until its release is received");
    }
};

/// The same; and when Carol has been told, she tells Bob, who then finds that he was told as well.
const ToldOutside = struct {
    var said: stage.Signal = .{};
    var knows = false;

    fn run() callconv(.c) void {
        cast.openAll();
        first = .open(alice, bob);
        second = .open(carol, bob);
        cast.play(&.{
            thread("alice", alice, LateCopies.release),
            thread("bob", bob, sendAndWait),
            thread("carol", carol, listenAndSay),
        });
        leave(&.{ first, second });
    }

    fn sendAndWait(me: *Actor) void {
        LateCopies.send(me);
        said.wait();
        me.listen();
        if (knows) expect(me.times(.node_release, first.handle) == 1, "who is told of a release finds his part");
    }

    fn listenAndSay(me: *Actor) void {
        me.listenTwice();
        knows = me.n_copies == 1 and me.times(.node_release, me.copies[0]) == 1;
        said.set();
    }
};

/// Alice releases a node while Bob copies his handle, first to himself, then to Carol, whose peer he operates too.
const CopyAcross = struct {
    var copies: [2]*Handle = undefined;

    fn run() callconv(.c) void {
        cast.openAll();
        first = .open(alice, bob);
        cast.play(&.{ thread("alice", alice, LateCopies.release), thread("bob", bob, copy) });
        for (cast.everybody) |actor| actor.listen();
        expect(bob.times(.node_release, first.handle) == 1, "who has a handle is told once");
        expect(bob.times(.node_release, copies[0]) == 1, "who has a copy is told once");
        expect(carol.times(.node_release, copies[1]) == 1, "who gets a copy is told once");
        expect(alice.n_heard == 0, "who released the node hears nothing more of it");
        for (copies) |handle| _ = b1.b1_handle_unref(handle);
        leave(&.{first});
    }

    fn copy(me: *Actor) void {
        copies[0] = first.share(me);
        copies[1] = first.share(carol);
        me.listen();
    }
};

/// Alice releases a node while Bob releases his handle to it: nobody is told, unless Bob has heard before.
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
        for ([_]*Actor{ alice, bob }) |actor| actor.listen();
        expect(bob.times(.node_release, first.handle) == @intFromBool(!released), "who releases a handle hears nothing more of it");
        expect(alice.times(.handle_release, first.node) == 0, "who released a node hears nothing more of it");
        alice.expectLastWord(second.node);
        leave(&.{ first, second });
    }

    fn lookAndRelease(me: *Actor) void {
        me.listen();
        released = Act.start(me).releaseHandle(first.handle).commit();
        expect(released == (me.n_heard == 0), "a handle can be released until its node's release is received");
    }

    fn releaseOther(other: *Channel) void {
        expect(Act.start(carol).releaseHandle(other.handle).commit(), "a handle can be released");
    }
};

/// Bob and Carol send to a node of Alice's, and release their handles to it.
const LastWord = struct {
    var carols: *Handle = undefined;

    fn run() callconv(.c) void {
        cast.openAll();
        first = .open(alice, bob);
        carols = first.share(carol);
        cast.play(&.{
            thread("alice", alice, Actor.listenTwice),
            thread("bob", bob, sendThenRelease),
            thread("carol", carol, sendAndRelease),
        });
        alice.listen();
        expect(alice.whenMessage('b') != null and alice.whenMessage('c') != null, "each message is received");
        expect(alice.times(.handle_release, first.node) == 2, "each release is received");
        alice.expectLastWord(first.node);
        _ = b1.b1_handle_unref(carols);
        leave(&.{first});
    }

    fn sendThenRelease(me: *Actor) void {
        expect(Act.start(me).say(first.handle, 'b', &.{}).commit(), "a message can be sent");
        expect(Act.start(me).releaseHandle(first.handle).commit(), "a handle can be released");
    }

    fn sendAndRelease(me: *Actor) void {
        expect(Act.start(me).say(carols, 'c', &.{}).releaseHandle(carols).commit(), "both at once");
    }
};

/// Bob passes his handle on to Carol and releases his own, as one; she sends with hers, and releases it.
const PassedOn = struct {
    fn run() callconv(.c) void {
        cast.openAll();
        first = .open(alice, bob);
        second = .open(carol, bob);
        cast.play(&.{ thread("alice", alice, Actor.listenTwice), thread("bob", bob, passOn), thread("carol", carol, use) });
        if (carol.n_copies == 0) use(carol);
        alice.listen();
        expect(alice.times(.message, first.node) == 2, "each message is received");
        expect(alice.whenMessage('b').? < alice.whenMessage('c').?, "the later message is received later");
        alice.expectLastWord(first.node);
        leave(&.{ first, second });
    }

    fn passOn(me: *Actor) void {
        const act = Act.start(me).say(first.handle, 'b', &.{}).say(second.handle, 'm', &.{first.handle});
        expect(act.releaseHandle(first.handle).commit(), "a handle can be used and released at once");
    }

    fn use(me: *Actor) void {
        me.listen();
        if (me.n_copies == 0) return;
        expect(Act.start(me).say(me.copies[0], 'c', &.{}).releaseHandle(me.copies[0]).commit(), "a copy is as good");
    }
};

/// Bob puts together what he has no right to any more when he commits, if he has heard of Alice's release meanwhile.
const LateOp = struct {
    var committed = false;

    fn run() callconv(.c) void {
        cast.openAll();
        first = .open(alice, bob);
        second = .open(carol, bob);
        cast.play(&.{ thread("alice", alice, LateCopies.release), thread("bob", bob, prepareListenCommit) });
        for (cast.everybody) |actor| actor.listen();
        expect(carol.times(.message, second.node) == @intFromBool(committed), "all happens, or nothing");
        expect(bob.times(.node_release, first.handle) == 1, "who has a handle is told once");
        leave(&.{ first, second });
    }

    fn prepareListenCommit(me: *Actor) void {
        const act = Act.start(me).say(second.handle, 'm', &.{first.handle});
        expect(act.complete, "a handle is good until its release is received");
        me.listen();
        committed = act.commit();
        expect(committed == (me.n_heard == 0), "an op is good as long as what it names");
    }
};

/// Bob sends two copies of a handle to Carol's node to a node that Alice releases meanwhile.
const ToReleasedNode = struct {
    fn run() callconv(.c) void {
        cast.openAll();
        first = .open(alice, bob);
        second = .open(carol, bob);
        cast.play(&.{ thread("alice", alice, releaseAndListen), thread("bob", bob, send) });
        alice.listen();
        bob.listen();
        carol.expectTold();
        carol.listen();
        expect(alice.n_heard == 0, "nothing arrives at a released node");
        expect(carol.times(.handle_release, second.node) == 2, "what is discarded is released with notification");
        expect(bob.times(.node_release, first.handle) == 1, "who has a handle is told once");
        leave(&.{ first, second });
    }

    fn releaseAndListen(me: *Actor) void {
        LateCopies.release(me);
        me.listen();
    }

    fn send(me: *Actor) void {
        expect(Act.start(me).say(first.handle, 'm', &.{ second.handle, second.handle }).commit(), "a message can be sent");
    }
};

/// Bob sends the same bytes to Alice and Carol, with a copy of a handle for each.
const Multicast = struct {
    fn run() callconv(.c) void {
        cast.openAll();
        first = .open(alice, bob);
        second = .open(carol, bob);
        cast.play(&.{ thread("alice", alice, Actor.listen), thread("bob", bob, send), thread("carol", carol, Actor.listen) });
        for ([_]*Actor{ alice, carol }) |actor| {
            actor.listen();
            expect(actor.n_heard == 1 and actor.whenMessage('m') != null, "each part is received once");
            expect(actor.n_copies == 1, "a part brings its copies");
        }
        leave(&.{ first, second });
    }

    fn send(me: *Actor) void {
        const shared = b1.b1_message_shared_new(1, "m").?;
        const act = Act.start(me).sayShared(first.handle, shared, &.{second.handle});
        expect(act.sayShared(second.handle, shared, &.{second.handle}).commit(), "a message can be sent");
        _ = b1.b1_message_shared_unref(shared);
    }
};
