//! The constants that TypeScript needs, each with its name and its doc comment there. describe.zig turns the list into
//! src/port/abi.ts: a `u64` becomes a bigint, another number a number, a structure its size and the offsets of its fields.

const std = @import("std");
const linux = std.os.linux;
const acct = @import("../bus/acct.zig");
const inspect_records = @import("../base/inspect_records.zig");
const records = @import("../base/records.zig");
const types = @import("../base/uapi_types.zig");

/// What an id names: what `bus1_kind` returns.
pub const Kind = enum(u32) { node = 1, handle = 2 };

pub const all = .{
    // The bus.
    .{ "MAX_DATA", types.max_data, "How many bytes one message can carry." },
    .{ "NODE", @backingInt(Kind.node), "What an id names: a node." },
    .{ "HANDLE", @backingInt(Kind.handle), "What an id names: a handle." },
    .{ "NO_USER", acct.no_user, "The user of a peer that has none." },
    .{ "ACCOUNT_OBJECTS", number(acct.generous[@backingInt(acct.Slot.objects)]), "How many objects a user may have without a limit of its own." },
    .{ "ACCOUNT_BYTES", number(acct.generous[@backingInt(acct.Slot.bytes)]), "How many bytes a user may have without a limit of its own." },
    .{ "MAX_UNRECEIVED", acct.max_unreceived, "How many released handles of a user are free of charge while their release is not received." },

    // The buffers that both languages read and write: see base/records.zig.
    .{ "MESSAGE_RECORD", records.Message, "A message that was received; then come the ids of its transfers and its bytes." },
    .{ "MESSAGE_FRAME", records.Frame, "The head of a message that is to be sent; then come its bytes." },
    .{ "PEER_OPTIONS", records.PeerOptions, "The options of `bus1_peer_open`, all of them `f64`; NaN where nothing special is asked for." },
    .{ "INSPECTED_HEAD", inspect_records.Head, "What each record of an inspection begins with." },
    .{ "INSPECTED_PEER", inspect_records.Peer, "The record of a peer; all fields but those of the head are `f64`." },
    .{ "INSPECTED_NODE", inspect_records.Node, "The record of a node of the peer before it." },
    .{ "INSPECTED_HANDLE", inspect_records.Handle, "The record of a handle of the peer before it." },
    .{ "INSPECTED_HOLDER", inspect_records.Holder, "The record of a handle to the node before it." },
    .{ "KIND_PEER", @backingInt(inspect_records.Kind.peer), "The `kind` of `INSPECTED_PEER`." },
    .{ "KIND_NODE", @backingInt(inspect_records.Kind.node), "The `kind` of `INSPECTED_NODE`." },
    .{ "KIND_HANDLE", @backingInt(inspect_records.Kind.handle), "The `kind` of `INSPECTED_HANDLE`." },

    // The uapi. src/uapi/mod.ts exports these to users, so a user reads the comments.
    .{ "BUS1_INVALID", types.BUS1_INVALID, "No id, no account; as a target: this peer." },
    .{ "BUS1_MANAGED", types.BUS1_MANAGED, "The bit that is set in all ids that the bus chooses: `id & BUS1_MANAGED` is 1." },
    .{ "BUS1_TRANSFER_FLAG_CREATE", number(types.BUS1_TRANSFER_FLAG_CREATE), "Flag of a transfer in `BUS1_CMD_TRANSFER`: make a node, and a handle to it." },
    .{ "BUS1_MESSAGE_TYPE_USER", number(types.BUS1_MESSAGE_TYPE_USER), "Type of a message: a peer sent it." },
    .{ "BUS1_MESSAGE_TYPE_NODE_RELEASE", number(types.BUS1_MESSAGE_TYPE_NODE_RELEASE), "Type of a message: the node behind a handle is gone. With this message the handle is, too." },
    .{ "BUS1_MESSAGE_TYPE_HANDLE_RELEASE", number(types.BUS1_MESSAGE_TYPE_HANDLE_RELEASE), "Type of a message: the last handle to a node is gone. With this message the node is, too." },
    .{ "BUS1_CMD_TRANSFER", types.BUS1_CMD_TRANSFER, "Makes nodes and copies handles to another peer; takes a {@linkcode bus1_cmd_transfer}." },
    .{ "BUS1_CMD_RELEASE", types.BUS1_CMD_RELEASE, "Releases nodes and handles; takes a {@linkcode bus1_cmd_release}." },
    .{ "BUS1_CMD_SEND", types.BUS1_CMD_SEND, "Sends a message; takes a {@linkcode bus1_cmd_send}." },
    .{ "BUS1_CMD_RECV", types.BUS1_CMD_RECV, "Receives a message; takes a {@linkcode bus1_cmd_recv}. Returns 1." },
    .{ "bus1_cmd_transfer", types.CmdTransfer, "`struct bus1_cmd_transfer`: its size and the offsets of its fields." },
    .{ "bus1_cmd_release", types.CmdRelease, "`struct bus1_cmd_release`: its size and the offsets of its fields." },
    .{ "bus1_cmd_send", types.CmdSend, "`struct bus1_cmd_send`: its size and the offsets of its fields." },
    .{ "bus1_cmd_recv", types.CmdRecv, "`struct bus1_cmd_recv`: its size and the offsets of its fields." },
    .{ "bus1_transfer", types.Transfer, "`struct bus1_transfer`: its size and the offsets of its fields." },
    .{ "bus1_metadata", types.Metadata, "`struct bus1_metadata`: its size and the offsets of its fields." },
    .{ "bus1_message", types.Message, "`struct bus1_message`: its size and the offsets of its fields." },
    .{ "iovec", types.Vector, "`struct iovec`: its size and the offsets of its fields, `base` and `len`." },
    .{ "O_RDONLY", bits(.{ .ACCMODE = .RDONLY }), "Flag of `open`: read only. A peer that is opened so can do everything." },
    .{ "O_WRONLY", bits(.{ .ACCMODE = .WRONLY }), "Flag of `open`: write only." },
    .{ "O_RDWR", bits(.{ .ACCMODE = .RDWR }), "Flag of `open`: read and write." },
    .{ "O_NONBLOCK", bits(.{ .NONBLOCK = true }), "Flag of `open`: do not block. No command of a peer ever does." },
    .{ "O_CLOEXEC", bits(.{ .CLOEXEC = true }), "Flag of `open`: programs that are started do not inherit the descriptor." },
    .{ "O_PATH", bits(.{ .PATH = true }), "Flag of `open`: the path only, without opening the file there." },
    .{ "POLLIN", linux.POLL.IN, "Event of `poll`: a message is ready; in general, there is something to read." },
    .{ "POLLOUT", linux.POLL.OUT, "Event of `poll`: it can be sent to. A peer always can." },
    .{ "POLLERR", linux.POLL.ERR, "Event of `poll`, never asked for: an error." },
    .{ "POLLHUP", linux.POLL.HUP, "Event of `poll`, never asked for: the other end is closed; of an emulated device: its supervisor has ended." },
    .{ "POLLNVAL", linux.POLL.NVAL, "Event of `poll`, never asked for: the descriptor is not open." },
    .{ "pollfd", linux.pollfd, "`struct pollfd`: its size and the offsets of its fields." },
};

/// A number that is exact as a number of JavaScript.
fn number(comptime value: u64) comptime_int {
    return value;
}

/// The flags of `bus1_fd_open`.
fn bits(flags: linux.O) comptime_int {
    return @as(u32, @bitCast(flags));
}
