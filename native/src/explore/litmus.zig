//! Litmus tests: small programs with outcomes that C++20 is known to allow and to forbid. They test the explorer itself, which
//! must find each allowed outcome and no other. Their names are those of the literature.

const std = @import("std");
const hooks = @import("hooks.zig");
const stage = @import("stage.zig");
const Order = std.builtin.AtomicOrder;
const Scenario = hooks.Scenario;
const Value = @import("../base/atomic.zig").Value;

var x: Value(u32) = .init(0);
var y: Value(u32) = .init(0);
var z: Value(u32) = .init(0);
/// The outcome: three numbers below 4. In the lists of outcomes they are octal digits, `r[0]` the last one.
var r: [3]u32 = @splat(0);

pub const scenarios = [_]Scenario{
    litmus("store buffering, relaxed", &.{ 0o00, 0o01, 0o10, 0o11 }, StoreBuffering(.monotonic, .monotonic)),
    litmus("store buffering, release", &.{ 0o00, 0o01, 0o10, 0o11 }, StoreBuffering(.release, .acquire)),
    litmus("store buffering", &.{ 0o01, 0o10, 0o11 }, StoreBuffering(.seq_cst, .seq_cst)),
    litmus("store buffering, loads alone", &.{ 0o00, 0o01, 0o10, 0o11 }, StoreBuffering(.release, .seq_cst)),
    litmus("message passing, relaxed", &.{ 0o00, 0o01, 0o10, 0o11 }, MessagePassing(.monotonic, .monotonic)),
    litmus("message passing, release alone", &.{ 0o00, 0o01, 0o10, 0o11 }, MessagePassing(.release, .monotonic)),
    litmus("message passing, acquire alone", &.{ 0o00, 0o01, 0o10, 0o11 }, MessagePassing(.monotonic, .acquire)),
    litmus("message passing", &.{ 0o00, 0o10, 0o11 }, MessagePassing(.release, .acquire)),
    litmus("load buffering", &.{ 0o00, 0o01, 0o10 }, LoadBuffering),
    litmus("coherence", &.{ 0o00, 0o10, 0o20, 0o11, 0o21, 0o22 }, Coherence),
    litmus("2+2W, relaxed", &.{ 0o11, 0o12, 0o21, 0o22 }, TwoWrites(.monotonic)),
    litmus("2+2W", &.{ 0o12, 0o21, 0o22 }, TwoWrites(.seq_cst)),
    litmus("R, release", &.{ 0o10, 0o11, 0o20, 0o21 }, R(.release, .acquire)),
    litmus("R", &.{ 0o10, 0o11, 0o21 }, R(.seq_cst, .seq_cst)),
    litmus("WRC, relaxed", &all_of_three, WriteReadCausality(.monotonic, .monotonic)),
    litmus("WRC", &.{ 0o000, 0o001, 0o010, 0o100, 0o101, 0o110, 0o111 }, WriteReadCausality(.release, .acquire)),
    litmus("IRIW, acquire", &all_of_two, IndependentReads(.release, .acquire)),
    litmus("IRIW", &all_but_disagreement, IndependentReads(.seq_cst, .seq_cst)),
    litmus("release sequence", &.{ 0o00, 0o10, 0o02, 0o12, 0o11, 0o13 }, ReleaseSequence),
    litmus("no release sequence", &.{ 0o00, 0o10, 0o11, 0o02, 0o12 }, BrokenSequence),
    litmus("read-modify-write", &.{ 0o210, 0o201 }, Increments),
    litmus("exchange", &.{ 0o101, 0o210 }, Exchanges),
    litmus("SC and a relaxed chain", &.{ 0o000, 0o100, 0o001, 0o101, 0o011, 0o111 }, Chain(.monotonic, .monotonic)),
    litmus("SC and a chain", &.{ 0o000, 0o100, 0o001, 0o101, 0o111 }, Chain(.release, .acquire)),
};

const all_of_three = [_]u32{ 0o000, 0o001, 0o010, 0o011, 0o100, 0o101, 0o110, 0o111 };
const all_of_two = [_]u32{
    0o00, 0o01, 0o02, 0o03, 0o10, 0o11, 0o12, 0o13,
    0o20, 0o21, 0o22, 0o23, 0o30, 0o31, 0o32, 0o33,
};
/// All but the outcome in which each reader has seen the value that it read first, and not the other.
const all_but_disagreement = all_of_two[0..10].* ++ all_of_two[11..].*;

/// Makes a litmus test. Its threads are the functions `a`, `b`, ... of a struct; `end`, if it exists, runs after them.
fn litmus(comptime name: []const u8, comptime outcomes: []const u32, comptime Program: type) Scenario {
    const bodies = comptime bodies: {
        var found: []const *const fn () void = &.{};
        for ([_][]const u8{ "a", "b", "c", "d" }) |body| {
            if (@hasDecl(Program, body)) found = found ++ [_]*const fn () void{@field(Program, body)};
        }
        break :bodies found;
    };
    const Test = struct {
        fn run() callconv(.c) void {
            var threads: [bodies.len]hooks.Thread = undefined;
            inline for (&threads, bodies, 0..) |*thread, body, i| {
                const Body = struct {
                    fn run(_: *[3]u32) void {
                        body();
                    }
                };
                thread.* = stage.thread(([_][:0]const u8{ "a", "b", "c", "d" })[i], &r, Body.run);
            }
            stage.run(&threads);
            if (@hasDecl(Program, "end")) Program.end();
            hooks.explore_outcome((r[2] * 4 + r[1]) * 4 + r[0]);
        }
    };
    var set: u64 = 0;
    for (outcomes) |outcome| set |= 1 << ((outcome >> 6) * 16 + (outcome >> 3 & 7) * 4 + (outcome & 7));
    return .{
        .name = "litmus: " ++ name,
        .run = Test.run,
        .bounds = .{ .preemptions = hooks.Bounds.unbounded, .rarities = 8 },
        .outcomes = set,
    };
}

