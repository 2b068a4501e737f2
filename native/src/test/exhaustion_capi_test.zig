//! The object API when memory has run out: see exhaustion.zig.

const std = @import("std");
const testing = std.testing;
const acct = @import("../bus/acct.zig");
const capi = @import("../abi/capi.zig");
const counts = @import("../bus/counts.zig");
const exhaustion = @import("exhaustion.zig");
const Errno = @import("../base/errno.zig").Errno;
const Handle = @import("../bus/handle.zig").Handle;
const Node = @import("../bus/node.zig").Node;
const Op = @import("../bus/op.zig").Op;
const Outcome = exhaustion.Outcome;
const Peer = @import("../bus/peer.zig").Peer;
const Shared = @import("../bus/message.zig").Shared;
const Waitq = @import("../bus/waitq.zig").Waitq;
const outcome = exhaustion.outcome;

const max_bytes = 1000;

/// A server with an account and a bounded queue, a client, and their objects.
const World = struct {
    users: *acct.Acct,
    user: *acct.User,
    actor: *acct.Actor,
    /// Actors of other users: one with a claim already, another of the same user, and one without any.
    stranger: *acct.Actor,
    sibling: *acct.Actor,
    newcomer: *acct.Actor,
    /// What is charged already.
    charged: capi.Charge,
    waitq: *Waitq,
    server: *Peer,
    client: *Peer,
    /// The server's, and the client's handle to it.
    node: *Node,
    to: *Handle,
    /// A node of the client's and its handle to that.
    own_node: *Node,
    own: *Handle,
    shared: *Shared,
    /// A message, with copies, and nothing more.
    op: ?*Op,
    /// What a call has made.
    made: Made = .nothing,
    charge: capi.Charge = .{},

    const Made = union(enum) {
        nothing,
        users: *acct.Acct,
        user: *acct.User,
        actor: *acct.Actor,
        waitq: *Waitq,
        peer: *Peer,
        peer_ref: *Peer,
        node: struct { *Node, *Handle },
        handle: *Handle,
        shared: *Shared,
        op: *Op,
    };

    pub fn open(world: *World) !void {
        world.made = .nothing;
        world.charge = .{};
        world.users = capi.b1_acct_new(&.{ 1000, 16 * max_bytes }).?;
        world.user = capi.b1_acct_get_user(world.users, 7).?;
        world.actor = capi.b1_acct_actor_new(world.user).?;
        for ([_]u32{ 9, 9, 10 }, [_]**acct.Actor{ &world.stranger, &world.sibling, &world.newcomer }) |id, actor| {
            const other = capi.b1_acct_get_user(world.users, id).?;
            actor.* = capi.b1_acct_actor_new(other).?;
            _ = capi.b1_acct_user_unref(other);
        }
        world.charged = .{};
        try testing.expectEqual(0, capi.b1_acct_actor_charge(world.actor, &world.charged, world.stranger, &.{ 1, 1 }));
        world.waitq = capi.b1_waitq_new().?;
        world.server = capi.b1_peer_new_bounded(world.actor, null, 4, max_bytes).?;
        world.client = capi.b1_peer_new(null, world.waitq).?;
        world.node = capi.b1_peer_new_node(world.server, world.client, &world.to).?;
        world.own_node = capi.b1_peer_new_node(world.client, world.client, &world.own).?;
        world.shared = capi.b1_message_shared_new(5, "hello").?;
        // One that waits, and one that is being put together.
        try testing.expectEqual(0, capi.b1_op_commit(world.newOp()));
        world.op = world.newOp();
    }

    fn newOp(world: *World) *Op {
        const op = capi.b1_op_new(world.client).?;
        const transfers = [_]*const Handle{ world.own, world.own };
        std.debug.assert(capi.b1_op_send_message(op, world.to, 2, @ptrCast(&transfers), world.shared) == 0);
        return op;
    }

    pub fn close(world: *World) void {
        capi.b1_acct_charge_deinit(&world.charge);
        capi.b1_acct_charge_deinit(&world.charged);
        switch (world.made) {
            .nothing => {},
            .users => |it| _ = capi.b1_acct_unref(it),
            .user => |it| _ = capi.b1_acct_user_unref(it),
            .actor => |it| _ = capi.b1_acct_actor_unref(it),
            .waitq => |it| _ = capi.b1_waitq_unref(it),
            .peer => |it| {
                capi.b1_peer_end(it);
                _ = capi.b1_peer_unref(it);
            },
            .peer_ref => |it| _ = capi.b1_peer_unref(it),
            .node => |it| {
                _ = capi.b1_node_unref(it[0]);
                _ = capi.b1_handle_unref(it[1]);
            },
            .handle => |it| _ = capi.b1_handle_unref(it),
            .shared => |it| _ = capi.b1_message_shared_unref(it),
            .op => |it| _ = capi.b1_op_free(it),
        }
        _ = capi.b1_op_free(world.op);
        _ = capi.b1_message_shared_unref(world.shared);
        capi.b1_peer_end(world.server);
        capi.b1_peer_end(world.client);
        capi.b1_peer_pop(world.server); // what was peeked stays until then
        for ([_]*Node{ world.node, world.own_node }) |node| _ = capi.b1_node_unref(node);
        for ([_]*Handle{ world.to, world.own }) |handle| _ = capi.b1_handle_unref(handle);
        for ([_]*Peer{ world.server, world.client }) |peer| _ = capi.b1_peer_unref(peer);
        _ = capi.b1_waitq_unref(world.waitq);
        for ([_]*acct.Actor{ world.actor, world.stranger, world.sibling, world.newcomer }) |actor| {
            _ = capi.b1_acct_actor_unref(actor);
        }
        _ = capi.b1_acct_user_unref(world.user);
        _ = capi.b1_acct_unref(world.users);
        std.debug.assert(std.mem.eql(u64, &counts.totals(), &@as(counts.Totals, @splat(0))));
    }

    const State = struct {
        totals: counts.Totals,
        last_ids: [2]u64,
        n_nodes: [2]usize,
        readable: [2]bool,
        peeked: [2]bool,
        n_users: usize,
        available: acct.Amounts,
        n_quotas: usize,
        queued: [2]u64,
        waiting: [2]bool,
        op: [3]usize,
        made: std.meta.Tag(Made),
    };

    pub fn state(world: *World) State {
        const peers = [2]*Peer{ world.server, world.client };
        const used = world.server.queue_limit.?.used;
        var told: State = .{
            .totals = counts.totals(),
            .last_ids = undefined,
            .n_nodes = undefined,
            .readable = undefined,
            .peeked = undefined,
            .n_users = world.users.users.count(),
            .available = world.user.available,
            .n_quotas = world.user.quotas.count(),
            .queued = .{ used.messages, used.bytes },
            .waiting = .{ world.server.queue_limit.?.waiters.first != null, world.user.waiters.first != null },
            .op = if (world.op) |op| .{ op.messages.items.len, op.nodes.count(), op.handles.count() } else @splat(0),
            .made = world.made,
        };
        for (peers, 0..) |peer, i| {
            told.last_ids[i] = peer.last_id;
            told.n_nodes[i] = peer.nodes.count;
            told.peeked[i] = peer.peeked != null;
            told.readable[i] = capi.b1_peer_readable(peer);
        }
        return told;
    }

    /// Keeps what a call has made.
    fn keep(world: *World, comptime kind: std.meta.Tag(Made), maybe: anytype) !Outcome {
        const object = maybe orelse return .no_memory;
        world.made = @unionInit(Made, @tagName(kind), object);
        return .done;
    }

    /// The op, for a call that spends it.
    fn takeOp(world: *World) *Op {
        defer world.op = null;
        return world.op.?;
    }
};

