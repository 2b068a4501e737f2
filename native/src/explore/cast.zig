//! The actors of the scenarios of the object API (include/b1.h), and what they do.

const std = @import("std");
const b1 = @import("b1");
const stage = @import("stage.zig");
const Value = @import("../base/atomic.zig").Value;
const Thread = @import("hooks.zig").Thread;
const expect = stage.expect;

pub const Peer = b1.struct_b1_peer;
pub const Node = b1.struct_b1_node;
pub const Handle = b1.struct_b1_handle;

/// A message or a notification that an actor has received.
pub const Received = struct {
    what: What,
    /// The node of a message or a handle release, the handle of a node release.
    object: *const anyopaque,
    /// The first byte of a message; for a handle release, the number of handles that are left.
    detail: u64 = 0,

    pub const What = enum { message, node_release, handle_release };
};

pub const Actor = struct {
    peer: *Peer = undefined,
    received: [16]Received = undefined,
    n_received: usize = 0,
    /// The handles that came with messages.
    copies: [4]*Handle = undefined,
    n_copies: usize = 0,

    /// How often the callback was called.
    notified: Value(u32) = .init(0),

    /// Opens a peer that sleeps with `waitq`; without one, the actor asks for one call of a callback.
    pub fn open(actor: *Actor, waitq: ?*b1.struct_b1_waitq) void {
        if (waitq) |w| {
            actor.peer = b1.b1_peer_new(null, w).?;
            return;
        }
        const callback = b1.b1_waitq_new_callback(tell, actor).?;
        actor.peer = b1.b1_peer_new(null, callback).?;
        b1.b1_waitq_arm(callback);
        _ = b1.b1_waitq_unref(callback);
    }

    fn tell(userdata: ?*anyopaque) callconv(.c) void {
        const actor: *Actor = @ptrCast(@alignCast(userdata.?));
        _ = actor.notified.fetchAdd(1, .monotonic);
    }

    /// Checks that nothing has arrived without a call of the callback.
    pub fn expectNotified(actor: *Actor) void {
        if (actor.notified.load(.monotonic) == 0) expect(!b1.b1_peer_readable(actor.peer), "a peer that waits is notified");
    }

    /// Receives until nothing is ready.
    pub fn receive(actor: *Actor) void {
        while (actor.receiveOne()) {}
    }

    pub fn receiveTwice(actor: *Actor) void {
        actor.receive();
        actor.receive();
    }

    pub fn receiveOne(actor: *Actor) bool {
        if (!actor.peek()) return false;
        b1.b1_peer_pop(actor.peer);
        return true;
    }

    /// Receives the first part, without a pop.
    pub fn peek(actor: *Actor) bool {
        var shown: b1.struct_b1_peer_peek = undefined;
        if (!b1.b1_peer_peek(actor.peer, &shown)) return false;
        const received = &actor.received[actor.n_received];
        actor.n_received += 1;
        switch (shown.type) {
            b1.B1_MESSAGE_TYPE_USER => {
                const user = shown.u.user;
                const bytes: [*]const u8 = @ptrCast(user.data.?);
                received.* = .{ .what = .message, .object = user.node.?, .detail = bytes[0] };
                for (0..user.n_transfers) |i| {
                    actor.copies[actor.n_copies] = b1.b1_handle_ref(user.transfers[i]).?;
                    actor.n_copies += 1;
                }
            },
            b1.B1_MESSAGE_TYPE_NODE_RELEASE => {
                received.* = .{ .what = .node_release, .object = shown.u.node_release.handle.? };
            },
            b1.B1_MESSAGE_TYPE_HANDLE_RELEASE => {
                const release = shown.u.handle_release;
                received.* = .{ .what = .handle_release, .object = release.node.?, .detail = release.remaining };
            },
            else => stage.fail("an unknown type"),
        }
        return true;
    }

    pub fn times(actor: *const Actor, what: Received.What, object: *const anyopaque) usize {
        var count: usize = 0;
        for (actor.received[0..actor.n_received]) |received| count += @intFromBool(received.what == what and received.object == object);
        return count;
    }

    /// Returns the position at which it was last received.
    pub fn when(actor: *const Actor, what: Received.What, object: *const anyopaque) ?usize {
        var at: ?usize = null;
        for (actor.received[0..actor.n_received], 0..) |received, i| {
            if (received.what == what and received.object == object) at = i;
        }
        return at;
    }

    pub fn whenMessage(actor: *const Actor, letter: u8) ?usize {
        for (actor.received[0..actor.n_received], 0..) |received, i| {
            if (received.what == .message and received.detail == letter) return i;
        }
        return null;
    }

    /// Checks that the release of a node's last handle was received once, and nothing about the node after it.
    pub fn expectLastWord(actor: *const Actor, node: *const Node) void {
        const last = for (actor.received[0..actor.n_received], 0..) |received, i| {
            if (received.what == .handle_release and received.object == @as(*const anyopaque, node) and received.detail == 0) break i;
        } else return stage.fail("the last handle release is received");
        for (actor.received[last + 1 .. actor.n_received]) |received| {
            expect(received.what == .node_release or received.object != @as(*const anyopaque, node), "nothing follows the release of the last handle");
        }
    }
};

