//! Measures the core without a runtime: unicast send and receive, on one thread and across two.
//!
//! Prints a line for each scenario and round: its name, and the nanoseconds per message. bench/scenarios/core.ts reads them.

const std = @import("std");
const os = @import("base/os.zig");
const Handle = @import("bus/handle.zig").Handle;
const Message = @import("bus/message.zig").Message;
const Op = @import("bus/op.zig").Op;
const Peer = @import("bus/peer.zig").Peer;

const size = 64;

fn receive(peer: *Peer, into: *[size]u8) bool {
    const part = peer.first(.last) orelse return false;
    peer.queue.removeFirst();
    const message = Message.of(part);
    peer.receive(message);
    @memcpy(into, message.data());
    message.unref(&peer.outbox);
    return true;
}

const Pair = struct {
    sender: *Peer,
    receiver: *Peer,
    to: *Handle,

    fn open() !Pair {
        const sender = try Peer.create(null);
        const receiver = try Peer.create(null);
        const node, const to = try receiver.newNode(sender);
        node.unref();
        return .{ .sender = sender, .receiver = receiver, .to = to };
    }

    fn close(pair: Pair) void {
        pair.to.unref();
        for ([_]*Peer{ pair.sender, pair.receiver }) |peer| {
            peer.end();
            peer.unref();
        }
    }
};

/// Sends and receives in turn.
fn oneThread(pair: Pair, count: u64) !u64 {
    var data: [size]u8 = @splat(7);
    const start = os.now();
    for (0..count) |_| {
        try Op.send(pair.sender, pair.to, &data);
        std.debug.assert(receive(pair.receiver, &data));
    }
    return os.now() - start;
}

/// Sends on one thread while another receives.
fn twoThreads(pair: Pair, count: u64) !u64 {
    const Receiver = struct {
        fn run(peer: *Peer, n: u64) void {
            var data: [size]u8 = undefined;
            var left = n;
            while (left > 0) {
                if (receive(peer, &data)) left -= 1 else std.atomic.spinLoopHint();
            }
        }
    };
    const start = os.now();
    const thread = try std.Thread.spawn(.{}, Receiver.run, .{ pair.receiver, count });
    const data: [size]u8 = @splat(7);
    for (0..count) |_| try Op.send(pair.sender, pair.to, &data);
    thread.join();
    return os.now() - start;
}

pub fn main(init: std.process.Init) !void {
    var out = std.Io.File.stdout().writerStreaming(init.io, &.{});
    const pair = try Pair.open();
    defer pair.close();
    const args = try init.minimal.args.toSlice(init.arena.allocator());
    const count: u64 = if (args.len > 1) try std.fmt.parseInt(u64, args[1], 10) else 1_000_000;
    const rounds: u64 = if (args.len > 2) try std.fmt.parseInt(u64, args[2], 10) else 21;
    for (0..rounds) |_| {
        inline for (.{ .{ "one", oneThread }, .{ "two", twoThreads } }) |scenario| {
            const nanoseconds: f64 = @floatFromInt(try scenario[1](pair, count));
            try out.interface.print("{s} {d:.1}\n", .{ scenario[0], nanoseconds / @as(f64, @floatFromInt(count)) });
        }
    }
}
