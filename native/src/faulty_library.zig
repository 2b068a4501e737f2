//! The library as TypeScript's tests load it (zig-out/test/libbus1_faulty.so): the same, and two functions more, by which a
//! test makes allocations fail. The library that others get has nothing of this file.

const heap = @import("base/heap.zig");
const Faulty = @import("test/faulty.zig").Faulty;

comptime {
    _ = @import("lib.zig");
}

var faulty: ?Faulty = null;

/// `good` allocations go well, then one fails, and if `stays` is not 0, all that follow do, too. 0xffffffff: none fails any
/// more. One thread at a time.
export fn bus1_test_fail_allocation(good: u32, stays: u32) void {
    if (faulty == null) {
        faulty = .{ .inner = heap.allocator };
        heap.allocator = faulty.?.allocator();
    }
    if (good == 0xffff_ffff) {
        faulty.?.left = Faulty.never;
    } else {
        faulty.?.failed = 0;
        faulty.?.stays = stays != 0;
        faulty.?.left = good;
    }
}

/// How many have failed since one was last told to.
export fn bus1_test_failed_allocations() u32 {
    return if (faulty) |f| @intCast(f.failed) else 0;
}
