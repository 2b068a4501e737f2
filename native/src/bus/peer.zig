//! Peers: isolated participants, each with one receive queue.
//!
//! A peer keeps its nodes and handles, in the order of their creation, until they are released or the peer ends. Every
//! field belongs to the peer's one operator unless its comment says otherwise; other threads push onto the queue, wake,
//! and take references. A function that names a peer as operator requires that its caller has entered the peer (gate.zig).
//! Reference: `Peer`.

const std = @import("std");
const assert = std.debug.assert;
const acct = @import("acct.zig");
const atomic = @import("../base/atomic.zig");
const heap = @import("../base/heap.zig");
const counts = @import("counts.zig");
const queue_zig = @import("queue.zig");
const Gate = @import("gate.zig").Gate;
const Handle = @import("handle.zig").Handle;
const List = @import("../base/list.zig").List;
const Message = @import("message.zig").Message;
const Mutex = @import("../base/mutex.zig").Mutex;
const Name = @import("name.zig").Name;
const Node = @import("node.zig").Node;
const Outbox = @import("pool.zig").Outbox;
const Part = queue_zig.Part;
const PartList = queue_zig.PartList;
const Pool = @import("pool.zig").Pool;
const Queue = queue_zig.Queue;
const QueueLimit = @import("queue_limit.zig").QueueLimit;
const Table = @import("../base/table.zig").Table;
const Tx = queue_zig.Tx;
const Waitq = @import("waitq.zig").Waitq;

