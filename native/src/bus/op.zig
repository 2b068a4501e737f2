//! Operations: a set of messages and releases which happens as one.
//!
//! All that can fail happens while the op is put together. `commit` checks once more that nothing named was released
//! meanwhile, and from then on cannot fail: it links the copies (they count before the first push), pushes all parts,
//! sets the flag, and tells those who wait. See queue.zig for why that order is right. Reference: `Op`.

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
        /// What the transfers are copies of: looked at once more by `commit`.
        sources: []*Handle,
        fate: Fate = .queue,

        /// Who has the message after its push.
        const Fate = enum {
            /// The receiver alone.
            queue,
            /// The receiver; and the sender keeps a reference, since there are transfers to see to.
            both,
            /// The sender: the receiver has ended.
            sender,
        };
    };

    pub const Error = error{
        /// Not the operator's.
        Foreign,
        /// Released, or gone with its node.
        Released,
    } || acct.Error;

    pub fn create(operator: *Peer) error{OutOfMemory}!*Op {
        const op = try heap.allocator.create(Op);
        errdefer heap.allocator.destroy(op);
        op.* = .{ .operator = operator, .tx = try Tx.create() };
        _ = operator.ref();
        return op;
    }

    /// Drops the op: nothing happened.
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

    /// Adds a message through `via`, with copies of `sources`.
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

    /// Takes back the messages that were added last.
    fn dropMessages(op: *Op, keep: usize) void {
        while (op.messages.items.len > keep) {
            const entry = op.messages.pop().?;
            drop(entry);
            freeNames(entry);
        }
    }

    /// Adds the release of a node; once, however often.
    pub fn releaseNode(op: *Op, node: *Node) Error!void {
        try op.check(node);
        if (!(try op.nodes.getOrPut(heap.allocator, node)).found_existing) _ = node.ref();
    }

    /// Adds the release of a handle; once, however often.
    pub fn releaseHandle(op: *Op, handle: *Handle) Error!void {
        try op.check(handle);
        if (!(try op.handles.getOrPut(heap.allocator, handle)).found_existing) _ = handle.ref();
    }

    /// Whether all that is named can still be used.
    pub fn revalidate(op: *const Op) error{Released}!void {
        for (op.messages.items) |entry| {
            if (!entry.via.isLive()) return error.Released;
            for (entry.sources) |source| if (!source.isLive()) return error.Released;
        }
        for (op.nodes.keys()) |node| if (!node.isLive()) return error.Released;
        for (op.handles.keys()) |handle| if (!handle.isLive()) return error.Released;
    }

    /// Lets it happen, and frees the op, also if something named was released since it was added.
    pub fn commit(op: *Op) error{Released}!void {
        op.revalidate() catch |e| {
            op.destroy();
            return e;
        };
        const operator = op.operator;
        const tx = op.tx;

        // Copies count from here on, before anybody can receive and release one.
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
                    // An end that sealed the queue before the commit left the message to us, with its reference.
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

    /// A message that is paid for, and has its room.
    fn createMessage(operator: *Peer, via: *Handle, sources: []const *Handle, payload: Payload) acct.Error!*Message {
        const message = try Message.create(operator, via, sources, payload);
        errdefer message.destroy();
        try via.node.owner.reserve(message.n_data);
        return message;
    }

    /// Sends bytes alone to one handle of the operator: the short way, without an op.
    pub fn send(operator: *Peer, via: *Handle, bytes: []const u8) acct.Error!void {
        const message = try createMessage(operator, via, &.{}, .{ .bytes = bytes });
        const to = via.node.owner;
        if (push(message, to, operator) == .sender) return message.discard(operator);
        to.wake();
    }

    /// Sends the bytes of each of `frames` to one handle of the operator, in order, each as a transaction of its own,
    /// with one push: all of them, or those before the first that cannot be. Answers how many.
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
