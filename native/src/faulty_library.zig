//! The library for the tests in TypeScript (zig-out/test/libbus1_faulty.so): the same, with two more functions, by which a
//! test makes allocations fail. The library of the package has nothing of this file.

const heap = @import("base/heap.zig");
const Faulty = @import("test/faulty.zig").Faulty;

comptime {
    _ = @import("lib.zig");
}

var faulty: ?Faulty = null;

/// Lets `good` allocations succeed and then one fail; if `stays` is not 0, all that follow fail, too. 0xffffffff: no more
/// failures. One thread at a time.
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

/// Returns how many have failed since the last call of that.
export fn bus1_test_failed_allocations() u32 {
    return if (faulty) |f| @intCast(f.failed) else 0;
}