/// What is done with each function; behind two underscores stands with what, where there are several.
const calls = struct {
    pub fn b1_acct_new(world: *World) !Outcome {
        return world.keep(.users, capi.b1_acct_new(&.{ 1, 1 }));
    }
    pub fn b1_acct_ref(world: *World) !Outcome {
        return world.keep(.users, capi.b1_acct_ref(world.users));
    }
    pub fn b1_acct_unref(world: *World) !Outcome {
        return nothing(capi.b1_acct_unref(capi.b1_acct_ref(world.users)));
    }
    pub fn b1_acct_get_user(world: *World) !Outcome {
        return world.keep(.user, capi.b1_acct_get_user(world.users, 8));
    }
    pub fn b1_acct_get_user__known(world: *World) !Outcome {
        return world.keep(.user, capi.b1_acct_get_user(world.users, 7));
    }
    pub fn b1_acct_user_ref(world: *World) !Outcome {
        return world.keep(.user, capi.b1_acct_user_ref(world.user));
    }
    pub fn b1_acct_user_unref(world: *World) !Outcome {
        return nothing(capi.b1_acct_user_unref(capi.b1_acct_user_ref(world.user)));
    }
    pub fn b1_acct_actor_new(world: *World) !Outcome {
        return world.keep(.actor, capi.b1_acct_actor_new(world.user));
    }
    pub fn b1_acct_actor_ref(world: *World) !Outcome {
        return world.keep(.actor, capi.b1_acct_actor_ref(world.actor));
    }
    pub fn b1_acct_actor_unref(world: *World) !Outcome {
        return nothing(capi.b1_acct_actor_unref(capi.b1_acct_actor_ref(world.actor)));
    }
    pub fn b1_acct_actor_charge(world: *World) !Outcome {
        return outcome(capi.b1_acct_actor_charge(world.actor, &world.charge, world.actor, &.{ 1, 2 }));
    }
    pub fn b1_acct_actor_charge__stranger(world: *World) !Outcome {
        return outcome(capi.b1_acct_actor_charge(world.actor, &world.charge, world.stranger, &.{ 1, 2 }));
    }
    pub fn b1_acct_actor_charge__another_actor(world: *World) !Outcome {
        return outcome(capi.b1_acct_actor_charge(world.actor, &world.charge, world.sibling, &.{ 1, 2 }));
    }
    pub fn b1_acct_actor_charge__another_user(world: *World) !Outcome {
        return outcome(capi.b1_acct_actor_charge(world.actor, &world.charge, world.newcomer, &.{ 1, 2 }));
    }
    pub fn b1_acct_charge_init(_: *World) !Outcome {
        var charge: capi.Charge = undefined;
        return outcome(capi.b1_acct_charge_init(&charge));
    }
    pub fn b1_acct_charge_deinit(world: *World) !Outcome {
        return outcome(capi.b1_acct_charge_deinit(&world.charged));
    }

    pub fn b1_waitq_new(world: *World) !Outcome {
        return world.keep(.waitq, capi.b1_waitq_new());
    }
    pub fn b1_waitq_new_callback(world: *World) !Outcome {
        return world.keep(.waitq, capi.b1_waitq_new_callback(null, null));
    }
    pub fn b1_waitq_ref(world: *World) !Outcome {
        return world.keep(.waitq, capi.b1_waitq_ref(world.waitq));
    }
    pub fn b1_waitq_unref(world: *World) !Outcome {
        return nothing(capi.b1_waitq_unref(capi.b1_waitq_ref(world.waitq)));
    }
    pub fn b1_waitq_wait(world: *World) !Outcome {
        return timedOut(capi.b1_waitq_wait(world.waitq, 1, &.{world.client}, 0));
    }
    pub fn b1_waitq_arm(world: *World) !Outcome {
        return outcome(capi.b1_waitq_arm(world.waitq));
    }

    pub fn b1_peer_new(world: *World) !Outcome {
        return world.keep(.peer, capi.b1_peer_new(world.actor, world.waitq));
    }
    pub fn b1_peer_new_bounded(world: *World) !Outcome {
        return world.keep(.peer, capi.b1_peer_new_bounded(null, null, 1, 1));
    }
    pub fn b1_peer_ref(world: *World) !Outcome {
        return world.keep(.peer_ref, capi.b1_peer_ref(world.client));
    }
    pub fn b1_peer_unref(world: *World) !Outcome {
        return nothing(capi.b1_peer_unref(capi.b1_peer_ref(world.client)));
    }
    pub fn b1_peer_begin(world: *World) !Outcome {
        return outcome(capi.b1_peer_begin(world.client));
    }
    pub fn b1_peer_end(world: *World) !Outcome {
        return outcome(capi.b1_peer_end(world.client));
    }
    pub fn b1_peer_end__with_a_queue(world: *World) !Outcome {
        return outcome(capi.b1_peer_end(world.server));
    }
    pub fn b1_peer_new_node(world: *World) !Outcome {
        var handle: *Handle = undefined;
        const node = capi.b1_peer_new_node(world.server, world.client, &handle) orelse return .no_memory;
        world.made = .{ .node = .{ node, handle } };
        return .done;
    }
    pub fn b1_peer_new_node__for_who_pays(world: *World) !Outcome {
        var handle: *Handle = undefined;
        const node = capi.b1_peer_new_node(world.client, world.server, &handle) orelse return .no_memory;
        world.made = .{ .node = .{ node, handle } };
        return .done;
    }
    pub fn b1_peer_new_node__ended(world: *World) !Outcome {
        var handle: *Handle = undefined;
        const node = capi.b1_peer_new_node(world.client, world.server, &handle) orelse return .no_memory;
        world.made = .{ .node = .{ node, handle } };
        return .done;
    }
    pub fn b1_peer_new_handle(world: *World) !Outcome {
        return world.keep(.handle, capi.b1_peer_new_handle(world.server, world.own));
    }
    pub fn b1_peer_readable(world: *World) !Outcome {
        return outcome(capi.b1_peer_readable(world.server));
    }
    pub fn b1_peer_peek(world: *World) !Outcome {
        var peek: capi.Peek = undefined;
        return outcome(capi.b1_peer_peek(world.server, &peek));
    }
    pub fn b1_peer_pop(world: *World) !Outcome {
        return outcome(capi.b1_peer_pop(world.server));
    }

    pub fn b1_node_ref(world: *World) !Outcome {
        return nothing(capi.b1_node_unref(capi.b1_node_ref(world.node)));
    }
    pub fn b1_node_unref(world: *World) !Outcome {
        return nothing(capi.b1_node_unref(capi.b1_node_ref(world.node)));
    }
    pub fn b1_node_get_userdata(world: *World) !Outcome {
        return nothing(capi.b1_node_get_userdata(world.node));
    }
    pub fn b1_node_set_userdata(world: *World) !Outcome {
        return outcome(capi.b1_node_set_userdata(world.node, world));
    }
    pub fn b1_node_begin(world: *World) !Outcome {
        return outcome(capi.b1_node_begin(world.node));
    }
    pub fn b1_node_end(world: *World) !Outcome {
        return outcome(capi.b1_node_end(world.node));
    }

    pub fn b1_handle_ref(world: *World) !Outcome {
        return world.keep(.handle, capi.b1_handle_ref(world.to));
    }
    pub fn b1_handle_unref(world: *World) !Outcome {
        return nothing(capi.b1_handle_unref(capi.b1_handle_ref(world.to)));
    }
    pub fn b1_handle_get_userdata(world: *World) !Outcome {
        return nothing(capi.b1_handle_get_userdata(world.to));
    }
    pub fn b1_handle_set_userdata(world: *World) !Outcome {
        return outcome(capi.b1_handle_set_userdata(world.to, world));
    }
    pub fn b1_handle_writable(world: *World) !Outcome {
        return outcome(capi.b1_handle_writable(world.to, 0, 0));
    }
    pub fn b1_handle_writable__full(world: *World) !Outcome {
        return timedOut(capi.b1_handle_writable(world.to, max_bytes, 0));
    }
    pub fn b1_handle_writable__poor(world: *World) !Outcome {
        return timedOut(capi.b1_handle_writable(world.to, max_bytes - 50, 0));
    }
    pub fn b1_handle_begin(world: *World) !Outcome {
        return outcome(capi.b1_handle_begin(world.to));
    }
    pub fn b1_handle_end(world: *World) !Outcome {
        return outcome(capi.b1_handle_end(world.to));
    }

    pub fn b1_message_shared_new(world: *World) !Outcome {
        return world.keep(.shared, capi.b1_message_shared_new(3, "abc"));
    }
    pub fn b1_message_shared_ref(world: *World) !Outcome {
        return world.keep(.shared, capi.b1_message_shared_ref(world.shared));
    }
    pub fn b1_message_shared_unref(world: *World) !Outcome {
        return nothing(capi.b1_message_shared_unref(capi.b1_message_shared_ref(world.shared)));
    }

    pub fn b1_op_new(world: *World) !Outcome {
        return world.keep(.op, capi.b1_op_new(world.client));
    }
    pub fn b1_op_free(world: *World) !Outcome {
        return nothing(capi.b1_op_free(world.takeOp()));
    }
    pub fn b1_op_send_message(world: *World) !Outcome {
        return outcome(capi.b1_op_send_message(world.op.?, world.to, 0, null, world.shared));
    }
    pub fn b1_op_send_message__with_copies(world: *World) !Outcome {
        return outcome(capi.b1_op_send_message(world.op.?, world.to, 3, &.{ world.to, world.own, world.to }, world.shared));
    }
    pub fn b1_op_release_node(world: *World) !Outcome {
        return outcome(capi.b1_op_release_node(world.op.?, world.own_node));
    }
    pub fn b1_op_release_handle(world: *World) !Outcome {
        return outcome(capi.b1_op_release_handle(world.op.?, world.own));
    }
    pub fn b1_op_commit(world: *World) !Outcome {
        return outcome(capi.b1_op_commit(world.takeOp()));
    }
    pub fn b1_op_commit__to_an_ended_peer(world: *World) !Outcome {
        return outcome(capi.b1_op_commit(world.takeOp()));
    }

    pub fn b1_live_counts(_: *World) !Outcome {
        var result: capi.LiveCounts = undefined;
        return outcome(capi.b1_live_counts(&result));
    }

    fn nothing(answer: ?*anyopaque) !Outcome {
        try testing.expectEqual(null, answer);
        return .done;
    }

    fn timedOut(answer: c_int) !Outcome {
        return if (answer == Errno.EAGAIN.negative()) .done else outcome(answer);
    }
};

const preparations = struct {
    pub fn b1_peer_new_node__ended(world: *World) !Outcome {
        return outcome(capi.b1_peer_end(world.client));
    }
    pub fn b1_peer_pop(world: *World) !Outcome {
        var peek: capi.Peek = undefined;
        return outcome(capi.b1_peer_peek(world.server, &peek));
    }
    pub fn b1_op_commit__to_an_ended_peer(world: *World) !Outcome {
        return outcome(capi.b1_peer_end(world.server));
    }
};

const cases = exhaustion.casesOf(World, calls, preparations);

comptime {
    exhaustion.checkComplete(&.{capi}, &cases, &.{});
}

test "object API: every allocation of every call fails once" {
    try exhaustion.run(World, &cases);
}
