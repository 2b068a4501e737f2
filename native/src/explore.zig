//! The code under exploration: the library, compiled for the explorer, and the scenarios in which threads use it.
//!
//! The explorer (explore/main.zig) is a program of its own, linked with this; explore/hooks.zig is where they meet.

const std = @import("std");
const canary = @import("base/mutants.zig");
const hooks = @import("explore/hooks.zig");
const stage = @import("explore/stage.zig");

/// Tells atomic.zig and mutants.zig.
pub const exploring = {};

pub const panic = std.debug.FullPanic(struct {
    fn fail(text: []const u8, _: ?usize) noreturn {
        stage.fail(text);
    }
}.fail);

comptime {
    _ = @import("abi/capi.zig");
}

const scenarios = @import("explore/litmus.zig").scenarios ++ @import("explore/primitives.zig").scenarios ++
    @import("explore/order.zig").scenarios ++ @import("explore/objects.zig").scenarios ++
    @import("explore/ends.zig").scenarios ++ @import("explore/resources.zig").scenarios ++
    @import("explore/sessions.zig").scenarios;

export fn explored_scenarios(count: *usize) [*]const hooks.Scenario {
    count.* = scenarios.len;
    return &scenarios;
}

const faults = faults: {
    const names = std.meta.fieldNames(canary.Fault);
    var list: [names.len][*:0]const u8 = undefined;
    for (&list, names) |*entry, name| entry.* = name;
    break :faults list;
};

export fn explored_faults(count: *usize) [*]const [*:0]const u8 {
    count.* = faults.len;
    return &faults;
}

/// All files of the library in which there are orders; test/tools/tidy_test.ts sees to that.
const sources = [_]hooks.Source{
    .{ .file = "acct.zig", .text = @embedFile("bus/acct.zig") },
    .{ .file = "gate.zig", .text = @embedFile("bus/gate.zig") },
    .{ .file = "heap.zig", .text = @embedFile("base/heap.zig") },
    .{ .file = "lll.zig", .text = @embedFile("base/lll.zig") },
    .{ .file = "message.zig", .text = @embedFile("bus/message.zig") },
    .{ .file = "mutex.zig", .text = @embedFile("base/mutex.zig") },
    .{ .file = "peer.zig", .text = @embedFile("bus/peer.zig") },
    .{ .file = "pool.zig", .text = @embedFile("bus/pool.zig") },
    .{ .file = "wake_socket.zig", .text = @embedFile("isolate/wake_socket.zig") },
    .{ .file = "queue.zig", .text = @embedFile("bus/queue.zig") },
    .{ .file = "slot.zig", .text = @embedFile("isolate/slot.zig") },
    .{ .file = "waitq.zig", .text = @embedFile("bus/waitq.zig") },
};

export fn explored_sources(count: *usize) [*]const hooks.Source {
    count.* = sources.len;
    return &sources;
}
