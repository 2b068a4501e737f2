//! The emulated device: its open files, and how they look from outside.
//!
//! An open file is a pair of connected sockets: one end is planted in the program, the other stays here. What a program
//! does with a descriptor of a device, the kernel does with that of a socket: dup, fork, exec, SCM_RIGHTS, poll, epoll.
//!
//! Rules:
//! - Here is only our end: the program's end is closed when the last of its descriptors is, and then ours hangs up.
//!   Whoever serves a call ends what has hung up first (`endHungUp`), since the caller may know of the close.
//! - A byte in the program's end means that it is readable. It is sent before the call that caused it is answered
//!   (`tell`), and taken away by the call that leaves nothing to receive (`settle`): each time that something comes to
//!   an empty queue poll says so, and edge-triggered epoll says so once.
//! - All files are armed at all times, save those whose wake has come and that wait for `tell`.
//! - What a program does to the socket itself (it reads the byte, shuts it down) harms that peer only.

const std = @import("std");
const counts = @import("../bus/counts.zig");
const heap = @import("../base/heap.zig");
const list = @import("../base/list.zig");
const sys = @import("os.zig");
const uapi = @import("../uapi/server.zig");
const Log = @import("log.zig").Log;
const Table = @import("../base/table.zig").Table;

/// One open file description.
pub const OpenFile = struct {
    device: *Device,
    file: *uapi.File,
    /// Counts the opens, for the log.
    number: u64,
    /// Our end.
    socket: i32,
    /// Names the other end.
    cookie: u64,
    /// How many bytes are in the other end.
    bytes: u32 = 0,
    /// In `Device.woken`, from its wake to `tell`.
    link: list.Link(OpenFile) = .{},
    woken: bool = false,

    /// After a call on the file, of which `descriptor` is one: takes away what no longer holds.
    pub fn settle(open_file: *OpenFile, descriptor: i32) void {
        const needed: u32 = @intFromBool(open_file.file.isReadable());
        if (open_file.bytes <= needed) return;
        sys.dropBytes(descriptor, open_file.bytes - needed);
        open_file.bytes = needed;
    }

    fn wake(userdata: ?*anyopaque) callconv(.c) void {
        const open_file: *OpenFile = @ptrCast(@alignCast(userdata.?));
        open_file.woken = true;
        open_file.device.woken.append(open_file);
    }

    fn arm(open_file: *OpenFile) void {
        open_file.file.arm();
        // With the quirks of the RFC a file stays readable, and each message must be an edge nevertheless.
        if (open_file.bytes > 0 and open_file.device.quirks == .none) return;
        if (open_file.file.isReadable() and sys.sendByte(open_file.socket)) open_file.bytes += 1;
    }
};

pub const Device = struct {
    quirks: uapi.Quirks,
    log: Log,
    /// As many files can be open at once.
    capacity: u64,
    /// The epoll set that tells of hang-ups.
    hang_ups: i32,
    /// What opens with O_PATH get. It is a socket, with which nothing can be done.
    path_only: i32,
    path_only_cookie: u64,
    /// The open files, by the cookies of the ends that the program has.
    files: Table(*OpenFile) = .{},
    opened: u64 = 0,
    woken: list.List(OpenFile, "link") = .{},

    /// `hang_ups` or `path_only` are negative, an errno, if they cannot be had.
    pub fn init(quirks: uapi.Quirks, log: Log, capacity: u64) Device {
        var pair = [2]i32{ -1, -1 };
        const result = sys.socketPair(&pair, true);
        if (result >= 0) sys.close(pair[1]) else pair[0] = result;
        return .{
            .quirks = quirks,
            .log = log,
            .capacity = capacity,
            .hang_ups = sys.epoll(),
            .path_only = pair[0],
            .path_only_cookie = sys.cookieOf(pair[0]) orelse 0,
        };
    }

    /// Opens a file, for a user. Answers the end that is to be planted, or a negative errno.
    pub fn open(device: *Device, user: u32, nonblocking: bool, open_file: **OpenFile) i32 {
        if (device.files.count >= device.capacity) return sys.negative(.NFILE);
        var pair: [2]i32 = undefined;
        const result = sys.socketPair(&pair, nonblocking);
        if (result < 0) return result;
        open_file.* = device.add(user, pair) catch {
            for (pair) |socket| sys.close(socket);
            return sys.negative(.NOMEM);
        };
        return pair[1];
    }

    fn add(device: *Device, user: u32, pair: [2]i32) error{OutOfMemory}!*OpenFile {
        try device.files.reserve(1);
        const open_file = try heap.allocator.create(OpenFile);
        errdefer heap.allocator.destroy(open_file);
        const file = try uapi.File.openFor(user, OpenFile.wake, open_file);
        errdefer file.close();
        sys.refuseBytes(pair[0]);
        if (sys.watchHangUp(device.hang_ups, pair[0], @intFromPtr(open_file)) < 0) return error.OutOfMemory;
        device.opened += 1;
        open_file.* = .{
            .device = device,
            .file = file,
            .number = device.opened,
            .socket = pair[0],
            .cookie = sys.cookieOf(pair[1]).?,
        };
        device.files.put(open_file.cookie, open_file);
        open_file.arm();
        return open_file;
    }

    /// What a descriptor is of.
    pub fn find(device: *Device, descriptor: i32) union(enum) { file: *OpenFile, path_only, other } {
        const cookie = sys.cookieOf(descriptor) orelse return .other;
        if (cookie == device.path_only_cookie) return .path_only;
        return if (device.files.get(cookie)) |file| .{ .file = file } else .other;
    }

    /// Ends a file.
    pub fn end(device: *Device, open_file: *OpenFile) void {
        device.files.remove(open_file.cookie);
        open_file.file.close(); // which may wake it once more
        if (open_file.woken) device.woken.remove(open_file);
        sys.close(open_file.socket);
        if (device.log.fd >= 0) { // the counts have their cost
            const live = counts.totals();
            device.log.line(
                "end peer={d} live peers={d} nodes={d} handles={d} messages={d} bytes={d}",
                .{ open_file.number, live[0], live[1], live[2], live[3], live[4] },
            );
        }
        heap.allocator.destroy(open_file);
    }

    /// Ends all files that nobody has open any more.
    pub fn endHungUp(device: *Device) void {
        var buffer: [64]usize = undefined;
        while (true) {
            const found = sys.hungUp(device.hang_ups, &buffer);
            for (found) |userdata| device.end(@ptrFromInt(userdata));
            if (found.len < buffer.len) break;
        }
        device.tell();
    }

    /// Makes known which files have become readable.
    pub fn tell(device: *Device) void {
        while (device.woken.first) |open_file| {
            device.woken.remove(open_file);
            open_file.woken = false;
            open_file.arm();
        }
    }
};
