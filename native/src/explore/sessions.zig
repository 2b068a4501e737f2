//! Scenarios: peers as JavaScript holds them (detached, adopted, revoked, their slots used again), and isolates that wait.

const hooks = @import("hooks.zig");
const lll = @import("../base/lll.zig");
const stage = @import("stage.zig");
const LocalPeer = @import("../isolate/local_peer.zig").LocalPeer;
const Slot = @import("../isolate/slot.zig").Slot;
const WakeSocket = @import("../isolate/wake_socket.zig").WakeSocket;
const wake_sockets = &@import("../isolate/wake_socket.zig").all;
const Waitq = @import("../bus/waitq.zig").Waitq;
const counts = @import("../bus/counts.zig");
const expect = stage.expect;
const thread = stage.thread;

pub const scenarios = [_]hooks.Scenario{
    .{ .name = "session: handed over and revoked", .run = HandOver.run, .bounds = .{} },
    .{ .name = "session: the isolate ends", .run = IsolateEnds.run, .bounds = .{} },
    .{ .name = "session: any number may come", .run = AnyNumber.run, .bounds = .{} },
    .{ .name = "session: a peer on a device moves", .run = OnDevice.run, .bounds = .{} },
    .{ .name = "port: signals", .run = Isolate.signals, .bounds = .every },
    .{ .name = "port: an isolate waits", .run = Isolate.waits, .bounds = .{ .preemptions = 3, .deviations = 3 } },
};

/// By what JavaScript refers to a peer.
const Name = struct {
    slot: u32,
    key: u32,
    serial: u64,

    fn of(peer: *const LocalPeer) Name {
        return .{ .slot = peer.slot.index, .key = peer.slot.gate.key(), .serial = peer.slot.serial };
    }
};

fn open(isolate: u32) *LocalPeer {
    return LocalPeer.open(isolate, .{}) catch stage.fail("out of memory");
}

/// Enters and leaves a peer. Returns false if it has ended.
fn operate(index: u32, key: u32) bool {
    const peer = LocalPeer.enter(index, key) catch return false;
    defer peer.leave();
    _ = peer.nextOp();
    return true;
}

fn end(index: u32, key: u32) void {
    const slot = Slot.enter(index, key) catch return;
    slot.end();
}

fn expectNothingLeft() void {
    for (counts.totals()) |total| expect(total == 0, "nothing is left");
}

/// One thread detaches a peer and another adopts it, while a third revokes it, and a fourth opens a peer, perhaps in its slot.
const HandOver = struct {
    var old: Name = undefined;
    var ticket: Name = undefined;
    var offered: stage.Signal = .{};
    var new: Name = undefined;

    fn run() callconv(.c) void {
        old = .of(open(1));
        ticket = undefined;
        stage.run(&.{
            thread("operator", &old, detach),
            thread("adopter", &ticket, adopt),
            thread("revoker", &old, revoke),
            thread("opener", &new, openAnother),
        });
        expect(!operate(old.slot, old.key), "an old key is of no use");
        expect(operate(new.slot, new.key), "the end of a peer does not concern the next one in its slot");
        end(new.slot, new.key);
        expectNothingLeft();
    }

    fn detach(peer: *Name) void {
        defer offered.set();
        ticket = peer.*;
        ticket.serial = 0;
        if (!operate(peer.slot, peer.key)) return;
        const slot = Slot.enter(peer.slot, peer.key) catch return;
        const given = slot.detach();
        ticket.key = given.key;
        ticket.serial = given.serial;
    }

    fn adopt(given: *Name) void {
        offered.wait();
        const key = Slot.adopt(LocalPeer, given.slot, given.key, given.serial, 2) catch return;
        _ = operate(given.slot, key);
        end(given.slot, key);
    }

    fn revoke(peer: *Name) void {
        Slot.revoke(peer.slot, peer.serial) catch unreachable; // there is such a slot
    }

    fn openAnother(name: *Name) void {
        name.* = .of(open(3));
    }
};

