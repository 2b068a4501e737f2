//! An allocator that fails when it is told to, for tests: in Zig, and in the library that TypeScript's tests load
//! (faulty_library.zig).

const std = @import("std");
const Allocator = std.mem.Allocator;

pub const Faulty = struct {
    inner: Allocator,
    /// How many allocations succeed before one fails.
    left: usize = never,
    /// Whether all that follow fail, too.
    stays: bool = false,
    /// Larger ones always fail.
    largest: usize = never,
    /// How many have failed.
    failed: usize = 0,

    pub const never = std.math.maxInt(usize);

    pub fn allocator(faulty: *Faulty) Allocator {
        return .{ .ptr = faulty, .vtable = &.{ .alloc = alloc, .resize = resize, .remap = remap, .free = free } };
    }

    fn fails(faulty: *Faulty, len: usize) bool {
        if (len > faulty.largest) {
            faulty.failed += 1;
            return true;
        }
        if (faulty.left == never) return false;
        if (faulty.left > 0) {
            faulty.left -= 1;
            return false;
        }
        if (!faulty.stays) faulty.left = never;
        faulty.failed += 1;
        return true;
    }

    fn alloc(context: *anyopaque, len: usize, alignment: std.mem.Alignment, address: usize) ?[*]u8 {
        const faulty: *Faulty = @ptrCast(@alignCast(context));
        return if (faulty.fails(len)) null else faulty.inner.rawAlloc(len, alignment, address);
    }

    // What does not grow where it is, is allocated anew.

    fn resize(context: *anyopaque, memory: []u8, alignment: std.mem.Alignment, len: usize, address: usize) bool {
        const faulty: *Faulty = @ptrCast(@alignCast(context));
        return len <= memory.len and faulty.inner.rawResize(memory, alignment, len, address);
    }

    fn remap(context: *anyopaque, memory: []u8, alignment: std.mem.Alignment, len: usize, address: usize) ?[*]u8 {
        const faulty: *Faulty = @ptrCast(@alignCast(context));
        return if (len <= memory.len) faulty.inner.rawRemap(memory, alignment, len, address) else null;
    }

    fn free(context: *anyopaque, memory: []u8, alignment: std.mem.Alignment, address: usize) void {
        const faulty: *Faulty = @ptrCast(@alignCast(context));
        faulty.inner.rawFree(memory, alignment, address);
    }
};
