//! A peer of our own bus, as JavaScript operates it: objects go by their ids, transactions being put together by theirs.

const Ids = @import("../bus/ids.zig").Ids;
const Op = @import("../bus/op.zig").Op;
const Spin = @import("../bus/spin.zig").Spin;
const Peer = @import("../bus/peer.zig").Peer;
const Session = @import("slot.zig").Session;
const Table = @import("../base/table.zig").Table;
const Waitq = @import("../bus/waitq.zig").Waitq;

pub const Bus = struct {
    session: *Session,
    waitq: *Waitq,
    ids: Ids,
    ops: Table(*Op) = .{},
    last_op: u64 = 0,
    spin: Spin = .{},

    /// Opens a peer, for the isolate at `port`.
    pub fn open(port: u32, options: Peer.Options) error{OutOfMemory}!*Bus {
        const session = try Session.take();
        errdefer session.give();
        const waitq = try Waitq.create(notify, session);
        errdefer waitq.unref();
        session.body = .{ .bus = .{ .session = session, .waitq = waitq, .ids = try .open(waitq, options) } };
        session.start(port);
        return &session.body.bus;
    }

    fn notify(userdata: ?*anyopaque) callconv(.c) void {
        const session: *const Session = @ptrCast(@alignCast(userdata.?));
        session.notify();
    }

    /// Enters as the operator.
    pub fn enter(index: u32, key: u32) error{ Ended, Unknown }!*Bus {
        return Session.enterAs(.bus, index, key);
    }

    pub fn leave(bus: *Bus) void {
        bus.session.leave();
    }

    /// For the end of the session.
    pub fn close(bus: *Bus) void {
        bus.dropOps();
        bus.ids.close();
        bus.waitq.unref();
    }

    /// What is being put together comes to nothing.
    pub fn dropOps(bus: *Bus) void {
        for (bus.ops.entries) |entry| {
            if (entry.id != 0) entry.value.destroy();
        }
        bus.ops.deinit();
    }

    pub fn nextOp(bus: *Bus) u64 {
        defer bus.last_op += 1;
        return (bus.last_op << 1) | 1;
    }
};