/// An isolate ends, and so do its peers: one is being operated, and one is detached.
const IsolateEnds = struct {
    var peers: [2]Name = undefined;
    var adopted: ?u32 = null;

    fn run() callconv(.c) void {
        for (&peers) |*peer| peer.* = .of(open(1));
        const slot = Slot.enter(peers[1].slot, peers[1].key) catch unreachable;
        const ticket = slot.detach();
        peers[1].key = ticket.key;
        stage.run(&.{ thread("isolate", &peers[0], leaveAll), thread("operator", &peers[0], operateAndEnd), thread("adopter", &peers[1], adopt) });
        expect(!operate(peers[0].slot, peers[0].key), "the peers of an isolate end with it");
        if (adopted) |key| end(peers[1].slot, key);
        expectNothingLeft();
    }

    fn leaveAll(_: *Name) void {
        Slot.endAllAt(1);
    }

    fn operateAndEnd(peer: *Name) void {
        if (operate(peer.slot, peer.key)) end(peer.slot, peer.key);
    }

    fn adopt(peer: *Name) void {
        adopted = Slot.adopt(LocalPeer, peer.slot, peer.key, peer.serial, 2) catch return;
        _ = operate(peer.slot, adopted.?);
    }
};

/// A thread tries numbers of slots, and keys, while peers are opened there.
const AnyNumber = struct {
    var names: [2]Name = undefined;

    fn run() callconv(.c) void {
        stage.run(&.{ thread("opener 1", &names[0], openOne), thread("opener 2", &names[1], openOne), thread("forger", &names, tryAll) });
        for (names) |name| {
            expect(operate(name.slot, name.key), "a wrong number does no harm");
            end(name.slot, name.key);
        }
        expectNothingLeft();
    }

    fn openOne(name: *Name) void {
        name.* = .of(open(1));
    }

    fn tryAll(_: *[2]Name) void {
        for (0..3) |slot| {
            expect(!operate(@intCast(slot), 77), "a wrong key does not let in");
            Slot.revoke(@intCast(slot), 77) catch {};
        }
    }
};

/// The operator of a peer on a device moves from one isolate to another, and waits for two messages there. The list stands for
/// the queue in the kernel; each thread that fills it is also the watcher's.
const OnDevice = struct {
    var list: lll.List = .{};
    var links: [2]lll.Node = @splat(.{});
    var own: *Slot = undefined;

    fn run() callconv(.c) void {
        own = open(0).slot;
        for (wake_sockets[0..2], 0..) |*socket, fd| socket.fd = @intCast(fd);
        stage.run(&.{ thread("watcher 1", &links[0], fill), thread("watcher 2", &links[1], fill), thread("operator", &list, waitElsewhere) });
        end(own.index, own.gate.key());
    }

    fn fill(link: *lll.Node) void {
        expect(list.push(link), "a list takes what comes");
        own.wake();
    }

    fn waitElsewhere(queue: *lll.List) void {
        own.arm();
        var left = 2 - drain(queue);
        own.isolate.store(1, .monotonic);
        while (left > 0) {
            wake_sockets[1].clear();
            own.arm();
            const came = drain(queue);
            left -= came;
            if (came == 0) stage.awaitByte(1);
        }
    }
};

fn drain(list: *lll.List) usize {
    var n: usize = 0;
    var it = list.take();
    while (it) |link| : (it = link.next) n += 1;
    return n;
}

/// An isolate looks, arms, looks again, and sleeps until there is a byte on its socket.
const Isolate = struct {
    var socket: WakeSocket = .{ .fd = 0 };
    var waitq: Waitq = .{ .callback = signal };
    var list: lll.List = .{};
    var links: [2]lll.Node = @splat(.{});

    fn waits() callconv(.c) void {
        stage.run(&.{ thread("sender 1", &links[0], send), thread("sender 2", &links[1], send), thread("isolate", &socket, wait) });
    }

    /// The same with the wake socket alone, which is signaled each time.
    fn signals() callconv(.c) void {
        stage.run(&.{
            thread("sender 1", &links[0], sendAndSignal),
            thread("sender 2", &links[1], sendAndSignal),
            thread("isolate", &socket, waitForSignal),
        });
    }

    fn sendAndSignal(link: *lll.Node) void {
        expect(list.push(link), "a list takes what comes");
        socket.signal();
    }

    fn waitForSignal(own: *WakeSocket) void {
        var left: usize = 2;
        while (true) {
            own.clear();
            left -= drain(&list);
            if (left == 0) return;
            stage.awaitByte(0);
        }
    }

    fn signal(_: ?*anyopaque) callconv(.c) void {
        socket.signal();
    }

    fn send(link: *lll.Node) void {
        expect(list.push(link), "a list takes what comes");
        waitq.wake();
    }

    fn wait(own: *WakeSocket) void {
        var left: usize = 2;
        while (true) {
            own.clear();
            left -= drain(&list);
            if (left == 0) return;
            waitq.arm();
            left -= drain(&list);
            if (left == 0) return;
            stage.awaitByte(0);
        }
    }
};
