//! Handles: the capability to send to one node. Owned by one peer for ever.
//!
//! A handle is linked to its node from the moment at which it counts until it is released or told of the node's
//! release. Its one part serves for either notification, since it never gives both: a handle that is told is not linked
//! any more, and a release of it notifies nobody. Reference: `Handle`.

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
    /// A node release is queued for it, or will be by whoever finishes that. Under the node's mutex.
    told: bool = false,
    /// The transaction that brings the handle to its owner, until it is received. Under the node's mutex.
    carrier: ?*Tx = null,
    at_node: Link(Handle) = .{},

    /// Released, or its node release was received: good for nothing any more. The owner's.
    released: bool = false,
    /// In `owner.owned_handles`. The owner's.
    owned_now: bool = false,
    owned: Link(Handle) = .{},
    userdata: atomic.Value(usize) = .init(0),
    /// What it is charged to, until it is released or gone, or somebody has heard of that. The owner's, or who has the
    /// message that brings it, or the release.
    charged: ?*acct.Trace = null,
    /// Released at no more charge, and its node's owner has yet to hear of it.
    unheard: bool = false,

    /// Makes a handle on its owner's account.
    pub fn create(node: *Node, owner: *Peer) acct.Error!*Handle {
        const handle = try allocate(node, owner);
        errdefer handle.unref();
        handle.charged = try owner.charge(owner, acct.one_object, 1);
        return handle;
    }

    /// Makes a handle that is charged with the message that brings it, or to nobody.
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

    /// It is no more than memory from now on.
    pub fn discharge(handle: *Handle) void {
        acct.discharge(&handle.charged, acct.one_object);
    }

    pub fn of(part: *Part) *Handle {
        assert(part.kind != .user);
        return @fieldParentPtr("part", part);
    }

    /// Whether its owner, who asks, has received it and not released it.
    pub fn isLive(handle: *const Handle) bool {
        return handle.owned_now and !handle.released;
    }

    /// The handle counts from now on. `carrier` brings it to its owner, and is not committed yet; null: it is there.
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

    /// The owner has received the handle. If its node was released by a transaction that did not tell it, the owner is
    /// told now, or by whoever finishes that transaction.
    pub fn settle(handle: *Handle) void {
        const node = handle.node;
        node.mutex.lock();
        const carrier = handle.carrier;
        handle.carrier = null;
        var tell = false;
        if (node.released and !handle.told) {
            handle.told = true;
            // Read under the mutex, which whoever commits R takes afterwards: either it is seen committed here, or it
            // finds the handle on the list. Explored: `objects: a copy across`; and by a model,
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
        // Before the push: from then on it is whoever receives it who looks at the charge.
        handle.leave();
        _ = handle.queue(.handle_release, tx);
    }

    /// Released, and its node's owner is to hear of it. Until then it takes memory: a few such handles are free.
    fn leave(handle: *Handle) void {
        if (handle.charged == null or !handle.owner.payer.?.mayLeaveUnheard()) return;
        handle.unheard = true;
        handle.discharge();
    }

    /// Its node's owner has heard, or is gone.
    fn hear(handle: *Handle) void {
        handle.discharge();
        if (handle.unheard) handle.owner.payer.?.hear();
        handle.unheard = false;
    }

    /// Pushes the handle's part to whom it concerns. False if that peer has ended.
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

    /// The part has left its queue.
    pub fn partDone(handle: *Handle) void {
        handle.part.leave();
        if (handle.part.kind == .handle_release) handle.hear();
        handle.unref();
    }
};
