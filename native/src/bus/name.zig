//! Names that users give to peers and nodes, for those who look (inspect.zig). To the bus they mean nothing.
//!
//! A name is set before anybody else can see what it belongs to, never changes, and goes with it: so any thread may read
//! it that may look at the object.

const std = @import("std");
const heap = @import("../base/heap.zig");

pub const Name = struct {
    /// Behind this head.
    len: usize,

    /// Null for a name without bytes, which is none.
    pub fn create(bytes: []const u8) error{OutOfMemory}!?*Name {
        if (bytes.len == 0) return null;
        const memory = try heap.allocator.alignedAlloc(u8, .of(Name), @sizeOf(Name) + bytes.len);
        const name: *Name = @ptrCast(memory.ptr);
        name.* = .{ .len = bytes.len };
        @memcpy(name.block()[@sizeOf(Name)..], bytes);
        return name;
    }

    pub fn destroy(maybe: ?*Name) void {
        if (maybe) |name| heap.allocator.free(name.block());
    }

    pub fn text(maybe: ?*Name) []const u8 {
        return if (maybe) |name| name.block()[@sizeOf(Name)..] else "";
    }

    fn block(name: *Name) []align(@alignOf(Name)) u8 {
        const bytes: [*]align(@alignOf(Name)) u8 = @ptrCast(name);
        return bytes[0 .. @sizeOf(Name) + name.len];
    }
};
