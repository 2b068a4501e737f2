//! The uapi, served by the bus of this library: specification, sections 3 to 6. include/linux/bus1.h describes it to
//! programs.
//!
//! The server does not know its callers. Their memory and descriptors come through a context (see `ioctl`), and
//! everything that comes from there is data that is not trusted. commands.zig keeps the specification; quirks.zig has
//! the faults of the device of the RFC.

const Errno = @import("../base/errno.zig").Errno;
const Failure = @import("file.zig").Failure;
const Memory = @import("memory.zig").Memory;
const commands = @import("commands.zig");
const faulty_commands = @import("quirks.zig");
const types = @import("../base/uapi_types.zig");

pub const File = @import("file.zig").File;

/// `none` keeps the specification; `rfc` has the faults of the device of the RFC.
pub const Quirks = enum { none, rfc };

/// Serves a command. Returns what the ioctl returns: 0, 1 or a negative errno. `error.Oops` means that the device of
/// the RFC would have killed the caller.
///
/// The context has
/// - `fn read(context, address: u64, into: []u8) error{Fault}!void`
/// - `fn write(context, address: u64, bytes: []const u8) error{Fault}!void`, which within one page writes all or
///   nothing
/// - `fn file(context, fd: u64) error{ BadDescriptor, NotBus1 }!*File`
pub fn ioctl(context: anytype, file: *File, request: u32, argument: u64, quirks: Quirks) error{Oops}!i32 {
    const memory: Memory(@TypeOf(context)) = .{ .context = context };
    const result = switch (quirks) {
        .none => dispatch(commands, memory, file, request, argument),
        .rfc => faulty: {
            file.rfc.active = true;
            break :faulty dispatch(faulty_commands, memory, file, request, argument);
        },
    };
    return result catch |failure| switch (failure) {
        error.Oops => |oops| oops,
        else => |other| errno(other),
    };
}

/// Calls what `set` has for the request: `transfer`, `release`, `send` or `recv`.
fn dispatch(
    comptime set: type,
    memory: anytype,
    file: *File,
    request: u32,
    argument: u64,
) (Failure || error{Oops})!i32 {
    switch (request) {
        types.BUS1_CMD_TRANSFER => try set.transfer(memory, file, &try memory.get(types.CmdTransfer, argument)),
        types.BUS1_CMD_RELEASE => try set.release(memory, file, &try memory.get(types.CmdRelease, argument)),
        types.BUS1_CMD_SEND => try set.send(memory, file, &try memory.get(types.CmdSend, argument)),
        types.BUS1_CMD_RECV => {
            try set.recv(memory, file, &try memory.get(types.CmdRecv, argument));
            return 1;
        },
        else => return error.NoCommand,
    }
    return 0;
}

fn errno(failure: Failure) i32 {
    const value: Errno = switch (failure) {
        error.NoCommand => .ENOTTY,
        error.Invalid => .EINVAL,
        error.Fault => .EFAULT,
        error.BadDescriptor => .EBADF,
        error.NotBus1 => .EOPNOTSUPP,
        error.Unknown => .EBADRQC,
        error.TooLarge => .EMSGSIZE,
        error.Empty => .EAGAIN,
        error.Quota => .EDQUOT,
        error.Overflow => .EXFULL,
        error.OutOfMemory => .ENOMEM,
    };
    return value.negative();
}
