//! The object API for C: include/b1.h, where each function is described. Types and thunks only.
//!
//! The caller guarantees what b1.h asks: pointers that it has a reference to, and one operator at a time. Every call
//! enters the operator's gate, so that an end may come at any time.

const std = @import("std");
const acct = @import("../bus/acct.zig");
const counts = @import("../bus/counts.zig");
const Acct = acct.Acct;
const Actor = acct.Actor;
const Amounts = acct.Amounts;
const Errno = @import("../base/errno.zig").Errno;
const Gate = @import("../bus/gate.zig").Gate;
const Handle = @import("../bus/handle.zig").Handle;
const Message = @import("../bus/message.zig").Message;
const Node = @import("../bus/node.zig").Node;
const Op = @import("../bus/op.zig").Op;
const Peer = @import("../bus/peer.zig").Peer;
const QueueLimit = @import("../bus/queue_limit.zig").QueueLimit;
const Shared = @import("../bus/message.zig").Shared;
const Claim = acct.Claim;
const User = acct.User;
const Waitq = @import("../bus/waitq.zig").Waitq;
const max_data = @import("../base/uapi_types.zig").max_data;
const messageType = @import("convert.zig").messageType;

fn errno(e: error{ Ended, Busy, Released, Foreign, OutOfMemory, TooLarge, Quota, Overflow }) c_int {
    const value: Errno = switch (e) {
        error.Ended => .ESHUTDOWN,
        error.Released, error.Busy => .EBADRQC,
        error.Foreign => .ENOTRECOVERABLE,
        error.OutOfMemory => .ENOMEM,
        error.TooLarge => .EMSGSIZE,
        error.Quota => .EDQUOT,
        error.Overflow => .EXFULL,
    };
    return value.negative();
}

fn enter(peer: *Peer) Gate.Refusal!void {
    return peer.gate.enter(0);
}

fn leave(peer: *Peer) void {
    if (peer.gate.leave()) finish(peer);
}

fn finish(peer: *Peer) void {
    peer.end();
    peer.gate.close(0);
}

/// Enters two peers, which may be the same.
fn enterBoth(a: *Peer, b: *Peer) Gate.Refusal!void {
    try enter(a);
    if (a == b) return;
    errdefer leave(a);
    try enter(b);
}

fn leaveBoth(a: *Peer, b: *Peer) void {
    if (a != b) leave(b);
    leave(a);
}

// Accounting

/// Shared with b1.h, and compared with it by a test.
pub const Charge = extern struct { claim: ?*Claim = null, amounts: Amounts = @splat(0) };

pub export fn b1_acct_new(maxima: *const Amounts) ?*Acct {
    return Acct.create(maxima.*) catch null;
}

pub export fn b1_acct_ref(users: ?*Acct) ?*Acct {
    if (users) |u| _ = u.ref();
    return users;
}

pub export fn b1_acct_unref(users: ?*Acct) ?*Acct {
    if (users) |u| u.unref();
    return null;
}

pub export fn b1_acct_get_user(users: *Acct, id: u32) ?*User {
    return users.user(id) catch null;
}

pub export fn b1_acct_user_ref(user: ?*User) ?*User {
    if (user) |u| _ = u.ref();
    return user;
}

pub export fn b1_acct_user_unref(user: ?*User) ?*User {
    if (user) |u| u.unref();
    return null;
}

pub export fn b1_acct_actor_new(user: *User) ?*Actor {
    return Actor.create(user) catch null;
}

pub export fn b1_acct_actor_ref(actor: ?*Actor) ?*Actor {
    if (actor) |a| _ = a.ref();
    return actor;
}

pub export fn b1_acct_actor_unref(actor: ?*Actor) ?*Actor {
    if (actor) |a| a.unref();
    return null;
}

pub export fn b1_acct_actor_charge(charged: *Actor, charge: *Charge, claimant: *Actor, amounts: *const Amounts) c_int {
    if (charge.claim != null) return Errno.EINVAL.negative();
    // The caller's actor is a holder: there is a claim.
    charge.* = .{ .claim = charged.user.charge(claimant, amounts.*, 1) catch |e| return errno(e), .amounts = amounts.* };
    return 0;
}

pub export fn b1_acct_charge_init(charge: *Charge) void {
    charge.* = .{};
}

pub export fn b1_acct_charge_deinit(charge: *Charge) void {
    acct.discharge(&charge.claim, charge.amounts);
    charge.* = .{};
}

// Waiting

pub export fn b1_waitq_new() ?*Waitq {
    return Waitq.create(null, null) catch null;
}

pub export fn b1_waitq_new_callback(wake: ?Waitq.Callback, userdata: ?*anyopaque) ?*Waitq {
    return Waitq.create(wake, userdata) catch null;
}

pub export fn b1_waitq_ref(waitq: ?*Waitq) ?*Waitq {
    if (waitq) |w| _ = w.ref();
    return waitq;
}

pub export fn b1_waitq_unref(waitq: ?*Waitq) ?*Waitq {
    if (waitq) |w| w.unref();
    return null;
}

