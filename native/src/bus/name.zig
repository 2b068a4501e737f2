//! Names that users give to peers and nodes, shown by inspection (inspect.zig). The bus makes no use of them.
//!
//! A name is set before another thread can reach its object, never changes, and is freed with the object: so any thread that
//! may read the object may read its name.

const std = @import("std");
const heap = @import("../base/heap.zig");

pub const Name = struct {
    /// The length of the bytes that follow this head.
    len: usize,

    /// Returns null for an empty name.
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
