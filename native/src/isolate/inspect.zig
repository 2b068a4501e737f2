//! Seeing the bus: who is there, what is whose, and who can reach whom.
//!
//! What is seen, and why that is safe while all go on. Nothing here writes what others read, or waits for anybody but for
//! the few locks named below; so nobody can tell that he was looked at.
//!
//! - **Of a peer, its operator** (who has passed its gate) sees all: its nodes, its handles, what waits in its queue. To see
//!   what has come in he takes it, as a receive would, but does not look for what is ready (`Queue.gather`).
//! - **Of all other peers of the process, whoever asks** sees what others may read: their numbers and names, which never
//!   change; their nodes, under the lock of that list (`Peer.lock`); and of each node the handles that count at it, under
//!   the node's lock. The owner of a handle and its number never change, and its id is atomic. From the nodes of all
//!   peers follow all handles of all peers, but for those whose node is gone. What waits for other peers is not seen: that
//!   is between them and their senders, and nothing there is slowed down by a lock.
//!
//! Peers are found by the list of their counts, whose lock keeps them: who frees a peer takes it off first. Locks are taken
//! in this order: that one, a peer's, a node's; nobody who has one of them takes one that comes before it.
//!
//! It is no picture of one moment: what is seen of one object may have changed before the next is looked at.

const std = @import("std");
const counts = @import("../bus/counts.zig");
const Bus = @import("local_peer.zig").Bus;
const Handle = @import("../bus/handle.zig").Handle;
const Message = @import("../bus/message.zig").Message;
const Name = @import("../bus/name.zig").Name;
const Node = @import("../bus/node.zig").Node;
const Part = @import("../bus/queue.zig").Part;
const Peer = @import("../bus/peer.zig").Peer;
const Table = @import("../base/table.zig").Table;
const Tx = @import("../bus/queue.zig").Tx;
const Writer = @import("../base/inspect_records.zig").Writer;
const heap = @import("../base/heap.zig");
const numberOf = @import("../base/inspect_records.zig").numberOf;

/// What waits.
const Waiting = struct { messages: u64 = 0, bytes: u64 = 0 };

/// A peer, for its operator.
pub fn operated(bus: *Bus, writer: *Writer) error{OutOfMemory}!void {
    const peer = bus.ids.peer;
    var at_nodes = try Waits.of(peer);
    defer at_nodes.deinit();
    writer.putNamed(.{ .peer = .{
        .number = numberOf(peer.counts.number),
        .nodes = numberOf(peer.nodes.count),
        .handles = numberOf(bus.ids.handles.count),
        .messages = numberOf(at_nodes.total.messages),
        .bytes = numberOf(at_nodes.total.bytes),
    } }, Name.text(peer.name));
    var node_it = peer.owned_nodes.first;
    while (node_it) |node| : (node_it = node.owned.next) {
        const waiting = at_nodes.at(node);
        writer.putNamed(.{ .node = .{
            .id = numberOf(node.id),
            .handles = numberOf(countHandles(node)),
            .messages = numberOf(waiting.messages),
            .bytes = numberOf(waiting.bytes),
        } }, Name.text(node.name));
    }
    var handle_it = peer.owned_handles.first;
    while (handle_it) |handle| : (handle_it = handle.owned.next) putHandle(writer, handle, handle.node.isGone());
    for ([_]?*Part{ peer.queue.ready, peer.queue.busy }) |list| {
        var part_it = list;
        while (part_it) |part| : (part_it = part.next()) {
            if (part.kind != .user or !Tx.isCommitted(part.tx)) continue;
            // Of those that come with a message, those that lead somewhere.
            for (Message.of(part).transfers()) |handle| if (!handle.node.isGone()) putHandle(writer, handle, false);
        }
    }
}

fn putHandle(writer: *Writer, handle: *const Handle, is_gone: bool) void {
    writer.put(.{ .handle = .{
        .id = numberOf(idOf(handle)),
        .node = numberOf(handle.node.id),
        .peer = numberOf(handle.node.owner.counts.number),
        .gone = numberOf(@intFromBool(is_gone)),
    } });
}

/// What waits at each node of a peer.
const Waits = struct {
    total: Waiting = .{},
    each: []Waiting,
    /// From the id of a node to where it is in `each`.
    places: Table(usize) = .{},

    fn of(peer: *Peer) error{OutOfMemory}!Waits {
        var waits: Waits = .{ .each = try heap.allocator.alloc(Waiting, peer.nodes.count) };
        errdefer waits.deinit();
        try waits.places.reserve(peer.nodes.count);
        @memset(waits.each, .{});
        var place: usize = 0;
        var it = peer.owned_nodes.first;
        while (it) |node| : (it = node.owned.next) {
            waits.places.put(node.id, place);
            place += 1;
        }
        peer.queue.gather();
        for ([_]?*Part{ peer.queue.ready, peer.queue.busy }) |list| {
            var part_it = list;
            while (part_it) |part| : (part_it = part.next()) waits.add(part);
        }
        return waits;
    }

    /// What is for a node that is gone is never delivered, and what is not committed has not been sent.
    fn add(waits: *Waits, part: *Part) void {
        if (part.kind != .user or !Tx.isCommitted(part.tx)) return;
        const message = Message.of(part);
        const place = waits.places.get(message.node_id) orelse return;
        for ([_]*Waiting{ &waits.total, &waits.each[place] }) |waiting| {
            waiting.messages += 1;
            waiting.bytes += message.n_data;
        }
    }

    fn at(waits: *const Waits, node: *const Node) Waiting {
        return waits.each[waits.places.get(node.id).?];
    }

    fn deinit(waits: *Waits) void {
        heap.allocator.free(waits.each);
        waits.places.deinit();
    }
};

fn countHandles(node: *Node) u64 {
    node.mutex.lock();
    defer node.mutex.unlock();
    return if (node.released) 0 else node.handles.count();
}

/// All peers of the process that have not ended, for anybody.
pub fn all(writer: *Writer) void {
    counts.each(writer, ofAnother);
}

fn ofAnother(writer: *Writer, its: *counts.Counts) void {
    const peer: *Peer = @alignCast(@fieldParentPtr("counts", its));
    // Relaxed, both: they are numbers of a moment, and decide nothing.
    if (its.get(.peers) == 0) return;
    writer.putNamed(.{ .peer = .{
        .number = numberOf(its.number),
        .nodes = numberOf(@max(0, its.get(.nodes))),
    } }, Name.text(peer.name));
    peer.lock.lock();
    defer peer.lock.unlock();
    var it = peer.owned_nodes.first;
    while (it) |node| : (it = node.owned.next) {
        node.mutex.lock();
        defer node.mutex.unlock();
        // Once it is released its list is the releaser's own.
        if (node.released) continue;
        const handles = node.handles.count();
        writer.putNamed(.{ .node = .{ .id = numberOf(node.id), .handles = numberOf(handles) } }, Name.text(node.name));
        var holder_it = node.handles.first;
        while (holder_it) |handle| : (holder_it = handle.at_node.next) {
            writer.put(.{ .holder = .{ .id = numberOf(idOf(handle)), .peer = numberOf(handle.owner.counts.number) } });
        }
    }
}

/// 0 until the owner has received it, and for a peer that knows no ids.
fn idOf(handle: *const Handle) u64 {
    // Relaxed: a number, which says nothing of anything else.
    return if (handle.owner.has_ids) handle.userdata.load(.monotonic) else 0;
}