pub export fn b1_waitq_wait(waitq: *Waitq, n_peers: usize, peers: [*]const *Peer, timeout_ns: i64) c_int {
    for (peers[0..n_peers]) |peer| {
        if (peer.waitq != waitq or n_peers > std.math.maxInt(c_int)) return Errno.EINVAL.negative();
    }
    var looker: struct {
        peers: []const *Peer,
        result: c_int = Errno.EAGAIN.negative(),

        pub fn isReady(looker: *@This()) bool {
            for (looker.peers, 0..) |peer, i| {
                enter(peer) catch |refusal| {
                    looker.result = errno(refusal);
                    return true;
                };
                defer leave(peer);
                if (peer.peeked != null or peer.first(.every) != null) {
                    looker.result = @intCast(i);
                    return true;
                }
            }
            return false;
        }
    } = .{ .peers = peers[0..n_peers] };
    _ = waitq.wait(&looker, if (timeout_ns < 0) null else @intCast(timeout_ns));
    return looker.result;
}

pub export fn b1_waitq_arm(waitq: *Waitq) void {
    waitq.arm();
}

// Peers

/// Shared with b1.h, and compared with it by a test.
pub const Peek = extern struct {
    type: u64,
    u: extern union {
        user: extern struct { node: *Node, n_transfers: u64, transfers: [*]*Handle, n_data: u64, data: [*]u8 },
        node_release: extern struct { handle: *Handle },
        handle_release: extern struct { node: *Node, remaining: u64 },
    },
};

pub export fn b1_peer_new(actor: ?*Actor, waitq: ?*Waitq) ?*Peer {
    return Peer.createWith(waitq, .{ .actor = actor }) catch null;
}

pub export fn b1_peer_new_bounded(actor: ?*Actor, waitq: ?*Waitq, max_messages: u64, max_bytes: u64) ?*Peer {
    const max: QueueLimit.Size = .{ .messages = max_messages, .bytes = max_bytes };
    return Peer.createWith(waitq, .{ .actor = actor, .max_queued = max }) catch null;
}

pub export fn b1_peer_ref(peer: ?*Peer) ?*Peer {
    if (peer) |p| _ = p.ref();
    return peer;
}

pub export fn b1_peer_unref(peer: ?*Peer) ?*Peer {
    if (peer) |p| p.unref();
    return null;
}

pub export fn b1_peer_begin(_: *Peer) void {}

pub export fn b1_peer_end(peer: *Peer) void {
    if (peer.gate.end()) finish(peer);
}

pub export fn b1_peer_new_node(peer: *Peer, other: *Peer, handlep: **Handle) ?*Node {
    enterBoth(peer, other) catch {
        const node = Node.allocate(peer) catch return null;
        node.released = true;
        handlep.* = bornReleased(node, other) orelse {
            node.unref();
            return null;
        };
        return node;
    };
    defer leaveBoth(peer, other);
    const node, handlep.* = peer.newNode(other) catch return null;
    return node;
}

pub export fn b1_peer_new_handle(peer: *Peer, from: *Handle) ?*Handle {
    enterBoth(peer, from.owner) catch return bornReleased(from.node, peer);
    defer leaveBoth(peer, from.owner);
    if (from.released) return bornReleased(from.node, peer);
    return peer.newHandle(from) catch null;
}

/// It does nothing, and keeps nothing but memory.
fn bornReleased(node: *Node, owner: *Peer) ?*Handle {
    const handle = Handle.allocate(node, owner) catch return null;
    handle.released = true;
    return handle;
}

pub export fn b1_peer_readable(peer: *Peer) bool {
    enter(peer) catch return false;
    defer leave(peer);
    return peer.peeked != null or peer.first(.every) != null;
}

pub export fn b1_peer_peek(peer: *Peer, peek: *Peek) bool {
    enter(peer) catch return false;
    defer leave(peer);
    const part = peer.peek() orelse return false;
    switch (part.kind) {
        .user => {
            const message = Message.of(part);
            peek.* = .{ .type = messageType(.user), .u = .{ .user = .{
                .node = peer.peeked_node.?,
                .n_transfers = message.n_transfers,
                .transfers = message.transfers().ptr,
                .n_data = message.n_data,
                .data = message.data().ptr,
            } } };
        },
        .node_release => {
            const handle = Handle.of(part);
            peek.* = .{ .type = messageType(.node_release), .u = .{ .node_release = .{ .handle = handle } } };
        },
        .handle_release => {
            const node = Handle.of(part).node;
            peek.* = .{ .type = messageType(.handle_release), .u = .{
                .handle_release = .{ .node = node, .remaining = node.remaining() },
            } };
        },
    }
    return true;
}

pub export fn b1_peer_pop(peer: *Peer) void {
    enter(peer) catch return peer.popEnded();
    defer leave(peer);
    peer.pop();
}

// Nodes

pub export fn b1_node_ref(node: ?*Node) ?*Node {
    if (node) |n| _ = n.ref();
    return node;
}

pub export fn b1_node_unref(node: ?*Node) ?*Node {
    if (node) |n| n.unref();
    return null;
}