pub const Peer = struct {
    queue: Queue = .{},
    waitq: ?*Waitq,
    /// The user that is charged for what the peer owns; null: what it owns is not charged.
    payer: ?*acct.User = null,
    /// The bound of its queue; null: unbounded.
    queue_limit: ?*QueueLimit = null,
    /// Claims for the peer; null: it is unaccounted.
    actor: ?*acct.Actor = null,
    /// The actor's user, which receivers of the peer's messages see.
    account: u32 = acct.no_user,
    /// For inspection (inspect.zig).
    name: ?*Name = null,
    /// Whether its handles have their ids in `userdata`.
    has_ids: bool = false,
    refs: atomic.Value(u32) = .init(1),
    /// For callers with a pointer to the peer; callers with ids pass the gate of their session instead.
    gate: Gate = .open,
    ended: bool = false,
    /// The transaction of the end, made in advance, because ending cannot fail.
    shutdown: *Tx,
    /// Ids are `(n << 1) | 1`, `n` from this counter; never reused.
    last_id: u64 = 0,
    nodes: Table(*Node) = .{},
    /// The operator changes it under the lock, so that inspection (inspect.zig) can read it under the lock.
    owned_nodes: List(Node, "owned") = .{},
    lock: Mutex = .{},
    owned_handles: List(Handle, "owned") = .{},
    /// The part that `peek` returned and `pop` will remove.
    peeked: ?*Part = null,
    /// The node that a peeked user message is for.
    peeked_node: ?*Node = null,
    /// Set between `peek` and `pop`. `end` does not read it.
    pop_due: bool = false,
    /// Set by the first of `pop` and `end` when they meet; the second frees what was peeked.
    peeked_left: atomic.Value(bool) = .init(false),
    counts: counts.Counts = .{},
    /// Memory for what the peer sends; made by its first send.
    pool: ?*Pool = null,
    /// Memory of what it has received, on its way back to the senders' pools.
    outbox: Outbox = .{},

    pub const Options = struct {
        actor: ?*acct.Actor = null,
        max_queued: ?QueueLimit.Size = null,
        name: []const u8 = "",
        has_ids: bool = false,
    };

    pub fn create(waitq: ?*Waitq) error{OutOfMemory}!*Peer {
        return createWith(waitq, .{});
    }

    pub fn createWith(waitq: ?*Waitq, options: Options) error{OutOfMemory}!*Peer {
        const peer = try heap.allocator.create(Peer);
        errdefer heap.allocator.destroy(peer);
        const limit = if (options.max_queued) |max| try QueueLimit.create(max) else null;
        errdefer if (limit) |r| r.destroy();
        const name = try Name.create(options.name);
        errdefer Name.destroy(name);
        peer.* = .{ .waitq = null, .shutdown = try Tx.create(), .queue_limit = limit, .name = name, .has_ids = options.has_ids };
        if (waitq) |w| peer.waitq = w.ref();
        if (options.actor) |actor| {
            peer.actor = actor.ref();
            peer.account = actor.user.id;
            if (!actor.user.isUnlimited()) peer.payer = actor.user;
        }
        counts.register(&peer.counts);
        peer.counts.add(.peers, 1);
        return peer;
    }

    pub fn ref(peer: *Peer) *Peer {
        heap.ref(&peer.refs);
        return peer;
    }

    pub fn unref(peer: *Peer) void {
        if (!heap.unref(&peer.refs)) return;
        // Nodes and handles keep a reference to their owner, and what is queued keeps one through its node.
        assert(peer.owned_nodes.first == null and peer.owned_handles.first == null);
        if (!peer.ended) {
            peer.counts.add(.peers, -1);
            peer.leaveMemory();
        }
        counts.unregister(&peer.counts);
        if (peer.waitq) |waitq| waitq.unref();
        peer.shutdown.unref();
        peer.nodes.deinit();
        if (peer.queue_limit) |limit| limit.destroy();
        if (peer.actor) |actor| actor.unref();
        Name.destroy(peer.name);
        heap.allocator.destroy(peer);
    }

    pub fn getPool(peer: *Peer) error{OutOfMemory}!*Pool {
        return peer.pool orelse {
            peer.pool = try Pool.create();
            return peer.pool.?;
        };
    }

    fn leaveMemory(peer: *Peer) void {
        peer.outbox.flush();
        if (peer.pool) |pool| pool.seal();
    }

    pub fn wake(peer: *Peer) void {
        if (peer.waitq) |waitq| waitq.wake();
    }

    /// Charges what becomes this peer's, on behalf of another peer or of itself. Null: it is not charged.
    pub fn charge(peer: *Peer, claimant: *Peer, amounts: acct.Amounts, parts: u32) acct.Error!?*acct.Claim {
        const payer = peer.payer orelse return null;
        return payer.charge(claimant.actor, amounts, parts);
    }

    /// Reserves room in this peer's queue for a message that is not published yet.
    pub fn reserve(peer: *Peer, n_data: u64) error{Quota}!void {
        const limit = peer.queue_limit orelse return;
        // The queue of a peer that has ended is never full.
        if (!peer.queue.isSealed() and !limit.reserve(n_data)) return error.Quota;
    }

    /// Gives the room of a message back that will not be published, or has left the queue.
    pub fn unreserve(peer: *Peer, n_data: u64) void {
        const limit = peer.queue_limit orelse return;
        // A sealed queue gives no room any more, so nothing depends on its count.
        if (!peer.queue.isSealed()) limit.giveBack(n_data);
    }

    /// Whether a message of `n_data` bytes through `via`, a handle of this peer, finds room and can be charged, or its node
    /// is gone. If not, this peer's wait queue, which must have been armed before, is woken when that may have changed.
    /// room_waiters.zig explains why no wake is lost.
    pub fn isWritable(peer: *Peer, via: *Handle, n_data: u64) acct.Error!bool {
        return via.node.isGone() or try peer.hasRoom(via.node.owner, n_data);
    }

    fn hasRoom(peer: *Peer, owner: *Peer, n_data: u64) acct.Error!bool {
        if (owner.queue_limit) |limit| if (!try limit.has(n_data, peer.waitq.?)) return false;
        if (owner.payer) |payer| return payer.has(peer.actor, .{ 1, n_data }, peer.waitq.?);
        return true;
    }

    pub fn nextId(peer: *Peer) u64 {
        defer peer.last_id += 1;
        return peer.upcomingId(0);
    }

    /// Returns what `nextId` will return after `calls` more calls.
    pub fn upcomingId(peer: *const Peer, calls: u64) u64 {
        return ((peer.last_id + calls) << 1) | 1;
    }

    /// Makes a node on this peer and a handle to it on `other`. Reference: `b1_peer_new_node`.
    pub fn newNode(peer: *Peer, other: *Peer) acct.Error!struct { *Node, *Handle } {
        return peer.newNamedNode(other, "");
    }

    pub fn newNamedNode(peer: *Peer, other: *Peer, name: []const u8) acct.Error!struct { *Node, *Handle } {
        try peer.nodes.reserve(1);
        const node = try Node.create(peer);
        errdefer node.unref();
        node.name = try Name.create(name);
        const handle = try Handle.create(node, other);
        // Nothing can fail from here on.
        peer.adoptNode(node);
        other.adoptHandle(handle, peer);
        return .{ node, handle };
    }

    /// Makes a handle on this peer to the node of `from`. Reference: `b1_peer_new_handle`.
    pub fn newHandle(peer: *Peer, from: *Handle) acct.Error!*Handle {
        const handle = try Handle.create(from.node, peer);
        peer.adoptHandle(handle, peer);
        return handle;
    }

    /// Takes a new node, for which the table has room, and gives it its id.
    pub fn adoptNode(peer: *Peer, node: *Node) void {
        assert(!peer.ended);
        node.id = peer.nextId();
        peer.nodes.put(node.id, node.ref());
        peer.lock.lock();
        peer.owned_nodes.append(node);
        peer.lock.unlock();
        peer.counts.add(.nodes, 1);
    }

    /// Takes the node away from this peer; the caller gets its reference.
    pub fn disownNode(peer: *Peer, node: *Node) void {
        peer.nodes.remove(node.id);
        peer.unlist(node);
    }

    fn unlist(peer: *Peer, node: *Node) void {
        peer.lock.lock();
        defer peer.lock.unlock();
        peer.owned_nodes.remove(node);
    }

    /// Takes a new handle, which `operator` has made.
    pub fn adoptHandle(peer: *Peer, handle: *Handle, operator: *Peer) void {
        assert(!peer.ended);
        handle.link(null);
        operator.counts.add(.handles, 1);
        peer.own(handle.ref());
        handle.settle();
    }

    /// Makes the handle this peer's, together with the caller's reference.
    pub fn own(peer: *Peer, handle: *Handle) void {
        assert(handle.owner == peer and !handle.owned_now);
        handle.owned_now = true;
        peer.owned_handles.append(handle);
    }

    /// Takes the handle away from this peer; the caller gets its reference.
    pub fn disown(peer: *Peer, handle: *Handle) void {
        assert(handle.owner == peer and handle.owned_now);
        handle.owned_now = false;
        peer.owned_handles.remove(handle);
    }

    /// Which handle releases of a node are delivered.
    pub const Delivery = enum {
        /// Each of them, as in the object API.
        every,
        /// The last one, as in the uapi.
        last,
    };

    /// Returns the first part that a receive would deliver, without removing it. Drops the parts before it, which cannot be
    /// delivered any more.
    pub fn first(peer: *Peer, delivery: Delivery) ?*Part {
        while (peer.queue.first()) |part| {
            switch (part.kind) {
                .user => {
                    const message = Message.of(part);
                    if (peer.nodes.get(message.node_id) != null) return part;
                    peer.queue.removeFirst();
                    peer.unreserve(message.n_data);
                    message.discard(peer);
                },
                .node_release => {
                    const handle = Handle.of(part);
                    if (!handle.released) return part;
                    peer.queue.removeFirst();
                    handle.partDone();
                },
                .handle_release => {
                    const handle = Handle.of(part);
                    const node = handle.node;
                    if (!node.released and (delivery == .every or node.remaining() == 0)) return part;
                    peer.queue.removeFirst();
                    receiveHandleRelease(handle);
                },
            }
        }
        return null;
    }

    /// Delivers a user message, which the caller has removed from the queue: its transfers become the peer's. The caller
    /// unreferences the message.
    pub fn receive(peer: *Peer, message: *Message) void {
        message.uncount(peer);
        peer.unreserve(message.n_data);
        for (message.transfers()) |handle| peer.own(handle);
        // After all of them, so that a node release comes after the message that brought the handle.
        for (message.transfers()) |handle| handle.settle();
    }

    /// Delivers a node release: the handle is gone.
    pub fn receiveNodeRelease(peer: *Peer, handle: *Handle) void {
        handle.released = true;
        peer.disown(handle);
        peer.counts.add(.handles, -1);
        handle.discharge();
        handle.partDone();
        handle.unref();
    }

    /// Delivers a handle release.
    pub fn receiveHandleRelease(handle: *Handle) void {
        handle.node.releases_received += 1;
        handle.partDone();
    }

    /// What the end of a peer has to discard.
    const Discards = struct {
        /// Queued messages of transactions that were committed before the end, oldest first.
        committed: ?*Part,
        /// Queued messages of transactions that are committed during the end, newest first: too late to be part of it.
        late: ?*Part,
        /// The peeked message. It counts as queued, but its memory stays until its pop.
        peeked: ?*Message,
    };

    /// Ends the peer, as one transaction: seals the queue, discards what waits in it, releases all nodes and handles. No
    /// thread enters the peer any more. Reference: `b1_peer_end`.
    pub fn end(peer: *Peer) void {
        assert(!peer.ended);
        peer.ended = true;
        peer.counts.add(.peers, -1);
        const discards = peer.seal();
        peer.releaseAll(discards);
        peer.shutdown.commit();
        peer.notifyAll(discards);
        // Acquire and release: pairs with itself in `popEnded`; the second frees what the first has done with. Explored:
        // `ends: between peek and pop`.
        if (peer.peeked != null and peer.peeked_left.swap(true, .acq_rel)) peer.freePeeked();
        peer.leaveMemory();
        peer.wake();
    }

    /// First step of the end: refuses what comes later, and sorts what waits in the queue.
    fn seal(peer: *Peer) Discards {
        var committed: PartList = .{};
        var late: ?*Part = null;
        var it = peer.queue.seal();
        while (it) |part| {
            it = part.next();
            if (part.kind != .user) {
                Handle.of(part).partDone();
                continue;
            }
            const message = Message.of(part);
            if (Tx.isCommitted(part.tx)) {
                committed.append(part);
            } else if (message.n_transfers == 0) {
                message.uncount(peer);
                message.unref(null);
            } else if (message.isSecond()) {
                part.setNext(late);
                late = part;
            } // else its sender discards it, after its commit
        }
        const peeked: ?*Message = if (peer.peeked) |part| (if (part.kind == .user) Message.of(part) else null) else null;
        return .{ .committed = committed.first, .late = late, .peeked = peeked };
    }

    /// Second step, before the commit: pushes a release of each node and handle that goes with the peer.
    fn releaseAll(peer: *Peer, discards: Discards) void {
        const tx = peer.shutdown;
        var nodes = peer.owned_nodes.first;
        while (nodes) |node| : (nodes = node.owned.next) node.release(peer, tx);
        if (discards.peeked) |message| for (message.transfers()) |handle| handle.release(peer, tx);
        var parts = discards.committed;
        while (parts) |part| : (parts = part.next()) {
            for (Message.of(part).transfers()) |handle| handle.release(peer, tx);
        }
        var handles = peer.owned_handles.first;
        while (handles) |handle| : (handles = handle.owned.next) handle.release(peer, tx);
    }

    /// Third step, after the commit: wakes the peers that receive a release, and drops the references.
    fn notifyAll(peer: *Peer, discards: Discards) void {
        while (peer.owned_nodes.first) |node| {
            peer.unlist(node);
            node.finishRelease();
            node.unref();
        }
        peer.nodes.deinit();
        if (discards.peeked) |message| {
            message.uncount(peer);
            for (message.transfers()) |handle| handle.node.owner.wake();
        }
        var committed = discards.committed;
        while (committed) |part| {
            committed = part.next();
            const message = Message.of(part);
            message.uncount(peer);
            message.dropTransfers();
            message.unref(&peer.outbox);
        }
        while (peer.owned_handles.first) |handle| {
            peer.disown(handle);
            handle.node.owner.wake();
            handle.unref();
        }
        var late = discards.late;
        while (late) |part| {
            late = part.next();
            Message.of(part).discard(peer);
        }
    }

    /// Returns the next message, which stays until its `pop`. Reference: `b1_peer_peek`.
    pub fn peek(peer: *Peer) ?*Part {
        if (peer.peeked == null) {
            const part = peer.first(.every) orelse return null;
            peer.queue.removeFirst();
            peer.peeked = part;
            if (part.kind == .user) peer.peeked_node = peer.nodes.get(Message.of(part).node_id).?.ref();
            peer.pop_due = true;
        }
        return peer.peeked;
    }

    /// Removes what was peeked. Reference: `b1_peer_pop`.
    pub fn pop(peer: *Peer) void {
        const part = peer.peeked orelse return;
        peer.peeked = null;
        peer.pop_due = false;
        switch (part.kind) {
            .user => {
                const message = Message.of(part);
                peer.receive(message);
                message.unref(&peer.outbox);
                peer.unpinNode();
            },
            .node_release => {
                const handle = Handle.of(part);
                // If it was released since the `peek`, the release has dropped the owner's reference.
                if (handle.released) handle.partDone() else peer.receiveNodeRelease(handle);
            },
            .handle_release => receiveHandleRelease(Handle.of(part)),
        }
    }

    /// The `pop` of a peer that has ended since the `peek`.
    pub fn popEnded(peer: *Peer) void {
        if (!peer.pop_due) return;
        peer.pop_due = false;
        // Acquire and release: pairs with itself in `end`.
        if (peer.peeked_left.swap(true, .acq_rel)) peer.freePeeked();
    }

    fn freePeeked(peer: *Peer) void {
        const part = peer.peeked.?;
        switch (part.kind) {
            .user => {
                const message = Message.of(part);
                for (message.transfers()) |handle| handle.unref();
                message.unref(null);
                peer.unpinNode();
            },
            else => Handle.of(part).partDone(),
        }
    }

    fn unpinNode(peer: *Peer) void {
        const node = peer.peeked_node.?;
        peer.peeked_node = null;
        node.unref();
    }
};
