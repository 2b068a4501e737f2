//! The functions of JavaScript when memory has run out: see exhaustion.zig. The bridge to a device is exempt, since no test
//! here has a device, and so are system calls.

const std = @import("std");
const testing = std.testing;
const abi = @import("../abi/abi.zig");
const abi_inspect = @import("../abi/inspect.zig");
const acct = @import("../bus/acct.zig");
const functions = @import("../abi/functions.zig");
const records = @import("../base/records.zig");
const PeerOptions = records.PeerOptions;
const counts = @import("../bus/counts.zig");
const exhaustion = @import("exhaustion.zig");
const heap = @import("../base/heap.zig");
const os = @import("../base/os.zig");
const LocalPeer = @import("../isolate/local_peer.zig").LocalPeer;
const Errno = @import("../base/errno.zig").Errno;
const Exempt = exhaustion.Exempt;
const Faulty = @import("faulty.zig").Faulty;
const Outcome = exhaustion.Outcome;
const outcome = exhaustion.outcome;

const no_options: PeerOptions = .{};

/// The isolate of all tests here: it lasts as long as the thread.
var isolate: ?u32 = null;

fn isolateNumber() u32 {
    if (isolate == null) isolate = @intCast(abi.bus1_isolate_open());
    return isolate.?;
}

/// A peer, as JavaScript holds it.
const Held = struct {
    slot: u32 = 0,
    key: u32 = 0,

    fn open(held: *Held, options: PeerOptions) i32 {
        return held.openNamed(options, "");
    }

    fn openNamed(held: *Held, options: PeerOptions, comptime name: []const u8) i32 {
        var wanted = options;
        var words: [2]u32 = undefined;
        const answer = abi.bus1_peer_open(isolateNumber(), @ptrCast(&wanted), World.bytes(name), name.len, &words);
        if (answer == 0) held.* = .{ .slot = words[0], .key = words[1] };
        return answer;
    }

    fn end(held: Held) void {
        _ = abi.bus1_peer_end(held.slot, held.key);
    }
};