pub export fn b1_node_get_userdata(node: *Node) ?*anyopaque {
    return getUserdata(node);
}

pub export fn b1_node_set_userdata(node: *Node, userdata: ?*anyopaque) void {
    setUserdata(node, userdata);
}

pub export fn b1_node_begin(_: *Node) void {}
pub export fn b1_node_end(_: *Node) void {}

fn getUserdata(object: anytype) ?*anyopaque {
    // Relaxed, as in the reference: the callers that set and get it synchronize outside the bus.
    return @ptrFromInt(object.userdata.load(.monotonic));
}

fn setUserdata(object: anytype, userdata: ?*anyopaque) void {
    object.userdata.store(@intFromPtr(userdata), .monotonic); // relaxed: see `getUserdata`
}

// Handles

pub export fn b1_handle_ref(handle: ?*Handle) ?*Handle {
    if (handle) |h| _ = h.ref();
    return handle;
}

pub export fn b1_handle_unref(handle: ?*Handle) ?*Handle {
    if (handle) |h| h.unref();
    return null;
}

pub export fn b1_handle_get_userdata(handle: *Handle) ?*anyopaque {
    return getUserdata(handle);
}

pub export fn b1_handle_set_userdata(handle: *Handle, userdata: ?*anyopaque) void {
    setUserdata(handle, userdata);
}

pub export fn b1_handle_writable(handle: *Handle, n_data: u64, timeout_ns: i64) c_int {
    const operator = handle.owner;
    const waitq = operator.waitq orelse return Errno.EINVAL.negative();
    var looker: struct {
        handle: *Handle,
        n_data: u64,
        result: c_int = Errno.EAGAIN.negative(),

        pub fn isReady(looker: *@This()) bool {
            const peer = looker.handle.owner;
            enter(peer) catch |refusal| {
                looker.result = errno(refusal);
                return true;
            };
            defer leave(peer);
            if (!looker.handle.isLive()) {
                looker.result = errno(error.Released);
                return true;
            }
            const writable = peer.isWritable(looker.handle, looker.n_data) catch |e| {
                looker.result = errno(e);
                return true;
            };
            if (writable) looker.result = 0;
            return writable;
        }
    } = .{ .handle = handle, .n_data = n_data };
    _ = waitq.wait(&looker, if (timeout_ns < 0) null else @intCast(timeout_ns));
    return looker.result;
}

pub export fn b1_handle_begin(_: *Handle) void {}
pub export fn b1_handle_end(_: *Handle) void {}

// Bytes

pub export fn b1_message_shared_new(n_data: u64, data: ?[*]const u8) ?*Shared {
    return Shared.create(null, if (data) |d| d[0..n_data] else &.{}) catch null;
}

pub export fn b1_message_shared_ref(shared: ?*Shared) ?*Shared {
    if (shared) |s| _ = s.ref();
    return shared;
}

pub export fn b1_message_shared_unref(shared: ?*Shared) ?*Shared {
    if (shared) |s| s.unref();
    return null;
}

// Operations

pub export fn b1_op_new(peer: *Peer) ?*Op {
    return Op.create(peer) catch null;
}

pub export fn b1_op_free(op: ?*Op) ?*Op {
    if (op) |o| o.destroy();
    return null;
}

pub export fn b1_op_send_message(op: *Op, to: *Handle, n_transfers: u64, transfers: ?[*]const *Handle, shared: *Shared) c_int {
    enter(op.operator) catch |e| return errno(e);
    defer leave(op.operator);
    if (shared.n_data > max_data) return errno(error.TooLarge);
    if (n_transfers > std.math.maxInt(u32)) return errno(error.OutOfMemory);
    const sources = if (transfers) |t| t[0..n_transfers] else &.{};
    op.sendMessage(to, sources, .{ .shared = shared }) catch |e| return errno(e);
    return 0;
}

pub export fn b1_op_release_node(op: *Op, node: *Node) c_int {
    enter(op.operator) catch |e| return errno(e);
    defer leave(op.operator);
    op.releaseNode(node) catch |e| return errno(e);
    return 0;
}

pub export fn b1_op_release_handle(op: *Op, handle: *Handle) c_int {
    enter(op.operator) catch |e| return errno(e);
    defer leave(op.operator);
    op.releaseHandle(handle) catch |e| return errno(e);
    return 0;
}

pub export fn b1_op_commit(op: *Op) c_int {
    const operator = op.operator.ref(); // the op lets go of it
    defer operator.unref();
    enter(operator) catch |e| {
        op.destroy();
        return errno(e);
    };
    defer leave(operator);
    op.commit() catch |e| return errno(e);
    return 0;
}

// Inspection

/// Shared with b1.h, and compared with it by a test.
pub const LiveCounts = extern struct { peers: u64, nodes: u64, handles: u64, messages: u64, bytes: u64 };

pub export fn b1_live_counts(result: *LiveCounts) void {
    const peers, const nodes, const handles, const messages, const bytes = counts.totals();
    result.* = .{ .peers = peers, .nodes = nodes, .handles = handles, .messages = messages, .bytes = bytes };
}
