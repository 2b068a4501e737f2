//! The atomics of the library: those of the standard library, or, in the program that explores interleavings, models of
//! them.
//!
//! Whoever shares memory between threads takes `Value` from here, and sleeps and wakes through os.zig, which does the
//! same. In the library this file is an alias and costs nothing. In a program whose root says `exploring` (explore.zig)
//! every operation is a call of the explorer, which decides what the thread sees and who runs next;
//! explore/memory.zig says which behaviours that covers.

const std = @import("std");
const hooks = @import("../explore/hooks.zig");

pub const exploring = @hasDecl(@import("root"), "exploring");

pub const Value = if (exploring) Explored else std.atomic.Value;

/// In a loop that waits for another thread.
pub inline fn spinLoopHint() void {
    if (exploring) hooks.explore_yield() else std.atomic.spinLoopHint();
}

/// What `sys.futexWait` and `sys.futexWake` do while exploring.
pub noinline fn sleep(word: *const Value(u32), expected: u32) void {
    _ = word.access(.{ .kind = .sleep, .expected = expected, .site = @returnAddress() });
}

pub noinline fn wake(word: *const Value(u32), count: u31) void {
    _ = word.access(.{ .kind = .wake, .operand = count, .site = @returnAddress() });
}

/// Like `std.atomic.Value`. No operation is inlined, so that its return address lies in the line that names the order.
fn Explored(comptime T: type) type {
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

        /// What was found; null for an exchange that took place.
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