/// A server with an account and a bounded queue, a client, and their objects.
const World = struct {
    server: Held,
    client: Held,
    made: ?Held,
    /// The client's handle to the server's node; its own node, and its handle to that.
    to: f64,
    own_node: f64,
    own: f64,
    /// With a message and no more.
    op: f64,
    ticket: [3]u32,

    const max_bytes = 1000;

    pub fn open(world: *World) !void {
        world.made = null;
        world.ticket = @splat(0);
        try testing.expectEqual(0, world.server.open(.{
            .user = 7,
            .objects = 1000,
            .bytes = 64 * max_bytes,
            .max_messages = 10,
            .max_bytes = max_bytes,
        }));
        try testing.expectEqual(0, world.client.open(no_options));
        const server, const client = .{ world.server, world.client };
        var ids: [2]f64 = undefined;
        try testing.expectEqual(0, abi.bus1_node_new(server.slot, server.key, client.slot, client.key, &ids));
        world.to = ids[1];
        try testing.expectEqual(0, abi.bus1_node_new(client.slot, client.key, client.slot, client.key, &ids));
        world.own_node, world.own = ids;
        // What waits: for the server something with handles, for the client something without.
        try testing.expectEqual(Outcome.done, try world.sendMany(abi.bus1_send_many));
        for (0..2) |_| try testing.expectEqual(0, abi.bus1_send(client.slot, client.key, world.own, bytes("plain"), 5));
        try testing.expectEqual(Outcome.done, try world.newOp(&world.op));
        try testing.expectEqual(Outcome.done, try world.addToOp());
    }

    pub fn close(world: *World) void {
        if (world.made) |held| held.end();
        world.server.end();
        world.client.end();
        _ = abi.bus1_peer_revoke(world.client.slot, world.ticket[1], world.ticket[2]); // nothing, without a ticket
        std.debug.assert(std.mem.eql(u64, &counts.totals(), &@as(counts.Totals, @splat(0))));
        std.debug.assert(acct.bus.users.count() == 0);
    }

    const Told = struct {
        last_id: u64,
        n_nodes: usize,
        n_handles: usize,
        n_ops: usize,
        readable: bool,
    };

    const State = struct {
        totals: counts.Totals,
        peers: [2]?Told,
        made: bool,
        op: ?[3]usize,
        n_users: usize,
        available: ?acct.Amounts,
        queued: ?[2]u64,
        waiting: bool,
    };

    pub fn state(world: *World) State {
        var told: State = .{
            .totals = counts.totals(),
            .peers = @splat(null),
            .made = world.made != null,
            .op = null,
            .n_users = acct.bus.users.count(),
            .available = null,
            .queued = null,
            .waiting = false,
        };
        for ([_]Held{ world.server, world.client }, &told.peers) |held, *peer| {
            const bus = LocalPeer.enter(held.slot, held.key) catch continue;
            defer bus.leave();
            peer.* = .{
                .last_id = bus.ids.peer.last_id,
                .n_nodes = bus.ids.peer.nodes.count,
                .n_handles = bus.ids.handles.count,
                .n_ops = bus.ops.count,
                .readable = bus.ids.first() != null,
            };
            if (bus.ops.get(@intFromFloat(world.op))) |op| {
                told.op = .{ op.messages.items.len, op.nodes.count(), op.handles.count() };
            }
            if (bus.ids.peer.queue_limit) |limit| {
                told.queued = .{ limit.used.messages, limit.used.bytes };
                told.waiting = limit.waiters.first != null;
            }
            if (bus.ids.peer.payer) |payer| told.available = payer.available;
        }
        return told;
    }

    fn bytes(comptime text: []const u8) [*]u8 {
        return @constCast(text.ptr);
    }

    fn newOp(world: *World, id: *f64) !Outcome {
        return outcome(abi.bus1_op_new(world.client.slot, world.client.key, @ptrCast(id)));
    }

    /// To two, with two copies.
    fn sendMany(world: *World, comptime send: fn (u32, u32, ?[*]f64, u32, u32, ?[*]u8, u32) callconv(.c) i32) !Outcome {
        var ids = [_]f64{ world.to, world.to, world.own, world.to };
        return outcome(send(world.client.slot, world.client.key, &ids, 2, 2, bytes("hello"), 5));
    }

    fn addToOp(world: *World) !Outcome {
        var ids = [_]f64{ world.to, world.own, world.own };
        return outcome(abi.bus1_op_send(world.client.slot, world.client.key, world.op, &ids, 1, 2, bytes("hello"), 5));
    }

    fn receive(world: *World, held: Held, limit: u32) !Outcome {
        _ = world;
        var chunk: [512]u8 align(8) = undefined;
        return outcome(abi.bus1_recv(held.slot, held.key, &chunk, 0, chunk.len, limit));
    }
};

