//! An open file of the device, and the steps that the commands of the specification and those with faults share.

const std = @import("std");
const acct = @import("../bus/acct.zig");
const heap = @import("../base/heap.zig");
const types = @import("../base/uapi_types.zig");
const Handle = @import("../bus/handle.zig").Handle;
const Ids = @import("../bus/ids.zig").Ids;
const Node = @import("../bus/node.zig").Node;
const Op = @import("../bus/op.zig").Op;
const Peer = @import("../bus/peer.zig").Peer;
const Waitq = @import("../bus/waitq.zig").Waitq;

/// The failures of a command.
pub const Failure = error{
    NoCommand,
    Invalid,
    Fault,
    /// The number is not a descriptor.
    BadDescriptor,
    /// The descriptor belongs to another kind of file.
    NotBus1,
    /// The id names nothing, or an object of the wrong kind.
    Unknown,
    TooLarge,
    Empty,
} || acct.Error;

/// An open file of the device: a peer, and its objects by their ids. The owner of the file serializes all calls that
/// concern it, as the caller's file or as the file that receives handles.
pub const File = struct {
    ids: Ids,
    waitq: *Waitq,
    rfc: RfcState = .{},

    /// Calls `wake` with `userdata` once for each `arm`, when there may be something to receive. The call happens
    /// within a commit: in a call on another file, or on this one, including its `close`. `wake` must not call back.
    pub fn open(wake: Waitq.Callback, userdata: ?*anyopaque) error{OutOfMemory}!*File {
        return openWith(wake, userdata, .{});
    }

    /// Opens a file for a user. The user is charged, and its id is in the metadata of messages from this file.
    pub fn openFor(uid: u32, wake: Waitq.Callback, userdata: ?*anyopaque) error{OutOfMemory}!*File {
        const actor = try acct.Actor.createFor(uid);
        defer actor.unref();
        return openWith(wake, userdata, .{ .actor = actor });
    }

    fn openWith(wake: Waitq.Callback, userdata: ?*anyopaque, options: Peer.Options) error{OutOfMemory}!*File {
        const file = try heap.allocator.create(File);
        errdefer heap.allocator.destroy(file);
        const waitq = try Waitq.create(wake, userdata);
        errdefer waitq.unref();
        file.* = .{ .ids = try .open(waitq, options), .waitq = waitq };
        return file;
    }

    /// Ends the peer, as the last close does. `wake` is not called afterwards.
    pub fn close(file: *File) void {
        file.ids.close();
        file.waitq.unref();
        heap.allocator.destroy(file);
    }

    /// Returns whether a receive would find something now.
    pub fn isReadable(file: *File) bool {
        return file.rfc.isStuck(&file.ids) or file.ids.first() != null;
    }

    /// Requests one wake. The caller must call `isReadable` afterwards, since a message may have arrived before.
    pub fn arm(file: *File) void {
        file.waitq.arm();
    }

    /// Finds a handle of the peer.
    pub fn find(file: *const File, id: u64) error{Unknown}!*Handle {
        return file.ids.handle(id) orelse error.Unknown;
    }

    /// Releases nodes and handles as one transaction.
    pub fn releaseAll(file: *File, ids: []const u64) Failure!void {
        const op = try Op.create(file.ids.peer);
        {
            errdefer op.destroy();
            for (ids) |id| file.ids.addRelease(op, id) catch |e| return known(e);
        }
        file.ids.commit(op) catch unreachable; // all objects are live
    }
};

/// The state that quirks.zig keeps in a file. Its initial value has no effect.
pub const RfcState = struct {
    active: bool = false,
    /// Device fault F5: a thread died while it held the lock.
    locked: bool = false,
    /// Device fault F10: a message has arrived.
    stuck: bool = false,

    pub fn isStuck(state: *RfcState, ids: *Ids) bool {
        if (state.active and ids.peer.queue.first() != null) state.stuck = true;
        return state.stuck;
    }

    /// Fails if the lock is never released: on the real device, a caller that waits for it can only be killed.
    pub fn lock(state: *const RfcState) error{Oops}!void {
        if (state.locked) return error.Oops;
    }
};

/// Finds the file of the peer that receives the handles of a TRANSFER.
pub fn target(memory: anytype, file: *File, to: u64) error{ BadDescriptor, NotBus1 }!*File {
    if (to == types.BUS1_INVALID) return file;
    if (to > std.math.maxInt(i32)) return error.BadDescriptor;
    return memory.context.file(to);
}

/// A new handle for a peer, and its node if that is new too. Neither is on the bus yet.
pub const Offer = struct {
    node: ?*Node,
    handle: *Handle,

    pub fn make(source: types.Transfer, from: *File, to: *File) Failure!Offer {
        if (source.flags & ~types.BUS1_TRANSFER_FLAG_CREATE != 0) return error.Invalid;
        if (source.flags == 0) {
            const handle = try from.find(source.id);
            return .{ .node = null, .handle = try Handle.create(handle.node, to.ids.peer) };
        }
        if (source.id != types.BUS1_INVALID) return error.Invalid;
        const node = try Node.create(from.ids.peer);
        errdefer node.unref();
        return .{ .node = node, .handle = try Handle.create(node, to.ids.peer) };
    }

    pub fn drop(offer: Offer) void {
        offer.handle.unref();
        if (offer.node) |node| node.unref();
    }

    /// Adds both to their peers; the tables must have reserved capacity. Returns the handle's id.
    pub fn accept(offer: Offer, from: *File, to: *File) u64 {
        defer offer.drop(); // the peers hold their own references
        if (offer.node) |node| from.ids.peer.adoptNode(node);
        to.ids.peer.adoptHandle(offer.handle, from.ids.peer);
        return to.ids.give(offer.handle);
    }
};

/// Narrows the errors of an op. Its objects were found by their ids, so they are live and belong to its peer.
pub fn known(e: (error{Unknown} || Op.Error)) (error{Unknown} || acct.Error) {
    return switch (e) {
        error.Foreign, error.Released => unreachable,
        else => |other| other,
    };
}
