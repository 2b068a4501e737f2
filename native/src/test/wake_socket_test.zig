//! An isolate whose side of its port is gone, or never looks: who tells it something goes on, whatever becomes of that.

const std = @import("std");
const testing = std.testing;
const abi = @import("../abi/abi.zig");
const records = @import("../base/records.zig");
const types = @import("../base/uapi_types.zig");
const counts = @import("../bus/counts.zig");
const os = @import("../base/os.zig");
const Errno = @import("../base/errno.zig").Errno;

const nobody: records.PeerOptions = .{};

/// An isolate: a thread with a port, its socket, and a peer that owns a node; until it is told to end.
const Isolate = struct {
    socket: i32 = -1,
    peer: [2]u32 = undefined,
    port: u32 = undefined,
    opened: std.atomic.Value(u32) = .init(0),
    ending: std.atomic.Value(u32) = .init(0),

    fn run(isolate: *Isolate) void {
        isolate.port = @intCast(abi.bus1_isolate_open());
        isolate.socket = abi.bus1_wake_socket_connect(isolate.port);
        var options = nobody;
        std.debug.assert(abi.bus1_peer_open(isolate.port, @ptrCast(&options), null, 0, &isolate.peer) == 0);
        isolate.opened.store(1, .release); // pairs with the acquire in `start`
        while (isolate.ending.load(.acquire) == 0) std.atomic.spinLoopHint(); // pairs with the release in `end`
    }

    fn start(isolate: *Isolate) !std.Thread {
        const thread = try std.Thread.spawn(.{}, run, .{isolate});
        while (isolate.opened.load(.acquire) == 0) std.atomic.spinLoopHint(); // pairs with the release in `run`
        return thread;
    }

    fn end(isolate: *Isolate, thread: std.Thread) void {
        isolate.ending.store(1, .release); // pairs with the acquire in `run`
        thread.join();
    }
};

/// Sends to the isolate's peer, which is armed each time, and answers what the last send did.
fn sendArmed(isolate: *Isolate, sender: [2]u32, to: f64, times: u32, clears: bool) i32 {
    var answer: i32 = 0;
    for (0..times) |_| {
        _ = abi.bus1_arm(isolate.peer[0], isolate.peer[1]);
        if (clears) abi.bus1_wake_socket_clear(isolate.port);
        answer = abi.bus1_send(sender[0], sender[1], to, null, 0);
    }
    return answer;
}

test "a port whose socket is closed, or full, or whose isolate is gone, holds nobody up" {
    var own: Isolate = .{};
    const own_thread = try own.start();
    defer {
        own.end(own_thread);
        os.close(own.socket);
    }
    for ([_]bool{ true, false }) |closed| {
        const before = counts.totals();
        var isolate: Isolate = .{};
        const thread = try isolate.start();
        var ids: [2]f64 = undefined;
        const at, const key = isolate.peer;
        try testing.expectEqual(0, abi.bus1_node_new(at, key, own.peer[0], own.peer[1], &ids));
        if (closed) os.close(isolate.socket);
        // With nobody who reads, each would be a byte; the socket has no room for so many.
        try testing.expectEqual(0, sendArmed(&isolate, own.peer, ids[1], 3000, true));
        // The messages are there, whatever became of the bytes.
        var chunk: [@sizeOf(records.Message) * 8]u8 align(8) = undefined;
        try testing.expectEqual(8, abi.bus1_recv(at, key, &chunk, 0, chunk.len, 100));

        isolate.end(thread);
        try testing.expectEqual(Errno.ESHUTDOWN.negative(), abi.bus1_arm(at, key));
        // Its end has come over as a message, and what it had not received is gone.
        try testing.expectEqual(1, abi.bus1_recv(own.peer[0], own.peer[1], &chunk, 0, chunk.len, 100));
        try testing.expectEqual(types.BUS1_MESSAGE_TYPE_NODE_RELEASE, chunk[0]);
        try testing.expectEqual(before, counts.totals());
        if (!closed) os.close(isolate.socket);
    }
}