const calls = struct {
    pub fn bus1_isolate_open(_: *World) !Outcome {
        return outcome(abi.bus1_isolate_open());
    }
    pub fn bus1_wake_socket_connect(_: *World) !Outcome {
        const fd = abi.bus1_wake_socket_connect(@intCast(abi.bus1_isolate_open()));
        if (fd >= 0) os.close(fd);
        return outcome(fd);
    }
    pub fn bus1_wake_socket_clear(_: *World) !Outcome {
        return outcome(abi.bus1_wake_socket_clear(isolateNumber()));
    }

    pub fn bus1_peer_open(world: *World) !Outcome {
        return opened(world, no_options);
    }
    pub fn bus1_peer_open__of_a_user(world: *World) !Outcome {
        return opened(world, .{ .user = 8, .max_messages = 1 });
    }
    pub fn bus1_peer_open__with_a_name(world: *World) !Outcome {
        var held: Held = .{};
        const answer = held.openNamed(.{ .user = 8 }, "any name");
        if (answer == 0) world.made = held;
        return outcome(answer);
    }
    pub fn bus1_peer_end(world: *World) !Outcome {
        return outcome(abi.bus1_peer_end(world.client.slot, world.client.key));
    }
    pub fn bus1_peer_end__with_a_queue(world: *World) !Outcome {
        return outcome(abi.bus1_peer_end(world.server.slot, world.server.key));
    }
    pub fn bus1_peer_detach(world: *World) !Outcome {
        return preparations.bus1_peer_adopt(world);
    }
    pub fn bus1_peer_adopt(world: *World) !Outcome {
        const key, const high, const low = world.ticket;
        var words: [1]u32 = undefined;
        const answer = abi.bus1_peer_adopt(isolateNumber(), world.client.slot, key, high, low, &words);
        if (answer == 0) world.client.key = words[0];
        return outcome(answer);
    }
    pub fn bus1_peer_revoke(world: *World) !Outcome {
        _, const high, const low = world.ticket;
        return outcome(abi.bus1_peer_revoke(world.client.slot, high, low));
    }

    pub fn bus1_node_new(world: *World) !Outcome {
        return newNode(world.client, world.server);
    }
    pub fn bus1_node_new__by_who_pays(world: *World) !Outcome {
        return newNode(world.server, world.server);
    }
    pub fn bus1_node_new_named(world: *World) !Outcome {
        const from, const to = .{ world.server, world.client };
        var ids: [2]f64 = undefined;
        return outcome(abi.bus1_node_new_named(from.slot, from.key, to.slot, to.key, World.bytes("files"), 5, &ids));
    }
    pub fn bus1_handle_copy(world: *World) !Outcome {
        const from, const to = .{ world.client, world.server };
        var ids: [1]f64 = undefined;
        return outcome(abi.bus1_handle_copy(from.slot, from.key, world.own, to.slot, to.key, &ids));
    }
    pub fn bus1_kind(world: *World) !Outcome {
        return outcome(abi.bus1_kind(world.client.slot, world.client.key, world.own));
    }

    pub fn bus1_send(world: *World) !Outcome {
        return outcome(abi.bus1_send(world.client.slot, world.client.key, world.to, World.bytes("hello"), 5));
    }
    pub fn bus1_send__large(world: *World) !Outcome {
        var large: [900]u8 = @splat(0);
        return outcome(abi.bus1_send(world.client.slot, world.client.key, world.to, &large, large.len));
    }
    pub fn bus1_send_each(world: *World) !Outcome {
        // One: of several, those before the first that fails are sent.
        var frames: [@sizeOf(records.Frame) + 8]u8 align(8) = @splat(0);
        frames[0] = 5;
        return outcome(abi.bus1_send_each(world.client.slot, world.client.key, world.to, &frames, frames.len));
    }
    pub fn bus1_send_many(world: *World) !Outcome {
        return world.sendMany(abi.bus1_send_many);
    }
    pub fn bus1_release(world: *World) !Outcome {
        var ids = [_]f64{ world.to, world.own, world.own_node };
        return outcome(abi.bus1_release(world.client.slot, world.client.key, &ids, ids.len));
    }

    pub fn bus1_op_new(world: *World) !Outcome {
        var id: f64 = undefined;
        return world.newOp(&id);
    }
    pub fn bus1_op_send(world: *World) !Outcome {
        return world.addToOp();
    }
    pub fn bus1_op_release(world: *World) !Outcome {
        var ids = [_]f64{ world.to, world.own, world.own_node };
        return outcome(abi.bus1_op_release(world.client.slot, world.client.key, world.op, &ids, ids.len));
    }
    pub fn bus1_op_commit(world: *World) !Outcome {
        return outcome(abi.bus1_op_commit(world.client.slot, world.client.key, world.op));
    }
    pub fn bus1_op_free(world: *World) !Outcome {
        return outcome(abi.bus1_op_free(world.client.slot, world.client.key, world.op));
    }

    pub fn bus1_recv(world: *World) !Outcome {
        return world.receive(world.server, 1);
    }
    pub fn bus1_recv__several(world: *World) !Outcome {
        return world.receive(world.client, 10);
    }
    pub fn bus1_look(world: *World) !Outcome {
        var chunk: [512]u8 align(8) = undefined;
        return outcome(abi.bus1_look(world.client.slot, world.client.key, 1, &chunk, chunk.len, 10));
    }
    pub fn bus1_linger(world: *World) !Outcome {
        return outcome(abi.bus1_linger(world.client.slot, world.client.key, 10));
    }
    pub fn bus1_writable(world: *World) !Outcome {
        return outcome(abi.bus1_writable(world.client.slot, world.client.key, world.to, 0));
    }
    pub fn bus1_writable__full(world: *World) !Outcome {
        return outcome(abi.bus1_writable(world.client.slot, world.client.key, world.to, World.max_bytes));
    }
    pub fn bus1_arm(world: *World) !Outcome {
        return outcome(abi.bus1_arm(world.client.slot, world.client.key));
    }
    pub fn bus1_wait(world: *World) !Outcome {
        return outcome(abi.bus1_wait(world.client.slot, world.client.key, 0));
    }
    pub fn bus1_live_counts(_: *World) !Outcome {
        var numbers: [counts.kinds]f64 = undefined;
        return outcome(abi.bus1_live_counts(&numbers));
    }

    pub fn bus1_inspect_peer(world: *World) !Outcome {
        return outcome(abi_inspect.bus1_inspect_peer(world.server.slot, world.server.key, null, 0));
    }
    pub fn bus1_inspect(_: *World) !Outcome {
        return outcome(abi_inspect.bus1_inspect(null, 0));
    }
    pub fn bus1_name(world: *World) !Outcome {
        return outcome(abi_inspect.bus1_name(world.client.slot, world.client.key, world.own_node, null, 0));
    }

    fn opened(world: *World, options: PeerOptions) !Outcome {
        var held: Held = .{};
        const answer = held.open(options);
        if (answer == 0) world.made = held;
        return outcome(answer);
    }

    fn newNode(owner: Held, holder: Held) !Outcome {
        var ids: [2]f64 = undefined;
        return outcome(abi.bus1_node_new(owner.slot, owner.key, holder.slot, holder.key, &ids));
    }
};

