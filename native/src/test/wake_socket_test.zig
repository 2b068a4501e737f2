//! An isolate that has closed its end of the wake socket, or never reads it: threads that signal it are not held up.

const std = @import("std");
const testing = std.testing;
const abi = @import("../abi/abi.zig");
const records = @import("../base/records.zig");
const types = @import("../base/uapi_types.zig");
const counts = @import("../bus/counts.zig");
const os = @import("../base/os.zig");
const Errno = @import("../base/errno.zig").Errno;

const no_options: records.PeerOptions = .{};

/// An isolate: a thread with a wake socket and a peer that owns a node, until `end`.
const Isolate = struct {
    socket: i32 = -1,
    peer: [2]u32 = undefined,
    number: u32 = undefined,
    opened: std.atomic.Value(u32) = .init(0),
    ending: std.atomic.Value(u32) = .init(0),

    fn run(isolate: *Isolate) void {
        isolate.number = @intCast(abi.bus1_isolate_open());
        isolate.socket = abi.bus1_wake_socket_connect(isolate.number);
        var options = no_options;
        std.debug.assert(abi.bus1_peer_open(isolate.number, @ptrCast(&options), null, 0, &isolate.peer) == 0);
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

/// Sends to the isolate's peer, which is armed each time. Returns the result of the last send.
fn sendArmed(isolate: *Isolate, sender: [2]u32, to: f64, times: u32, clears: bool) i32 {
    var answer: i32 = 0;
    for (0..times) |_| {
        _ = abi.bus1_arm(isolate.peer[0], isolate.peer[1]);
        if (clears) abi.bus1_wake_socket_clear(isolate.number);
        answer = abi.bus1_send(sender[0], sender[1], to, null, 0);
    }
    return answer;
}

test "a wake socket that is closed or full, or of an isolate that is gone, holds no sender up" {
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
        // Without a reader each signal is a byte; the socket has no room for 3000.
        try testing.expectEqual(0, sendArmed(&isolate, own.peer, ids[1], 3000, true));
        // The messages are there, even if bytes were lost.
        var chunk: [@sizeOf(records.Message) * 8]u8 align(8) = undefined;
        try testing.expectEqual(8, abi.bus1_recv(at, key, &chunk, 0, chunk.len, 100));

        isolate.end(thread);
        try testing.expectEqual(Errno.ESHUTDOWN.negative(), abi.bus1_arm(at, key));
        // Its end has arrived as a message, and the messages that it had not received are gone.
        try testing.expectEqual(1, abi.bus1_recv(own.peer[0], own.peer[1], &chunk, 0, chunk.len, 100));
        try testing.expectEqual(types.BUS1_MESSAGE_TYPE_NODE_RELEASE, chunk[0]);
        try testing.expectEqual(before, counts.totals());
        if (!closed) os.close(isolate.socket);
    }
}
