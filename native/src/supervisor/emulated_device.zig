//! The emulated device: its open files, and their descriptors in the program.
//!
//! An open file is a pair of connected sockets: the program's socket and the supervisor's socket. The kernel's dup, fork,
//! exec, SCM_RIGHTS, poll and epoll work on a socket as they work on a device.
//!
//! Rules:
//! - The supervisor keeps only its own socket open. When the last descriptor of the program's socket is closed, the
//!   supervisor's socket hangs up. Files that have hung up are ended before a call is served (`endHungUp`), since the
//!   caller may know of the close.
//! - A byte in the program's socket means that the file is readable. The byte is sent before the reply to the call that
//!   caused it (`sendWakes`), and is removed by the call that empties the queue (`settle`). So poll reports each
//!   arrival in an empty queue, and edge-triggered epoll reports it once.
//! - All files are armed at all times, except those that were woken and wait for `sendWakes`.
//! - A program that uses the socket itself (reads the byte, shuts it down) harms only its own peer.

const std = @import("std");
const counts = @import("../bus/counts.zig");
const heap = @import("../base/heap.zig");
const list = @import("../base/list.zig");
const os = @import("os.zig");
const uapi = @import("../uapi/server.zig");
const Log = @import("log.zig").Log;
const Table = @import("../base/table.zig").Table;

/// An open file description.
pub const OpenFile = struct {
    device: *EmulatedDevice,
    file: *uapi.File,
    /// The ordinal of the open, for the log.
    number: u64,
    /// The supervisor's socket.
    socket: i32,
    /// The cookie of the program's socket.
    cookie: u64,
    /// The number of bytes in the program's socket.
    bytes: u32 = 0,
    /// Links the file into `EmulatedDevice.woken`, from its wake to `sendWakes`.
    link: list.Link(OpenFile) = .{},
    woken: bool = false,

    /// Removes the byte if the file is no longer readable, after a call on it. `descriptor` is one of its descriptors.
    pub fn settle(open_file: *OpenFile, descriptor: i32) void {
        const needed: u32 = @intFromBool(open_file.file.isReadable());
        if (open_file.bytes <= needed) return;
        os.sockets.dropBytes(descriptor, open_file.bytes - needed);
        open_file.bytes = needed;
    }

    fn wake(userdata: ?*anyopaque) callconv(.c) void {
        const open_file: *OpenFile = @ptrCast(@alignCast(userdata.?));
        open_file.woken = true;
        open_file.device.woken.append(open_file);
    }

    fn arm(open_file: *OpenFile) void {
        open_file.file.arm();
        // With the quirks of the RFC a file stays readable, and each message must still be an edge.
        if (open_file.bytes > 0 and open_file.device.quirks == .none) return;
        if (open_file.file.isReadable() and os.sockets.sendByte(open_file.socket)) open_file.bytes += 1;
    }
};

pub const EmulatedDevice = struct {
    quirks: uapi.Quirks,
    log: Log,
    /// The most files that can be open at once.
    capacity: u64,
    /// The epoll set that reports hang-ups.
    hang_ups: i32,
    /// A socket for opens with O_PATH. Calls on it fail.
    path_only: i32,
    path_only_cookie: u64,
    /// The open files, by the cookies of the program's sockets.
    files: Table(*OpenFile) = .{},
    opened: u64 = 0,
    woken: list.List(OpenFile, "link") = .{},

    /// Makes a device without files. `hang_ups` and `path_only` are a negative errno if they cannot be opened.
    pub fn init(quirks: uapi.Quirks, log: Log, capacity: u64) EmulatedDevice {
        var pair = [2]i32{ -1, -1 };
        const result = os.sockets.createPair(&pair, true);
        if (result >= 0) os.files.close(pair[1]) else pair[0] = result;
        return .{
            .quirks = quirks,
            .log = log,
            .capacity = capacity,
            .hang_ups = os.sockets.createEpoll(),
            .path_only = pair[0],
            .path_only_cookie = os.sockets.cookieOf(pair[0]) orelse 0,
        };
    }

    /// Opens a file for a user. Returns the program's socket, or a negative errno.
    pub fn open(device: *EmulatedDevice, user: u32, nonblocking: bool, open_file: **OpenFile) i32 {
        if (device.files.count >= device.capacity) return os.negative(.NFILE);
        var pair: [2]i32 = undefined;
        const result = os.sockets.createPair(&pair, nonblocking);
        if (result < 0) return result;
        open_file.* = device.add(user, pair) catch {
            for (pair) |socket| os.files.close(socket);
            return os.negative(.NOMEM);
        };
        return pair[1];
    }

    fn add(device: *EmulatedDevice, user: u32, pair: [2]i32) error{OutOfMemory}!*OpenFile {
        try device.files.reserve(1);
        const open_file = try heap.allocator.create(OpenFile);
        errdefer heap.allocator.destroy(open_file);
        const file = try uapi.File.openFor(user, OpenFile.wake, open_file);
        errdefer file.close();
        os.sockets.refuseBytes(pair[0]);
        if (os.sockets.watchHangUp(device.hang_ups, pair[0], @intFromPtr(open_file)) < 0) return error.OutOfMemory;
        device.opened += 1;
        open_file.* = .{
            .device = device,
            .file = file,
            .number = device.opened,
            .socket = pair[0],
            .cookie = os.sockets.cookieOf(pair[1]).?,
        };
        device.files.put(open_file.cookie, open_file);
        open_file.arm();
        return open_file;
    }

    /// Finds the file that a descriptor belongs to.
    pub fn find(device: *EmulatedDevice, descriptor: i32) union(enum) { file: *OpenFile, path_only, other } {
        const cookie = os.sockets.cookieOf(descriptor) orelse return .other;
        if (cookie == device.path_only_cookie) return .path_only;
        return if (device.files.get(cookie)) |file| .{ .file = file } else .other;
    }

    /// Ends a file.
    pub fn end(device: *EmulatedDevice, open_file: *OpenFile) void {
        device.files.remove(open_file.cookie);
        open_file.file.close(); // may wake it once more
        if (open_file.woken) device.woken.remove(open_file);
        os.files.close(open_file.socket);
        if (device.log.fd >= 0) { // counting the objects takes time
            const live = counts.totals();
            device.log.line(
                "end peer={d} live peers={d} nodes={d} handles={d} messages={d} bytes={d}",
                .{ open_file.number, live[0], live[1], live[2], live[3], live[4] },
            );
        }
        heap.allocator.destroy(open_file);
    }

    /// Ends the files that have no descriptor left.
    pub fn endHungUp(device: *EmulatedDevice) void {
        var buffer: [64]usize = undefined;
        while (true) {
            const found = os.sockets.hungUp(device.hang_ups, &buffer);
            for (found) |userdata| device.end(@ptrFromInt(userdata));
            if (found.len < buffer.len) break;
        }
        device.sendWakes();
    }

    /// Makes the woken files readable for the program.
    pub fn sendWakes(device: *EmulatedDevice) void {
        while (device.woken.first) |open_file| {
            device.woken.remove(open_file);
            open_file.woken = false;
            open_file.arm();
        }
    }
};