pub var alice: Actor = .{};
pub var bob: Actor = .{};
pub var carol: Actor = .{};
pub const actors = [_]*Actor{ &alice, &bob, &carol };

pub fn openAll() void {
    for (actors) |actor| actor.open(null);
}

/// Runs threads after all actors have opened a peer, and checks that each actor was notified of what it got.
pub fn play(threads: []const Thread) void {
    stage.run(threads);
    for (actors) |actor| actor.expectNotified();
}

/// A node, and a handle to it.
pub const Channel = struct {
    node: *Node,
    handle: *Handle,

    pub fn open(owner: *const Actor, holder: *const Actor) Channel {
        var handle: ?*Handle = null;
        const node = b1.b1_peer_new_node(owner.peer, holder.peer, @ptrCast(&handle)).?;
        return .{ .node = node, .handle = handle.? };
    }

    /// Makes another handle to the node.
    pub fn share(channel: Channel, holder: *const Actor) *Handle {
        return b1.b1_peer_new_handle(holder.peer, channel.handle).?;
    }
};

/// A transaction.
pub const Act = struct {
    op: *b1.struct_b1_op,
    /// Whether everything could be added.
    complete: bool = true,

    pub fn start(actor: *const Actor) Act {
        return .{ .op = b1.b1_op_new(actor.peer).? };
    }

    pub fn send(act: Act, to: *Handle, letter: u8, copies: []const *Handle) Act {
        const shared = b1.b1_message_shared_new(1, &letter).?;
        defer _ = b1.b1_message_shared_unref(shared);
        return act.sendShared(to, shared, copies);
    }

    pub fn sendShared(act: Act, to: *Handle, shared: *b1.struct_b1_message_shared, copies: []const *Handle) Act {
        const transfers: [*]?*Handle = @ptrCast(@constCast(copies.ptr));
        return act.added(b1.b1_op_send_message(act.op, to, copies.len, transfers, shared));
    }

    pub fn releaseNode(act: Act, node: *Node) Act {
        return act.added(b1.b1_op_release_node(act.op, node));
    }

    pub fn releaseHandle(act: Act, handle: *Handle) Act {
        return act.added(b1.b1_op_release_handle(act.op, handle));
    }

    fn added(act: Act, result: c_int) Act {
        return .{ .op = act.op, .complete = act.complete and result == 0 };
    }

    /// Returns whether it was committed.
    pub fn commit(act: Act) bool {
        if (act.complete) return b1.b1_op_commit(act.op) == 0;
        _ = b1.b1_op_free(act.op);
        return false;
    }
};

/// Ends all peers, drops all references, and checks that nothing is left.
pub fn leave(channels: []const Channel) void {
    for (actors) |actor| b1.b1_peer_end(actor.peer);
    for (actors) |actor| {
        for (actor.copies[0..actor.n_copies]) |handle| _ = b1.b1_handle_unref(handle);
        _ = b1.b1_peer_unref(actor.peer);
    }
    for (channels) |channel| {
        _ = b1.b1_handle_unref(channel.handle);
        _ = b1.b1_node_unref(channel.node);
    }
    var left: b1.struct_b1_live_counts = undefined;
    b1.b1_live_counts(&left);
    expect(std.mem.allEqual(u64, @as(*const [5]u64, @ptrCast(&left)), 0), "nothing is left");
}
