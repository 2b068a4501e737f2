//! The uapi in Zig: the structures, request numbers and values of include/linux/bus1.h, which documents them. header_test.zig
//! compares the two.

const std = @import("std");
const assert = std.debug.assert;
const IOCTL = std.os.linux.IOCTL;

pub const BUS1_INVALID: u64 = std.math.maxInt(u64);
pub const BUS1_MANAGED: u64 = 1;
pub const BUS1_TRANSFER_FLAG_CREATE: u64 = 1;

pub const BUS1_MESSAGE_TYPE_USER: u64 = 0;
pub const BUS1_MESSAGE_TYPE_NODE_RELEASE: u64 = 1;
pub const BUS1_MESSAGE_TYPE_HANDLE_RELEASE: u64 = 2;

pub const BUS1_IOCTL_MAGIC = 0x97;
pub const BUS1_CMD_TRANSFER = IOCTL.IOWR(BUS1_IOCTL_MAGIC, 0, CmdTransfer);
pub const BUS1_CMD_RELEASE = IOCTL.IOWR(BUS1_IOCTL_MAGIC, 1, CmdRelease);
pub const BUS1_CMD_SEND = IOCTL.IOWR(BUS1_IOCTL_MAGIC, 2, CmdSend);
pub const BUS1_CMD_RECV = IOCTL.IOWR(BUS1_IOCTL_MAGIC, 3, CmdRecv);

/// The maximum size of a message in bytes: the kernel moves no more in one call.
pub const max_data = 0x7ffff000;
/// The maximum number of vectors, as everywhere in the kernel.
pub const max_vectors = 1024;

pub const Transfer = extern struct {
    flags: u64 = 0,
    id: u64,
};

pub const Metadata = extern struct {
    flags: u64 = 0,
    id: u64,
    account: u64 = BUS1_INVALID,
};

pub const Message = extern struct {
    flags: u64 = 0,
    type: u64,
    n_transfers: u64 = 0,
    ptr_transfers: u64 = 0,
    n_data: u64 = 0,
    n_data_vecs: u64 = 0,
    ptr_data_vecs: u64 = 0,
};

/// `struct iovec` of a 64-bit process.
pub const Vector = extern struct {
    base: u64,
    len: u64,
};

pub const CmdTransfer = extern struct {
    flags: u64 = 0,
    to: u64 = BUS1_INVALID,
    n_transfers: u64,
    ptr_src: u64,
    ptr_dst: u64,
};

pub const CmdRelease = extern struct {
    flags: u64 = 0,
    n_ids: u64,
    ptr_ids: u64,
};

pub const CmdSend = extern struct {
    flags: u64 = 0,
    n_destinations: u64,
    ptr_destinations: u64,
    ptr_errors: u64 = 0,
    ptr_message: u64,
};

pub const CmdRecv = extern struct {
    flags: u64 = 0,
    ptr_metadata: u64,
    ptr_message: u64,
};

comptime {
    for (.{
        .{ Transfer, 16 },    .{ Metadata, 24 },   .{ Message, 56 }, .{ Vector, 16 },
        .{ CmdTransfer, 40 }, .{ CmdRelease, 24 }, .{ CmdSend, 40 }, .{ CmdRecv, 24 },
    }) |row| {
        const T, const size = row;
        assert(@sizeOf(T) == size and @alignOf(T) == 8);
        // Only u64 fields, without padding.
        for (@typeInfo(T).@"struct".field_names, 0..) |name, i| {
            assert(@FieldType(T, name) == u64 and @offsetOf(T, name) == 8 * i);
        }
    }
}
