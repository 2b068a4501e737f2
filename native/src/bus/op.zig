//! Operations: messages and releases that are committed as one transaction.
//!
//! Everything that can fail happens while the op is put together. `commit` checks once more that no named object was
//! released meanwhile, and from then on cannot fail: it links the copies (they count before the first push), pushes all
//! parts, sets the flag, and wakes the receivers. queue.zig explains why that order is right. Reference: `Op`.

const std = @import("std");
const acct = @import("acct.zig");
const heap = @import("../base/heap.zig");
const Handle = @import("handle.zig").Handle;
const Message = @import("message.zig").Message;
const Node = @import("node.zig").Node;
const Part = @import("queue.zig").Part;
const Payload = @import("message.zig").Payload;
const Peer = @import("peer.zig").Peer;
const Tx = @import("queue.zig").Tx;

pub const Op = struct {
    operator: *Peer,
    tx: *Tx,
    messages: std.ArrayList(Entry) = .empty,
    nodes: std.array_hash_map.Auto(*Node, void) = .empty,
    handles: std.array_hash_map.Auto(*Handle, void) = .empty,

    const Entry = struct {
        message: *Message,
        via: *Handle,
        /// What the transfers are copies of; `commit` checks them once more.
        sources: []*Handle,
        fate: Fate = .queue,

        /// Which side has the message after its push.
        const Fate = enum {
            /// The receiver alone.
            queue,
            /// Both: the sender keeps a reference, because it may have to release the transfers after its commit.
            both,
            /// The sender alone: the receiver has ended.
            sender,
        };
    };

    pub const Error = error{
        /// The object is not the operator's.
        Foreign,
        /// The object was released, or is gone with its node.
        Released,
    } || acct.Error;

    pub fn create(operator: *Peer) error{OutOfMemory}!*Op {
        const op = try heap.allocator.create(Op);
        errdefer heap.allocator.destroy(op);
        op.* = .{ .operator = operator, .tx = try Tx.create() };
        _ = operator.ref();
        return op;
    }

    /// Aborts and frees the op.
    pub fn destroy(op: *Op) void {
        for (op.messages.items) |entry| drop(entry);
        op.free();
    }

    fn free(op: *Op) void {
        for (op.messages.items) |entry| freeNames(entry);
        op.messages.deinit(heap.allocator);
        for (op.nodes.keys()) |node| node.unref();
        op.nodes.deinit(heap.allocator);
        for (op.handles.keys()) |handle| handle.unref();
        op.handles.deinit(heap.allocator);
        op.tx.unref();
        op.operator.unref();
        heap.allocator.destroy(op);
    }

    fn drop(entry: Entry) void {
        entry.via.node.owner.unreserve(entry.message.n_data);
        entry.message.destroy();
    }

    fn freeNames(entry: Entry) void {
        entry.via.unref();
        for (entry.sources) |source| source.unref();
        heap.allocator.free(entry.sources);
    }

    fn check(op: *const Op, object: anytype) error{ Foreign, Released }!void {
        if (object.owner != op.operator) return error.Foreign;
        if (!object.isLive()) return error.Released;
    }

    /// Adds a message through `via`, which transfers copies of `sources`.
    pub fn sendMessage(op: *Op, via: *Handle, sources: []const *Handle, payload: Payload) Error!void {
        try op.check(via);
        for (sources) |source| try op.check(source);
        try op.messages.ensureUnusedCapacity(heap.allocator, 1);
        const names = try heap.allocator.dupe(*Handle, sources);
        errdefer heap.allocator.free(names);
        const message = try createMessage(op.operator, via, sources, payload);
        for (names) |source| _ = source.ref();
        op.messages.appendAssumeCapacity(.{ .message = message, .via = via.ref(), .sources = names });
    }

    /// Adds a message through each of `to`: all of them, or none.
    pub fn sendMessages(op: *Op, to: []const *Handle, sources: []const *Handle, payload: Payload) Error!void {
        const before = op.messages.items.len;
        errdefer op.dropMessages(before);
        for (to) |via| try op.sendMessage(via, sources, payload);
    }

    /// Removes the messages that were added last, so that `keep` are left.
    fn dropMessages(op: *Op, keep: usize) void {
        while (op.messages.items.len > keep) {
            const entry = op.messages.pop().?;
            drop(entry);
            freeNames(entry);
        }
    }

    /// Adds the release of a node. Idempotent.
    pub fn releaseNode(op: *Op, node: *Node) Error!void {
        try op.check(node);
        if (!(try op.nodes.getOrPut(heap.allocator, node)).found_existing) _ = node.ref();
    }

    /// Adds the release of a handle. Idempotent.
    pub fn releaseHandle(op: *Op, handle: *Handle) Error!void {
        try op.check(handle);
        if (!(try op.handles.getOrPut(heap.allocator, handle)).found_existing) _ = handle.ref();
    }

    /// Checks that no named object was released since it was added.
    pub fn revalidate(op: *const Op) error{Released}!void {
        for (op.messages.items) |entry| {
            if (!entry.via.isLive()) return error.Released;
            for (entry.sources) |source| if (!source.isLive()) return error.Released;
        }
        for (op.nodes.keys()) |node| if (!node.isLive()) return error.Released;
        for (op.handles.keys()) |handle| if (!handle.isLive()) return error.Released;
    }

    /// Commits the op, unless a named object was released since it was added. Frees the op in either case.
    pub fn commit(op: *Op) error{Released}!void {
        op.revalidate() catch |e| {
            op.destroy();
            return e;
        };
        const operator = op.operator;
        const tx = op.tx;

        // Copies count from here on, before any receiver can release one.
        op.countCopies();

        // Push. A lone message without transfers needs no flag: its push is its commit.
        const alone = op.messages.items.len == 1 and op.nodes.count() == 0 and op.handles.count() == 0 and
            op.messages.items[0].message.n_transfers == 0;
        for (op.messages.items) |*entry| {
            const message = entry.message;
            if (!alone) message.part.tx = tx.ref();
            entry.fate = push(message, entry.via.node.owner, operator);
        }
        for (op.nodes.keys()) |node| {
            operator.disownNode(node);
            node.release(operator, tx);
        }
        for (op.handles.keys()) |handle| {
            operator.disown(handle);
            handle.release(operator, tx);
        }

        tx.commit();

        for (op.messages.items) |entry| {
            switch (entry.fate) {
                .queue => {},
                .both => {
                    // An end that sealed the queue before the commit has left the message, with its reference, to us.
                    if (entry.message.isSecond()) entry.message.discard(operator);
                    entry.message.unref(&operator.outbox);
                },
                .sender => entry.message.discard(operator),
            }
            entry.via.node.owner.wake();
        }
        for (op.nodes.keys()) |node| {
            node.finishRelease();
            node.unref(); // the owner's reference
        }
        for (op.handles.keys()) |handle| {
            handle.node.owner.wake();
            handle.unref(); // the owner's reference
        }
        op.free();
    }

    fn countCopies(op: *const Op) void {
        for (op.messages.items) |entry| {
            op.operator.counts.add(.handles, entry.message.n_transfers);
            for (entry.message.transfers()) |handle| handle.link(op.tx);
        }
    }

    fn push(message: *Message, to: *Peer, operator: *Peer) Entry.Fate {
        message.count(operator);
        if (message.n_transfers == 0) return if (to.queue.push(&message.part)) .queue else .sender;
        if (to.queue.push(&message.ref().part)) return .both;
        message.unref(null); // the queue's reference: not the last
        return .sender;
    }

    /// Makes a message that is charged, and has its room in the receiver's queue.
    fn createMessage(operator: *Peer, via: *Handle, sources: []const *Handle, payload: Payload) acct.Error!*Message {
        const message = try Message.create(operator, via, sources, payload);
        errdefer message.destroy();
        try via.node.owner.reserve(message.n_data);
        return message;
    }

    /// Sends bytes without transfers through one handle of the operator: a short way that needs no op.
    pub fn send(operator: *Peer, via: *Handle, bytes: []const u8) acct.Error!void {
        const message = try createMessage(operator, via, &.{}, .{ .bytes = bytes });
        const to = via.node.owner;
        if (push(message, to, operator) == .sender) return message.discard(operator);
        to.wake();
    }

    /// Sends the bytes of each of `frames` through one handle of the operator, in order, each as its own transaction, with
    /// one push. Stops before the first that fails, and returns how many it sent; the error, if the first one fails.
    pub fn sendEach(operator: *Peer, via: *Handle, frames: anytype) acct.Error!u32 {
        var n: u32 = 0;
        var newest: ?*Part = null;
        var oldest: *Part = undefined;
        while (frames.next()) |bytes| : (n += 1) {
            const message = createMessage(operator, via, &.{}, .{ .bytes = bytes }) catch |e| {
                if (n == 0) return e;
                break;
            };
            message.part.setNext(newest);
            newest = &message.part;
            if (n == 0) oldest = newest.?;
        }
        const last = newest orelse return 0;
        var it = newest;
        while (it) |part| : (it = part.next()) Message.of(part).count(operator);
        const to = via.node.owner;
        if (to.queue.pushChain(last, oldest)) {
            to.wake();
        } else while (newest) |part| {
            newest = part.next();
            Message.of(part).discard(operator);
        }
        return n;
    }
};