fn StoreBuffering(comptime store: Order, comptime load: Order) type {
    return struct {
        pub fn a() void {
            x.store(1, store);
            r[0] = y.load(load);
        }
        pub fn b() void {
            y.store(1, store);
            r[1] = x.load(load);
        }
    };
}

fn MessagePassing(comptime store: Order, comptime load: Order) type {
    return struct {
        pub fn a() void {
            x.store(1, .monotonic);
            y.store(1, store);
        }
        pub fn b() void {
            r[0] = y.load(load);
            r[1] = x.load(.monotonic);
        }
    };
}

/// C++20 allows 1, 1 as well; memory.zig explains why the explorer does not try it.
const LoadBuffering = struct {
    pub fn a() void {
        r[0] = y.load(.monotonic);
        x.store(1, .monotonic);
    }
    pub fn b() void {
        r[1] = x.load(.monotonic);
        y.store(1, .monotonic);
    }
};

const Coherence = struct {
    pub fn a() void {
        x.store(1, .monotonic);
        x.store(2, .monotonic);
    }
    pub fn b() void {
        r[0] = x.load(.monotonic);
        r[1] = x.load(.monotonic);
    }
};

fn TwoWrites(comptime order: Order) type {
    return struct {
        pub fn a() void {
            x.store(1, order);
            y.store(2, order);
        }
        pub fn b() void {
            y.store(1, order);
            x.store(2, order);
        }
        pub fn end() void {
            r[0] = x.load(.monotonic);
            r[1] = y.load(.monotonic);
        }
    };
}

fn R(comptime store: Order, comptime load: Order) type {
    return struct {
        pub fn a() void {
            x.store(1, store);
            y.store(1, store);
        }
        pub fn b() void {
            y.store(2, store);
            r[0] = x.load(load);
        }
        pub fn end() void {
            r[1] = y.load(.monotonic);
        }
    };
}

fn WriteReadCausality(comptime store: Order, comptime load: Order) type {
    return struct {
        pub fn a() void {
            x.store(1, .monotonic);
        }
        pub fn b() void {
            r[0] = x.load(.monotonic);
            y.store(1, store);
        }
        pub fn c() void {
            r[1] = y.load(load);
            r[2] = x.load(.monotonic);
        }
    };
}

fn IndependentReads(comptime store: Order, comptime load: Order) type {
    return struct {
        pub fn a() void {
            x.store(1, store);
        }
        pub fn b() void {
            y.store(1, store);
        }
        pub fn c() void {
            r[0] = x.load(load) * 2;
            r[0] += y.load(load);
        }
        pub fn d() void {
            r[1] = y.load(load) * 2;
            r[1] += x.load(load);
        }
    };
}

const ReleaseSequence = struct {
    pub fn a() void {
        y.store(1, .monotonic);
        x.store(1, .release);
    }
    pub fn b() void {
        _ = x.fetchAdd(2, .monotonic);
    }
    pub fn c() void {
        r[0] = x.load(.acquire);
        r[1] = y.load(.monotonic);
    }
};

const BrokenSequence = struct {
    pub fn a() void {
        y.store(1, .monotonic);
        x.store(1, .release);
        x.store(2, .monotonic);
    }
    pub fn b() void {
        r[0] = x.load(.acquire);
        r[1] = y.load(.monotonic);
    }
};

const Increments = struct {
    pub fn a() void {
        r[0] = x.fetchAdd(1, .monotonic);
    }
    pub fn b() void {
        r[1] = x.fetchAdd(1, .monotonic);
    }
    pub fn end() void {
        r[2] = x.load(.monotonic);
    }
};

const Exchanges = struct {
    pub fn a() void {
        r[0] = @intFromBool(x.cmpxchgStrong(0, 1, .monotonic, .monotonic) == null);
    }
    pub fn b() void {
        r[1] = @intFromBool(x.cmpxchgStrong(0, 2, .monotonic, .monotonic) == null);
    }
    pub fn end() void {
        r[2] = x.load(.monotonic);
    }
};

/// Sequentially consistent operations need not be in the order that a chain of relaxed ones suggests.
fn Chain(comptime store: Order, comptime load: Order) type {
    return struct {
        pub fn a() void {
            x.store(1, .seq_cst);
            y.store(1, store);
        }
        pub fn b() void {
            r[0] = y.load(load);
            if (r[0] == 1) z.store(1, .seq_cst);
        }
        pub fn c() void {
            r[1] = z.load(.seq_cst);
            r[2] = x.load(.seq_cst);
        }
    };
}
