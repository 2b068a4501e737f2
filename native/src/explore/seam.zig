//! What the library stands on while it is explored: atomics, sleep and wake, memory. See base/seam.zig.
//!
//! Every operation calls the explorer, which decides what the thread sees and which thread runs next; memory.zig says
//! which behaviours that covers. No operation is inlined, so that its return address lies in the line that names the
//! memory order.

const std = @import("std");
const hooks = @import("hooks.zig");
const stage = @import("stage.zig");

/// Like `std.atomic.Value`.
pub fn Value(comptime T: type) type {
    return extern struct {
        raw: T,

        const Self = @This();
        const Access = hooks.Access;
        const Order = std.builtin.AtomicOrder;

        pub fn init(value: T) Self {
            return .{ .raw = value };
        }

        pub noinline fn load(self: *const Self, comptime order: Order) T {
            return self.change(.load, undefined, order, @returnAddress());
        }

        pub noinline fn store(self: *Self, value: T, comptime order: Order) void {
            _ = self.change(.store, value, order, @returnAddress());
        }

        pub noinline fn swap(self: *Self, value: T, comptime order: Order) T {
            return self.change(.swap, value, order, @returnAddress());
        }

        pub noinline fn fetchAdd(self: *Self, value: T, comptime order: Order) T {
            return self.change(.add, value, order, @returnAddress());
        }

        pub noinline fn fetchSub(self: *Self, value: T, comptime order: Order) T {
            return self.change(.sub, value, order, @returnAddress());
        }

        pub noinline fn fetchAnd(self: *Self, value: T, comptime order: Order) T {
            return self.change(.@"and", value, order, @returnAddress());
        }

        pub noinline fn fetchOr(self: *Self, value: T, comptime order: Order) T {
            return self.change(.@"or", value, order, @returnAddress());
        }

        pub noinline fn cmpxchgWeak(self: *Self, expected: T, new: T, comptime order: Order, comptime failure: Order) ?T {
            return self.exchange(.weak_exchange, expected, new, order, failure, @returnAddress());
        }

        pub noinline fn cmpxchgStrong(self: *Self, expected: T, new: T, comptime order: Order, comptime failure: Order) ?T {
            return self.exchange(.exchange, expected, new, order, failure, @returnAddress());
        }

        fn change(self: *const Self, kind: Access.Kind, operand: T, comptime order: Order, site: usize) T {
            return decode(self.access(.{
                .kind = kind,
                .operand = if (kind == .load) 0 else encode(operand),
                .order = .of(order),
                .site = site,
            }).?);
        }

        fn exchange(
            self: *Self,
            kind: Access.Kind,
            expected: T,
            new: T,
            comptime order: Order,
            comptime failure: Order,
            site: usize,
        ) ?T {
            return decode(self.access(.{
                .kind = kind,
                .operand = encode(new),
                .expected = encode(expected),
                .order = .of(order),
                .failure = .of(failure),
                .site = site,
            }) orelse return null);
        }

        /// Returns what was found; null for an exchange that took place.
        fn access(self: *const Self, operation: Access) ?u64 {
            var complete = operation;
            complete.at = @intFromPtr(self);
            complete.size = @sizeOf(T);
            var found: u64 = undefined;
            return if (hooks.explore_access(&complete, &found)) found else null;
        }

        fn encode(value: T) u64 {
            var word: u64 = 0;
            @memcpy(std.mem.asBytes(&word)[0..@sizeOf(T)], std.mem.asBytes(&value));
            return word;
        }

        fn decode(word: u64) T {
            return std.mem.bytesToValue(T, std.mem.asBytes(&word)[0..@sizeOf(T)]);
        }
    };
}

pub inline fn spinLoopHint() void {
    hooks.explore_yield();
}

/// In place of `os.futexWait`. A sleep with a timeout may return early, as any sleep may.
pub noinline fn futexWait(word: *const Value(u32), expected: u32, _: ?u64) void {
    _ = word.access(.{ .kind = .sleep, .expected = expected, .site = @returnAddress() });
}

/// In place of `os.futexWake`.
pub noinline fn futexWake(word: *const Value(u32), count: u31) void {
    _ = word.access(.{ .kind = .wake, .operand = count, .site = @returnAddress() });
}

pub const sendByte = stage.sendByte;

/// Memory that is not used again in the same run, and must be freed before its end.
pub const allocator: std.mem.Allocator = .{ .ptr = undefined, .vtable = &.{
    .alloc = allocCounted,
    .resize = std.mem.Allocator.noResize,
    .remap = std.mem.Allocator.noRemap,
    .free = free,
} };

/// The same for what is never freed.
pub const lasting: std.mem.Allocator = .{ .ptr = undefined, .vtable = &.{
    .alloc = allocUncounted,
    .resize = std.mem.Allocator.noResize,
    .remap = std.mem.Allocator.noRemap,
    .free = std.mem.Allocator.noFree,
} };

fn allocCounted(_: *anyopaque, size: usize, alignment: std.mem.Alignment, _: usize) ?[*]u8 {
    return @ptrCast(hooks.explore_alloc(size, alignment.toByteUnits(), true));
}

fn allocUncounted(_: *anyopaque, size: usize, alignment: std.mem.Alignment, _: usize) ?[*]u8 {
    return @ptrCast(hooks.explore_alloc(size, alignment.toByteUnits(), false));
}

fn free(_: *anyopaque, memory: []u8, _: std.mem.Alignment, _: usize) void {
    hooks.explore_free(memory.ptr, memory.len);
}
