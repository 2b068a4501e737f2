//! Handles: the capability to send to one node. A handle never changes its owner.
//!
//! A handle is linked to its node from the moment at which it counts until it is released or told of the node's release,
//! whichever comes first. One part serves for either notification, because a handle never causes both: a handle that is
//! told is not linked any more, and its release notifies no peer. Reference: `Handle`.

const std = @import("std");
const assert = std.debug.assert;
const acct = @import("acct.zig");
const atomic = @import("../base/atomic.zig");
const heap = @import("../base/heap.zig");
const Link = @import("../base/list.zig").Link;
const Node = @import("node.zig").Node;
const Part = @import("queue.zig").Part;
const Peer = @import("peer.zig").Peer;
const Tx = @import("queue.zig").Tx;

pub const Handle = struct {
    part: Part = .{ .kind = .handle_release },
    node: *Node,
    owner: *Peer,
    refs: atomic.Value(u32) = .init(1),

    /// In `node.handles`. Under the node's mutex.
    linked: bool = false,
    /// A node release is queued for it, or will be by `Node.finishRelease`. Under the node's mutex.
    told: bool = false,
    /// The transaction that brings the handle to its owner, until it is received. Under the node's mutex.
    carrier: ?*Tx = null,
    at_node: Link(Handle) = .{},

    /// The handle is dead: released, or its node release was received. The owner's.
    released: bool = false,
    /// In `owner.owned_handles`. The owner's.
    owned_now: bool = false,
    owned: Link(Handle) = .{},
    userdata: atomic.Value(usize) = .init(0),
    /// What it is charged to. Belongs to the owner; before and after, to the side that has the message that brings the
    /// handle, or its release.
    charged: ?*acct.Claim = null,
    /// Counted as an unreceived release (`acct.User.unreceived`).
    unreceived: bool = false,

    /// Makes a handle on its owner's account.
    pub fn create(node: *Node, owner: *Peer) acct.Error!*Handle {
        const handle = try allocate(node, owner);
        errdefer handle.unref();
        handle.charged = try owner.charge(owner, acct.one_object, 1);
        return handle;
    }

    /// Makes a handle that is charged with the message that brings it, or not at all.
    pub fn allocate(node: *Node, owner: *Peer) error{OutOfMemory}!*Handle {
        const handle = try heap.allocator.create(Handle);
        handle.* = .{ .node = node.ref(), .owner = owner.ref() };
        return handle;
    }

    pub fn ref(handle: *Handle) *Handle {
        heap.ref(&handle.refs);
        return handle;
    }

    pub fn unref(handle: *Handle) void {
        if (!heap.unref(&handle.refs)) return;
        assert(!handle.linked and !handle.owned_now);
        if (handle.carrier) |carrier| carrier.unref();
        handle.discharge();
        handle.node.unref();
        handle.owner.unref();
        heap.allocator.destroy(handle);
    }

    /// Gives its charge back.
    pub fn discharge(handle: *Handle) void {
        acct.discharge(&handle.charged, acct.one_object);
    }

    pub fn of(part: *Part) *Handle {
        assert(part.kind != .user);
        return @fieldParentPtr("part", part);
    }

    /// Whether its owner has received it and not released it. Only the owner may ask.
    pub fn isLive(handle: *const Handle) bool {
        return handle.owned_now and !handle.released;
    }

    /// Makes the handle count at its node. `carrier` is the transaction that brings it to its owner, not committed yet;
    /// null: the owner has it already.
    pub fn link(handle: *Handle, carrier: ?*Tx) void {
        const node = handle.node;
        node.mutex.lock();
        defer node.mutex.unlock();
        node.counted += 1;
        if (node.released) return; // told by `settle`
        handle.linked = true;
        if (carrier) |tx| handle.carrier = tx.ref();
        node.handles.append(handle);
    }

    /// The owner has received the handle. If its node was released by a transaction that did not tell the handle, the owner
    /// is told now, or by `Node.finishRelease` if that transaction is not committed yet.
    pub fn settle(handle: *Handle) void {
        const node = handle.node;
        node.mutex.lock();
        const carrier = handle.carrier;
        handle.carrier = null;
        var tell = false;
        if (node.released and !handle.told) {
            handle.told = true;
            // Read under the mutex, which the thread that commits R takes afterwards: either R is seen committed here, or
            // that thread finds the handle on the list. Explored: `objects: a copy across`; and by the model
            // test/model/node_release.pml.
            if (Tx.isCommitted(node.release_tx)) tell = true else node.late.append(handle.ref());
        }
        node.mutex.unlock();
        if (carrier) |tx| tx.unref();
        if (tell and handle.queue(.node_release, null)) handle.owner.wake();
    }

    /// Releases the handle in the transaction `tx`, or as one of its own. After the commit, `node.owner` is to be woken.
    pub fn release(handle: *Handle, operator: *Peer, tx: ?*Tx) void {
        const node = handle.node;
        operator.counts.add(.handles, -1);
        handle.released = true;
        node.mutex.lock();
        const notify = handle.linked;
        if (notify) {
            assert(!node.released);
            handle.linked = false;
            node.handles.remove(handle);
        }
        node.mutex.unlock();
        if (!notify) return handle.discharge();
        // Before the push: after it the charge belongs to the receiver of the release.
        handle.dischargeEarly();
        _ = handle.queue(.handle_release, tx);
    }

    /// A released handle takes memory until its node's owner receives the release. A number of them are free of charge.
    fn dischargeEarly(handle: *Handle) void {
        if (handle.charged == null or !handle.owner.payer.?.addUnreceived()) return;
        handle.unreceived = true;
        handle.discharge();
    }

    /// The owner of the node has received the release, or has ended.
    fn releaseReceived(handle: *Handle) void {
        handle.discharge();
        if (handle.unreceived) handle.owner.payer.?.removeUnreceived();
        handle.unreceived = false;
    }

    /// Pushes the handle's part to the peer that is to be notified. Returns false if that peer has ended.
    pub fn queue(handle: *Handle, kind: Part.Kind, tx: ?*Tx) bool {
        const to = switch (kind) {
            .user => unreachable,
            .node_release => handle.owner,
            .handle_release => handle.node.owner,
        };
        handle.part = .{ .kind = kind, .tx = if (tx) |t| t.ref() else null };
        if (to.queue.push(&handle.ref().part)) return true;
        handle.partDone();
        return false;
    }

    /// The handle's part has left its queue.
    pub fn partDone(handle: *Handle) void {
        handle.part.leave();
        if (handle.part.kind == .handle_release) handle.releaseReceived();
        handle.unref();
    }
};
