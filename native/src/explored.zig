//! The code under exploration: the library, compiled for the explorer, and the scenarios in which threads use it.
//!
//! The explorer (explore/main.zig) is a program of its own, linked with this; explore/hooks.zig is where they meet.

const std = @import("std");
const canary = @import("canary.zig");
const hooks = @import("explore/hooks.zig");
const stage = @import("explore/stage.zig");

/// Tells atomic.zig and canary.zig.
pub const exploring = {};

pub const panic = std.debug.FullPanic(struct {
    fn fail(text: []const u8, _: ?usize) noreturn {
        stage.fail(text);
    }
}.fail);

const scenarios = @import("explore/litmus.zig").scenarios ++ @import("explore/primitives.zig").scenarios ++
    @import("explore/order.zig").scenarios ++ @import("explore/objects.zig").scenarios ++
    @import("explore/ends.zig").scenarios ++ @import("explore/resources.zig").scenarios ++
    @import("explore/sessions.zig").scenarios;

comptime {
    _ = @import("capi.zig");
}

export fn explored_scenarios(count: *usize) [*]const hooks.Scenario {
    count.* = scenarios.len;
    return &scenarios;
}

export fn explored_faults(count: *usize) [*]const [*:0]const u8 {
    const list = comptime list: {
        const names = std.meta.fieldNames(canary.Fault);
        var list: [names.len][*:0]const u8 = undefined;
        for (&list, names) |*entry, name| entry.* = name;
        const done = list;
        break :list done;
    };
    count.* = list.len;
    return &list;
}
