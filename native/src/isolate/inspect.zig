//! Inspection: which peers exist, which nodes and handles they own, and which peers can reach which.
//!
//! It is safe while other threads use the bus, and unobservable: nothing here writes what other threads read, or waits for
//! anything but the few locks named below.
//!
//! - **The operator of a peer** (a thread that has entered its gate) sees all of it: its nodes, its handles, the messages in
//!   its queue. It takes the messages that have come in, as a receive would, but does not look for ready ones
//!   (`Queue.gather`).
//! - **Any thread** sees of all peers of the process what other threads may read: their numbers and names, which never
//!   change; their nodes, under the lock of that list (`Peer.lock`); and of each node the handles to it, under the node's
//!   lock. The owner of a handle and its number never change, and its id is atomic. The handles of all nodes are all handles
//!   of all peers, except those to nodes that are gone. The queues of other peers are not seen: only their operators and
//!   senders use them, without a lock that would slow them down.
//!
//! Peers are found by the list of their counts. Its lock keeps them alive: a peer is taken off the list before it is freed.
//! Locks are taken in this order: that one, a peer's, a node's; never one that comes before a lock that is held.
//!
//! The result is not a picture of one moment: one object may change before the next is read.

const std = @import("std");
const counts = @import("../bus/counts.zig");
const LocalPeer = @import("local_peer.zig").LocalPeer;
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

/// What waits in a queue.
const Waiting = struct { messages: u64 = 0, bytes: u64 = 0 };

/// Writes a peer, for its operator.
pub fn operated(local: *LocalPeer, writer: *Writer) error{OutOfMemory}!void {
    const peer = local.ids.peer;
    var at_nodes = try Waits.of(peer);
    defer at_nodes.deinit();
    writer.putNamed(.{ .peer = .{
        .number = numberOf(peer.counts.number),
        .nodes = numberOf(peer.nodes.count),
        .handles = numberOf(local.ids.handles.count),
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
            // Of the handles that come with a message, those to nodes that exist.
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

    /// A message for a node that is gone is never delivered, and one that is not committed has not been sent.
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

/// Writes all peers of the process that have not ended, for any thread.
pub fn all(writer: *Writer) void {
    counts.each(writer, ofAnother);
}

fn ofAnother(writer: *Writer, its: *counts.Counts) void {
    const peer: *Peer = @alignCast(@fieldParentPtr("counts", its));
    // Relaxed, both: they are numbers of this moment, and decide nothing.
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
        // Once the node is released, its list belongs to the thread that releases it.
        if (node.released) continue;
        const handles = node.handles.count();
        writer.putNamed(.{ .node = .{ .id = numberOf(node.id), .handles = numberOf(handles) } }, Name.text(node.name));
        var holder_it = node.handles.first;
        while (holder_it) |handle| : (holder_it = handle.at_node.next) {
            writer.put(.{ .holder = .{ .id = numberOf(idOf(handle)), .peer = numberOf(handle.owner.counts.number) } });
        }
    }
}

/// Returns 0 until the owner has received the handle, and for a peer without ids.
fn idOf(handle: *const Handle) u64 {
    // Relaxed: a number, which says nothing of anything else.
    return if (handle.owner.has_ids) handle.userdata.load(.monotonic) else 0;
}
