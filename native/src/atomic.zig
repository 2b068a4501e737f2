//! The atomics of the library: those of the standard library, or, in the program that explores interleavings, models of
//! them.
//!
//! Whoever shares memory between threads takes `Value` from here, and sleeps and wakes through sys.zig, which does the
//! same. In the library this file is an alias and costs nothing. In a program whose root says `exploring` (explored.zig)
//! every operation is a call of the explorer, which decides what the thread sees and who runs next;
//! explore/memory.zig says which behaviours that covers.

const std = @import("std");
const hooks = @import("explore/hooks.zig");

pub const exploring = @hasDecl(@import("root"), "exploring");

pub const Value = if (exploring) Explored else std.atomic.Value;

/// In a loop that waits for another thread.
pub inline fn spinLoopHint() void {
    if (exploring) hooks.explore_yield() else std.atomic.spinLoopHint();
}

/// What `sys.futexWait` and `sys.futexWake` do while exploring.
pub noinline fn sleep(word: *const Value(u32), expected: u32) void {
    _ = word.access(.sleep, expected, .monotonic, @returnAddress());
}

pub noinline fn wake(word: *const Value(u32), count: u31) void {
    _ = word.access(.wake, count, .monotonic, @returnAddress());
}

/// Like `std.atomic.Value`. No operation is inlined, so that its return address lies in the line that names the order.
fn Explored(comptime T: type) type {
    return extern struct {
        raw: T,

        const Self = @This();
        const Order = std.builtin.AtomicOrder;
        const Kind = hooks.Access.Kind;

        pub fn init(value: T) Self {
            return .{ .raw = value };
        }

        pub noinline fn load(self: *const Self, comptime order: Order) T {
            return self.access(.load, 0, order, @returnAddress());
        }

        pub noinline fn store(self: *Self, value: T, comptime order: Order) void {
            _ = self.access(.store, encode(value), order, @returnAddress());
        }

        pub noinline fn swap(self: *Self, value: T, comptime order: Order) T {
            return self.access(.swap, encode(value), order, @returnAddress());
        }

        pub noinline fn fetchAdd(self: *Self, value: T, comptime order: Order) T {
            return self.access(.add, encode(value), order, @returnAddress());
        }

        pub noinline fn fetchSub(self: *Self, value: T, comptime order: Order) T {
            return self.access(.sub, encode(value), order, @returnAddress());
        }

        pub noinline fn fetchAnd(self: *Self, value: T, comptime order: Order) T {
            return self.access(.@"and", encode(value), order, @returnAddress());
        }

        pub noinline fn fetchOr(self: *Self, value: T, comptime order: Order) T {
            return self.access(.@"or", encode(value), order, @returnAddress());
        }

        pub noinline fn cmpxchgWeak(self: *Self, expected: T, new: T, comptime order: Order, comptime failure: Order) ?T {
            return self.exchange(.weak_exchange, expected, new, order, failure, @returnAddress());
        }

        pub noinline fn cmpxchgStrong(self: *Self, expected: T, new: T, comptime order: Order, comptime failure: Order) ?T {
            return self.exchange(.exchange, expected, new, order, failure, @returnAddress());
        }

        fn access(self: *const Self, kind: Kind, operand: u64, comptime order: Order, site: usize) T {
            var found: u64 = undefined;
            _ = hooks.explore_access(&.{
                .at = @intFromPtr(self),
                .site = site,
                .size = @sizeOf(T),
                .kind = kind,
                .order = .of(order),
                .operand = operand,
                .expected = operand,
            }, &found);
            return decode(found);
        }

        fn exchange(self: *Self, kind: Kind, expected: T, new: T, comptime order: Order, comptime failure: Order, site: usize) ?T {
            var found: u64 = undefined;
            const done = hooks.explore_access(&.{
                .at = @intFromPtr(self),
                .site = site,
                .size = @sizeOf(T),
                .kind = kind,
                .order = .of(order),
                .failure = .of(failure),
                .operand = encode(new),
                .expected = encode(expected),
            }, &found);
            return if (done) null else decode(found);
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
