//! Nodes: the receiving ends.
//!
//! A node knows the handles that count at it. Its release tells the owners of all handles that are live then, as one
//! transaction R. A copy that is made during R or later is told after R and after the message that brought it. That is done by
//! the second of two threads: the one that finishes R (`finishRelease`) and the receiver of that message (`Handle.settle`).
//! If the receiver comes first, it leaves the copy in `late`. Reference: `Node`.

const std = @import("std");
const acct = @import("acct.zig");
const atomic = @import("../base/atomic.zig");
const heap = @import("../base/heap.zig");
const Handle = @import("handle.zig").Handle;
const Link = @import("../base/list.zig").Link;
const List = @import("../base/list.zig").List;
const Mutex = @import("../base/mutex.zig").Mutex;
const Name = @import("name.zig").Name;
const Peer = @import("peer.zig").Peer;
const Tx = @import("queue.zig").Tx;

pub const Node = struct {
    owner: *Peer,
    id: u64 = 0,
    /// For inspection (inspect.zig).
    name: ?*Name = null,
    refs: atomic.Value(u32) = .init(1),
    userdata: atomic.Value(usize) = .init(0),

    mutex: Mutex = .{},
    /// Handles that ever counted. Under the mutex.
    counted: u64 = 0,
    /// Linked handles, in the order in which they became live; after the release those that R tells. Under the mutex.
    handles: List(Handle, "at_node") = .{},
    /// Copies that will be told when R is committed. Under the mutex.
    late: List(Handle, "at_node") = .{},
    /// Written by the owner under the mutex; read by the owner, or by any thread under the mutex.
    released: bool = false,
    /// R, once the node is released, unless no handle was left. Under the mutex.
    release_tx: ?*Tx = null,

    /// Handle releases that were received. The owner's.
    releases_received: u64 = 0,
    owned: Link(Node) = .{},
    /// What it is charged to until it is released. The owner's.
    charged: ?*acct.Claim = null,

    /// Makes a node on the owner's account.
    pub fn create(owner: *Peer) acct.Error!*Node {
        const node = try allocate(owner);
        errdefer node.unref();
        node.charged = try owner.charge(owner, acct.one_object, 1);
        return node;
    }

    /// Makes a node that is not charged.
    pub fn allocate(owner: *Peer) error{OutOfMemory}!*Node {
        const node = try heap.allocator.create(Node);
        node.* = .{ .owner = owner.ref() };
        return node;
    }

    pub fn ref(node: *Node) *Node {
        heap.ref(&node.refs);
        return node;
    }

    pub fn unref(node: *Node) void {
        if (!heap.unref(&node.refs)) return;
        // Every handle keeps a reference to its node.
        std.debug.assert(node.handles.first == null and node.late.first == null);
        if (node.release_tx) |tx| tx.unref();
        acct.discharge(&node.charged, acct.one_object);
        node.owner.unref();
        Name.destroy(node.name);
        heap.allocator.destroy(node);
    }

    /// Whether its owner has not released it. Only the owner may ask.
    pub fn isLive(node: *const Node) bool {
        return !node.released;
    }

    /// Whether it is released. Any thread may ask.
    pub fn isGone(node: *Node) bool {
        node.mutex.lock();
        defer node.mutex.unlock();
        return node.released;
    }

    /// Returns how many handles are left once the next handle release is received. Only 0 is exact, and it is final: copies
    /// are made of live handles only, and count before those can be released.
    pub fn remaining(node: *Node) u64 {
        node.mutex.lock();
        defer node.mutex.unlock();
        return node.counted - node.releases_received - 1;
    }

    /// Releases the node in the transaction `tx`, which is not committed yet: pushes a node release to the owner of each
    /// handle.
    pub fn release(node: *Node, operator: *Peer, tx: *Tx) void {
        operator.counts.add(.nodes, -1);
        acct.discharge(&node.charged, acct.one_object);
        node.mutex.lock();
        node.released = true;
        node.release_tx = tx.ref();
        var it = node.handles.first;
        node.handles = .{};
        while (it) |handle| {
            it = handle.at_node.next;
            handle.linked = false;
            handle.at_node = .{};
            if (handle.carrier) |carrier| {
                // A copy in flight, in a transaction that is not known to be older than this one: its receiver is told
                // when it receives the copy.
                if (carrier != tx and !Tx.isCommitted(carrier)) continue;
            }
            handle.told = true;
            node.handles.append(handle.ref());
        }
        node.mutex.unlock();
        // From here on no other thread changes the list: the node is released, and nothing is linked to it any more.
        it = node.handles.first;
        while (it) |handle| : (it = handle.at_node.next) _ = handle.queue(.node_release, tx);
    }

    /// Completes `release` after the commit: wakes the owners that are told, and tells the late copies.
    pub fn finishRelease(node: *Node) void {
        while (node.handles.first) |handle| {
            node.handles.remove(handle);
            handle.owner.wake();
            handle.unref();
        }
        node.mutex.lock();
        var late = node.late;
        node.late = .{};
        node.mutex.unlock();
        // R is committed, so `settle` adds nothing to the list any more.
        while (late.first) |handle| {
            late.remove(handle);
            if (handle.queue(.node_release, null)) handle.owner.wake();
            handle.unref();
        }
    }

    /// Releases a node without handles, so that no peer is to be told.
    pub fn releaseUnreachable(node: *Node, operator: *Peer) void {
        operator.counts.add(.nodes, -1);
        acct.discharge(&node.charged, acct.one_object);
        node.mutex.lock();
        defer node.mutex.unlock();
        node.released = true;
    }
};