const preparations = struct {
    pub fn bus1_peer_adopt(world: *World) !Outcome {
        return outcome(abi.bus1_peer_detach(world.client.slot, world.client.key, &world.ticket));
    }
    pub const bus1_peer_revoke = bus1_peer_adopt;
};

const cases = exhaustion.casesOf(World, calls, preparations);

const exempt = of_a_device ++ of_the_system;

const of_a_device = exhaustion.exemptAll(
    "it asks a device, which no test here has; what has no memory there is in device.zig",
    @import("../abi/device.zig"),
);

const of_the_system = exhaustion.exemptAll("it is a call of the system, and of nothing that is ours", @import("../abi/uapi.zig")) ++
    exhaustion.exemptAll("it ends the test: another program takes its place", @import("../abi/exec.zig"));

comptime {
    exhaustion.checkComplete(&functions.types, &cases, &exempt);
}

test "id layer: every allocation of every call fails once" {
    try exhaustion.run(World, &cases);
}

test "when there is no memory for slots, no peer is opened, and nothing else happens" {
    const kept = heap.lasting;
    defer heap.lasting = kept;
    var faulty: Faulty = .{ .inner = kept, .left = 0, .stays = true };
    heap.lasting = faulty.allocator();
    var held: std.ArrayList(Held) = .empty;
    defer held.deinit(testing.allocator);
    defer for (held.items) |it| it.end();
    while (true) {
        try held.append(testing.allocator, .{});
        const before = counts.totals();
        const last = &held.items[held.items.len - 1];
        const answer = last.open(no_options);
        if (answer == 0) continue;
        try testing.expectEqual(Errno.ENOMEM.negative(), answer);
        try testing.expectEqual(before, counts.totals());
        faulty.left = Faulty.never;
        return testing.expectEqual(0, last.open(no_options));
    }
}
