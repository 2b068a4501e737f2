//! Who plays in the scenarios of the object API (include/b1.h), and the lines that they speak.

const std = @import("std");
const b1 = @import("b1");
const stage = @import("stage.zig");
const Value = @import("../base/atomic.zig").Value;
const Thread = @import("hooks.zig").Thread;
const expect = stage.expect;

pub const Peer = b1.struct_b1_peer;
pub const Node = b1.struct_b1_node;
pub const Handle = b1.struct_b1_handle;

/// What an actor has received.
pub const Heard = struct {
    what: What,
    /// The node of a message or a handle release, the handle of a node release.
    object: *const anyopaque,
    /// The first byte of a message; how many handles are left, of a handle release.
    detail: u64 = 0,

    pub const What = enum { message, node_release, handle_release };
};

pub const Actor = struct {
    peer: *Peer = undefined,
    heard: [16]Heard = undefined,
    n_heard: usize = 0,
    /// The handles that came with messages.
    copies: [4]*Handle = undefined,
    n_copies: usize = 0,

    /// How often the actor was told that there may be something.
    told: Value(u32) = .init(0),

    /// Opens a peer that sleeps with `waitq`; without one, the actor wants one call when something comes.
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
        _ = actor.told.fetchAdd(1, .monotonic);
    }

    /// Nothing has come without a word.
    pub fn expectTold(actor: *Actor) void {
        if (actor.told.load(.monotonic) == 0) expect(!b1.b1_peer_readable(actor.peer), "who waits is told");
    }

    /// Receives all that is there.
    pub fn listen(actor: *Actor) void {
        while (actor.listenOnce()) {}
    }

    pub fn listenTwice(actor: *Actor) void {
        actor.listen();
        actor.listen();
    }

    pub fn listenOnce(actor: *Actor) bool {
        if (!actor.peek()) return false;
        b1.b1_peer_pop(actor.peer);
        return true;
    }

    /// Hears what is first, without a pop.
    pub fn peek(actor: *Actor) bool {
        var shown: b1.struct_b1_peer_peek = undefined;
        if (!b1.b1_peer_peek(actor.peer, &shown)) return false;
        const heard = &actor.heard[actor.n_heard];
        actor.n_heard += 1;
        switch (shown.type) {
            b1.B1_MESSAGE_TYPE_USER => {
                const user = shown.u.user;
                const bytes: [*]const u8 = @ptrCast(user.data.?);
                heard.* = .{ .what = .message, .object = user.node.?, .detail = bytes[0] };
                for (0..user.n_transfers) |i| {
                    actor.copies[actor.n_copies] = b1.b1_handle_ref(user.transfers[i]).?;
                    actor.n_copies += 1;
                }
            },
            b1.B1_MESSAGE_TYPE_NODE_RELEASE => {
                heard.* = .{ .what = .node_release, .object = shown.u.node_release.handle.? };
            },
            b1.B1_MESSAGE_TYPE_HANDLE_RELEASE => {
                const release = shown.u.handle_release;
                heard.* = .{ .what = .handle_release, .object = release.node.?, .detail = release.remaining };
            },
            else => stage.fail("an unknown type"),
        }
        return true;
    }

    pub fn times(actor: *const Actor, what: Heard.What, object: *const anyopaque) usize {
        var count: usize = 0;
        for (actor.heard[0..actor.n_heard]) |heard| count += @intFromBool(heard.what == what and heard.object == object);
        return count;
    }

    /// When it was heard, last.
    pub fn when(actor: *const Actor, what: Heard.What, object: *const anyopaque) ?usize {
        var at: ?usize = null;
        for (actor.heard[0..actor.n_heard], 0..) |heard, i| {
            if (heard.what == what and heard.object == object) at = i;
        }
        return at;
    }

    pub fn whenMessage(actor: *const Actor, letter: u8) ?usize {
        for (actor.heard[0..actor.n_heard], 0..) |heard, i| {
            if (heard.what == .message and heard.detail == letter) return i;
        }
        return null;
    }

    /// The last word about a node: 0 left is heard once, and nothing of the node after it.
    pub fn expectLastWord(actor: *const Actor, node: *const Node) void {
        const last = for (actor.heard[0..actor.n_heard], 0..) |heard, i| {
            if (heard.what == .handle_release and heard.object == @as(*const anyopaque, node) and heard.detail == 0) break i;
        } else return stage.fail("the last handle release is heard");
        for (actor.heard[last + 1 .. actor.n_heard]) |heard| {
            expect(heard.what == .node_release or heard.object != @as(*const anyopaque, node), "nothing comes after the last word");
        }
    }
};

pub var alice: Actor = .{};
pub var bob: Actor = .{};
pub var carol: Actor = .{};
pub const everybody = [_]*Actor{ &alice, &bob, &carol };

pub fn openAll() void {
    for (everybody) |actor| actor.open(null);
}

/// Runs threads, when all have a peer; then nothing has come without a word to whom it came.
pub fn play(threads: []const Thread) void {
    stage.run(threads);
    for (everybody) |actor| actor.expectTold();
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

    /// Another handle to the node.
    pub fn share(channel: Channel, holder: *const Actor) *Handle {
        return b1.b1_peer_new_handle(holder.peer, channel.handle).?;
    }
};

/// What happens as one.
pub const Act = struct {
    op: *b1.struct_b1_op,
    /// Everything could be added.
    complete: bool = true,

    pub fn start(actor: *const Actor) Act {
        return .{ .op = b1.b1_op_new(actor.peer).? };
    }

    pub fn say(act: Act, to: *Handle, letter: u8, copies: []const *Handle) Act {
        const shared = b1.b1_message_shared_new(1, &letter).?;
        defer _ = b1.b1_message_shared_unref(shared);
        return act.sayShared(to, shared, copies);
    }

    pub fn sayShared(act: Act, to: *Handle, shared: *b1.struct_b1_message_shared, copies: []const *Handle) Act {
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

    /// Whether it has happened.
    pub fn commit(act: Act) bool {
        if (act.complete) return b1.b1_op_commit(act.op) == 0;
        _ = b1.b1_op_free(act.op);
        return false;
    }
};

/// Ends all, lets go of all, and sees that nothing is left.
pub fn leave(channels: []const Channel) void {
    for (everybody) |actor| b1.b1_peer_end(actor.peer);
    for (everybody) |actor| {
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
