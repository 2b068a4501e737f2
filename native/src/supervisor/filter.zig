//! The seccomp filter. It notifies the supervisor of system calls that open a file and of ioctls with bus1's magic. For
//! all other calls, the kernel only compares their number.
//!
//! A filter sees arguments but no memory. So every open is notified, and call.zig lets the kernel execute it if the
//! path is not the device's. The filter ignores programs for other instruction sets.

const linux = @import("std").os.linux;
const os = @import("os.zig");
const BPF = linux.BPF;

/// The device's path.
pub const path = "/dev/bus1";

/// The magic byte of all ioctls of the device.
const magic = 0x97;

/// The calls that open files.
const opening: []const linux.SYS = if (@hasField(linux.SYS, "open"))
    &.{ .openat, .openat2, .open }
else
    &.{ .openat, .openat2 };

/// AUDIT_ARCH_*: the machine's number in ELF files, with bits for 64 bits and little-endian. (The table of the standard
/// library does not compile.)
const architecture: u32 = 0xc000_0000 | switch (@import("builtin").cpu.arch) {
    .x86_64 => @as(u32, 62),
    .aarch64 => 183,
    else => @compileError("a filter for this machine is not written yet"),
};

// The indices of the parts of the filter.
const ioctl = 3 + opening.len;
const allow = ioctl + 4;
const notify = allow + 1;

pub const instructions: [notify + 1]os.seccomp.Instruction = filter: {
    var filter: [notify + 1]os.seccomp.Instruction = undefined;
    filter[0] = load("arch");
    filter[1] = jump(1, architecture, 2, allow);
    filter[2] = load("nr");
    for (3.., opening) |at, call| filter[at] = jump(at, @backingInt(call), notify, at + 1);
    filter[ioctl] = jump(ioctl, @backingInt(linux.SYS.ioctl), ioctl + 1, allow);
    filter[ioctl + 1] = load("arg1"); // the lower half, which is all that the kernel uses
    filter[ioctl + 2] = .{ .code = BPF.ALU | BPF.AND | BPF.K, .operand = 0xff00 };
    filter[ioctl + 3] = jump(ioctl + 3, magic << 8, notify, allow);
    filter[allow] = .{ .code = BPF.RET | BPF.K, .operand = linux.SECCOMP.RET.ALLOW };
    filter[notify] = .{ .code = BPF.RET | BPF.K, .operand = linux.SECCOMP.RET.USER_NOTIF };
    break :filter filter;
};

fn load(comptime field: []const u8) os.seccomp.Instruction {
    return .{ .code = BPF.LD | BPF.W | BPF.ABS, .operand = @offsetOf(linux.SECCOMP.data, field) };
}

/// A jump from `at` to `if_equal` if the loaded word equals `value`, and to `if_not` otherwise.
fn jump(at: usize, value: u32, if_equal: usize, if_not: usize) os.seccomp.Instruction {
    return .{
        .code = BPF.JMP | BPF.JEQ | BPF.K,
        .if_true = @intCast(if_equal - at - 1),
        .if_false = @intCast(if_not - at - 1),
        .operand = value,
    };
}
