//! The C headers say what the library does: sizes, offsets and values of b1.h and linux/bus1.h, as a C compiler reads
//! them, are those of the Zig types.

const std = @import("std");
const testing = std.testing;
const acct = @import("../bus/acct.zig");
const capi = @import("../abi/capi.zig");
const uapi = @import("../base/uapi_types.zig");
const b1 = @import("b1");
const bus1 = @import("bus1");

fn expectSameLayout(comptime C: type, comptime Zig: type) !void {
    try testing.expectEqual(@sizeOf(C), @sizeOf(Zig));
    try testing.expectEqual(@alignOf(C), @alignOf(Zig));
    switch (@typeInfo(Zig)) {
        inline .@"struct", .@"union" => |info| inline for (info.field_names, info.field_types) |name, Field| {
            if (comptime isStruct(Zig)) try testing.expectEqual(@offsetOf(C, name), @offsetOf(Zig, name));
            try expectSameLayout(@FieldType(C, name), Field);
        },
        else => {},
    }
}

fn isStruct(comptime T: type) bool {
    return @typeInfo(T) == .@"struct";
}

test "structures" {
    try expectSameLayout(b1.struct_b1_acct_charge, capi.Charge);
    try expectSameLayout(b1.struct_b1_peer_peek, capi.Peek);
    try expectSameLayout(b1.struct_b1_live_counts, capi.LiveCounts);
}

test "message types" {
    try testing.expectEqual(b1.B1_MESSAGE_TYPE_USER, uapi.BUS1_MESSAGE_TYPE_USER);
    try testing.expectEqual(b1.B1_MESSAGE_TYPE_NODE_RELEASE, uapi.BUS1_MESSAGE_TYPE_NODE_RELEASE);
    try testing.expectEqual(b1.B1_MESSAGE_TYPE_HANDLE_RELEASE, uapi.BUS1_MESSAGE_TYPE_HANDLE_RELEASE);
}

test "the resources that an account counts" {
    try testing.expectEqual(b1.B1_ACCT_SLOT_OBJECTS, @backingInt(acct.Slot.objects));
    try testing.expectEqual(b1.B1_ACCT_SLOT_BYTES, @backingInt(acct.Slot.bytes));
    try testing.expectEqual(b1.B1_ACCT_SLOT_N, std.enums.values(acct.Slot).len);
}

test "structures of the uapi" {
    try expectSameLayout(bus1.struct_bus1_transfer, uapi.Transfer);
    try expectSameLayout(bus1.struct_bus1_metadata, uapi.Metadata);
    try expectSameLayout(bus1.struct_bus1_message, uapi.Message);
    try expectSameLayout(bus1.struct_bus1_cmd_transfer, uapi.CmdTransfer);
    try expectSameLayout(bus1.struct_bus1_cmd_release, uapi.CmdRelease);
    try expectSameLayout(bus1.struct_bus1_cmd_send, uapi.CmdSend);
    try expectSameLayout(bus1.struct_bus1_cmd_recv, uapi.CmdRecv);
}

test "values of the uapi" {
    inline for (@typeInfo(uapi).@"struct".decl_names) |name| {
        if (comptime std.mem.startsWith(u8, name, "BUS1_")) {
            try testing.expectEqual(@as(u64, @field(bus1, name)), @as(u64, @field(uapi, name)));
        }
    }
}
