//! The ids of a peer's nodes and handles, for callers that cannot hold pointers.
//!
//! JavaScript (local_peer.zig) and the uapi (server.zig) name every object by its id on its peer (specification, section 1).
//! A node gets its id from the peer; a handle gets one here, and keeps it in `userdata`. An id ends with its object: on its
//! release, or when its owner receives the notification of one. An id from outside is only ever looked up.

const acct = @import("acct.zig");
const Handle = @import("handle.zig").Handle;
const Message = @import("message.zig").Message;
const Node = @import("node.zig").Node;
const Op = @import("op.zig").Op;
const Part = @import("queue.zig").Part;
const Peer = @import("peer.zig").Peer;
const Table = @import("../base/table.zig").Table;
const Waitq = @import("waitq.zig").Waitq;

pub const Ids = struct {
    peer: *Peer,
    handles: Table(*Handle) = .{},

    /// Opens a peer.
    pub fn open(waitq: *Waitq, options: Peer.Options) error{OutOfMemory}!Ids {
        var wanted = options;
        wanted.has_ids = true;
        return .{ .peer = try Peer.createWith(waitq, wanted) };
    }

    /// Ends it.
    pub fn close(ids: *Ids) void {
        ids.handles.deinit();
        ids.peer.end();
        if (ids.peer.actor) |actor| actor.leave();
        ids.peer.unref();
    }

    pub fn node(ids: *const Ids, id: u64) ?*Node {
        return ids.peer.nodes.get(id);
    }

    pub fn handle(ids: *const Ids, id: u64) ?*Handle {
        return ids.handles.get(id);
    }

    /// Makes a node, and a handle to it on the other peer.
    pub fn newNode(ids: *Ids, other: *Ids, name: []const u8) acct.Error!struct { u64, u64 } {
        try other.handles.reserve(1);
        const new, const to = try ids.peer.newNamedNode(other.peer, name);
        defer new.unref(); // the peers keep theirs
        defer to.unref();
        return .{ new.id, other.give(to) };
    }

    /// Makes a handle on this peer to the node of another peer's handle.
    pub fn newHandle(ids: *Ids, from: *Handle) acct.Error!u64 {
        try ids.handles.reserve(1);
        const new = try ids.peer.newHandle(from);
        defer new.unref(); // the peer keeps its own
        return ids.give(new);
    }

    /// Gives an id to a handle that has become the peer's, for which the table has room.
    pub fn give(ids: *Ids, to: *Handle) u64 {
        const id = ids.peer.nextId();
        to.userdata.store(id, .monotonic); // relaxed: see `idOf`
        ids.handles.put(id, to);
        return id;
    }

    fn idOf(to: *const Handle) u64 {
        return to.userdata.load(.monotonic); // relaxed: only the operator uses it; inspection shows it
    }

    /// Adds to the op the release of the object with this id.
    pub fn addRelease(ids: *const Ids, op: *Op, id: u64) (error{Unknown} || Op.Error)!void {
        if (ids.handle(id)) |to| return op.releaseHandle(to);
        return op.releaseNode(ids.node(id) orelse return error.Unknown);
    }

    /// Commits, and removes the ids of the released objects.
    pub fn commit(ids: *Ids, op: *Op) error{Released}!void {
        op.revalidate() catch |e| {
            op.destroy();
            return e;
        };
        for (op.handles.keys()) |to| ids.handles.remove(idOf(to));
        op.commit() catch unreachable; // it was just checked
    }

    /// Returns the first part that a receive would deliver, where of a node's handle releases only the last counts.
    pub fn first(ids: *Ids) ?*Part {
        return ids.peer.first(.last);
    }

    /// What the receiver of a part is shown.
    pub const Arrival = struct {
        kind: Part.Kind,
        /// The id of a node; for a node release, that of the handle.
        id: u64,
        /// The user of a message's sender, if any.
        account: u32 = acct.no_user,
        n_transfers: u32 = 0,
        /// Valid until the message is received.
        data: []const u8 = &.{},

        pub fn of(part: *Part) Arrival {
            switch (part.kind) {
                .user => {
                    const message = Message.of(part);
                    return .{
                        .kind = .user,
                        .id = message.node_id,
                        .account = part.account,
                        .n_transfers = message.n_transfers,
                        .data = message.data(),
                    };
                },
                .node_release => return .{ .kind = .node_release, .id = idOf(Handle.of(part)) },
                .handle_release => return .{ .kind = .handle_release, .id = Handle.of(part).node.id },
            }
        }
    };

    /// Whether the part can be shown before it is received: its receipt changes nothing but the queue.
    pub fn isPlain(ids: *const Ids, part: *Part) bool {
        if (part.kind != .user) return false;
        const message = Message.of(part);
        return message.n_transfers == 0 and ids.node(message.node_id) != null;
    }

    /// Receives what `first` returned. The transfers of a message, for which the table has room, get the next ids, in
    /// their order.
    pub fn receive(ids: *Ids, part: *Part) void {
        const peer = ids.peer;
        peer.queue.removeFirst();
        switch (part.kind) {
            .user => {
                const message = Message.of(part);
                for (message.transfers()) |to| _ = ids.give(to); // first: a node release that follows is for an id
                peer.receive(message);
                message.unref(&peer.outbox);
            },
            .node_release => {
                const to = Handle.of(part);
                ids.handles.remove(idOf(to));
                peer.receiveNodeRelease(to);
            },
            .handle_release => {
                // It was the last handle: the node goes with it.
                const gone = Handle.of(part).node;
                peer.disownNode(gone);
                gone.releaseUnreachable(peer);
                Peer.receiveHandleRelease(Handle.of(part));
                gone.unref();
            },
        }
    }
};
