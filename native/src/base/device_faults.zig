//! The known ways in which a device breaks the contract. They were measured on the kernel's first public module;
//! docs/device_faults.md describes each.
//!
//! This is the only table of them. bindgen.zig exports it to TypeScript: the kernel engine and `cli doctor` report what was
//! found, and `cli conformance` says which fault a point shows. quirks.zig emulates them.

const std = @import("std");

/// The number of a fault: 1 stands for F1.
pub const Fault = enum(u5) {
    transfer_arrays = 1,
    id_arrays = 2,
    wide_errors = 3,
    blind_release = 4,
    fatal_import = 5,
    whole_vectors = 6,
    transfer_overflow = 7,
    silent_emsgsize = 8,
    lost_release = 9,
    always_readable = 10,
    first_handle_release = 11,
    silent_node_release = 12,

    pub fn description(fault: Fault) Description {
        return switch (fault) {
            .transfer_arrays => .{
                .summary = "it reads arrays of transfers wrongly",
                .detail = "element i of an array of transfers is read i bytes behind the first; a TRANSFER that fails leaves traces",
            },
            .id_arrays => .{
                .summary = "it reads arrays of destinations and ids wrongly",
                .detail = "element i of an array of ids or destinations is read i bytes behind the first",
            },
            .wide_errors => .{
                .summary = "it writes errors of the wrong size, and fails without a place for them",
                .detail = "the errors of a SEND are 64 bits wide, and ptr_errors must not be 0",
            },
            .blind_release => .{
                .summary = "it reports success for the release of ids that do not exist",
                .detail = "RELEASE succeeds for any ids",
            },
            .fatal_import => .{
                .summary = "it kills the thread that sends a message which it cannot import",
                .detail = "a SEND that cannot import its message crashes the kernel and leaves the peer locked",
                .probed = false,
            },
            .whole_vectors => .{
                .summary = "it sends more bytes than n_data",
                .detail = "SEND sends the whole vectors",
            },
            .transfer_overflow => .{
                .summary = "it writes more transfers than the array has room for",
                .detail = "RECV writes more transfers than the array has room for",
            },
            .silent_emsgsize => .{
                .summary = "it does not report how large a buffer a message needs",
                .detail = "EMSGSIZE does not report the size that is needed, and a RECV that fails uses up ids",
            },
            .lost_release => .{
                .summary = "it loses a message that it could not write",
                .detail = "a release message that cannot be written to the receiver is lost",
            },
            .always_readable => .{
                .summary = "it stays readable forever after its first message",
                .detail = "a peer stays readable forever after its first message",
            },
            .first_handle_release => .{
                .summary = "it drops a node with the first handle that is released, not the last",
                .detail = "the node's owner is notified of each released handle, and the first one destroys the node",
            },
            .silent_node_release => .{
                .summary = "it sends no node release for a handle that was copied after the node's release",
                .detail = "a copy of a handle to a released node never gets its NODE_RELEASE",
            },
        };
    }
};

pub const Description = struct {
    /// For users: the rest of a sentence about the device ("it").
    summary: []const u8,
    /// For the author of a device.
    detail: []const u8,
    /// Whether it can be tried without harm. A device with any other fault is taken to have those that cannot.
    probed: bool = true,
};

/// The faults that a device was found to have.
pub const Faults = struct {
    /// Bit `n` stands for fault `n`.
    bits: u32 = 0,

    pub fn add(faults: *Faults, fault: Fault) void {
        faults.bits |= bit(fault);
    }

    pub fn has(faults: Faults, fault: Fault) bool {
        return faults.bits & bit(fault) != 0 or fault == .fatal_import and faults.bits != 0;
    }

    fn bit(fault: Fault) u32 {
        return @as(u32, 1) << @backingInt(fault);
    }
};

test "a device with any fault is taken to have the one that cannot be tried" {
    var faults: Faults = .{};
    try std.testing.expect(!faults.has(.fatal_import));
    faults.add(.lost_release);
    try std.testing.expect(faults.has(.fatal_import) and faults.has(.lost_release) and !faults.has(.id_arrays));
}
