//! The commands of the uapi when memory has run out: see exhaustion.zig.

const std = @import("std");
const testing = std.testing;
const counts = @import("../bus/counts.zig");
const exhaustion = @import("exhaustion.zig");
const types = @import("../base/uapi_types.zig");
const Caller = @import("uapi_caller.zig").Caller;
const File = @import("../uapi/server.zig").File;
const Outcome = exhaustion.Outcome;
const outcome = exhaustion.outcome;

/// Two files, one of a user, and something in its queue.
const World = struct {
    caller: Caller,
    server: *File,
    client: *File,
    to: u64,
    own_node: u64,
    own: u64,
    opened: ?*File,

    pub fn open(world: *World) !void {
        world.caller = .{};
        world.opened = null;
        world.server = try File.openFor(7, ignore, null);
        world.caller.files[0] = world.server;
        world.client = try world.caller.open();
        _, world.to = try world.caller.create(world.server, world.client);
        world.own_node, world.own = try world.caller.create(world.client, world.client);
        try testing.expectEqual(0, try world.caller.send(world.client, &.{world.to}, "hello", &.{ world.own, world.to }));
    }

    fn ignore(_: ?*anyopaque) callconv(.c) void {}

    pub fn close(world: *World) void {
        if (world.opened) |file| file.close();
        world.caller.finish() catch unreachable;
    }

    const State = struct {
        totals: counts.Totals,
        last_ids: [2]u64,
        n_handles: [2]usize,
        readable: [2]bool,
        available: [2]u64,
        opened: bool,
    };

    pub fn state(world: *World) State {
        const ids = [2]@TypeOf(&world.server.ids){ &world.server.ids, &world.client.ids };
        return .{
            .totals = counts.totals(),
            .last_ids = .{ ids[0].peer.last_id, ids[1].peer.last_id },
            .n_handles = .{ ids[0].handles.count, ids[1].handles.count },
            .readable = .{ world.server.isReadable(), world.client.isReadable() },
            .available = ids[0].peer.payer.?.available,
            .opened = world.opened != null,
        };
    }
};

const calls = struct {
    pub fn open(world: *World) !Outcome {
        world.opened = File.open(World.ignore, null) catch return .no_memory;
        return .done;
    }
    pub fn open__for_a_user(world: *World) !Outcome {
        world.opened = File.openFor(8, World.ignore, null) catch return .no_memory;
        return .done;
    }
    pub fn transfer(world: *World) !Outcome {
        const caller = &world.caller;
        return outcome(try caller.call(world.client, types.CmdTransfer{
            .to = caller.fdOf(world.server),
            .n_transfers = 3,
            .ptr_src = caller.array(types.Transfer, &.{ Caller.created, .{ .id = world.own }, Caller.created }),
            .ptr_dst = caller.space(types.Transfer, 3),
        }));
    }
    pub fn release(world: *World) !Outcome {
        return outcome(try world.caller.release(world.client, &.{ world.to, world.own_node, world.own }));
    }
    pub fn send(world: *World) !Outcome {
        const to = [_]u64{ world.to, world.own, world.to };
        return outcome(try world.caller.send(world.client, &to, "hello", &.{ world.own, world.to }));
    }
    pub fn recv(world: *World) !Outcome {
        return outcome(try world.caller.call(world.server, world.caller.receiving(world.caller.buffers(100, 2))));
    }
};

test "uapi: every allocation of every command fails once" {
    const cases = comptime exhaustion.casesOf(World, calls, struct {});
    try exhaustion.run(World, &cases);
}
