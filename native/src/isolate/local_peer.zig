//! A peer of the library's own bus, as JavaScript operates it: objects and unfinished transactions go by ids.

const Ids = @import("../bus/ids.zig").Ids;
const Op = @import("../bus/op.zig").Op;
const Peer = @import("../bus/peer.zig").Peer;
const Slot = @import("slot.zig").Slot;
const Spin = @import("../bus/spin.zig").Spin;
const Table = @import("../base/table.zig").Table;
const Waitq = @import("../bus/waitq.zig").Waitq;

pub const LocalPeer = struct {
    slot: *Slot,
    waitq: *Waitq,
    ids: Ids,
    ops: Table(*Op) = .{},
    last_op: u64 = 0,
    spin: Spin = .{},

    pub const slot_kind: @import("slot.zig").Kind = .of(LocalPeer);

    /// Opens a peer, for an isolate.
    pub fn open(isolate: u32, options: Peer.Options) error{OutOfMemory}!*LocalPeer {
        const slot = try Slot.take();
        errdefer slot.give();
        const waitq = try Waitq.create(notify, slot);
        errdefer waitq.unref();
        const peer = slot.put(LocalPeer{ .slot = slot, .waitq = waitq, .ids = try .open(waitq, options) });
        slot.start(isolate);
        return peer;
    }

    fn notify(userdata: ?*anyopaque) callconv(.c) void {
        const slot: *const Slot = @ptrCast(@alignCast(userdata.?));
        slot.notify();
    }

    /// Enters as the operator.
    pub inline fn enter(index: u32, key: u32) error{ Ended, Unknown }!*LocalPeer {
        return Slot.enterAs(LocalPeer, index, key);
    }

    pub fn leave(peer: *LocalPeer) void {
        peer.slot.leave();
    }

    /// Ends the peer, for its slot.
    pub fn close(peer: *LocalPeer) void {
        peer.detach();
        peer.ids.close();
        peer.waitq.unref();
    }

    /// Drops the transactions that are not committed, for its slot.
    pub fn detach(peer: *LocalPeer) void {
        for (peer.ops.entries) |entry| {
            if (entry.id != 0) entry.value.destroy();
        }
        peer.ops.deinit();
    }

    pub fn nextOp(peer: *LocalPeer) u64 {
        defer peer.last_op += 1;
        return (peer.last_op << 1) | 1;
    }
};
