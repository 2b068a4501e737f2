//! The code under exploration: the library, compiled for the explorer, and the scenarios in which threads use it. The build
//! compiles a copy of this file, together with the edited sources (explore/mutants.zig).
//!
//! The explorer (explore/main.zig) is a separate program that is linked with this; explore/hooks.zig is the interface.

const std = @import("std");
const hooks = @import("explore/hooks.zig");
const mutants = @import("explore/mutants.zig");
const stage = @import("explore/stage.zig");

/// What the library stands on: see base/seam.zig.
pub const bus1_seam = @import("explore/seam.zig");

/// Whether the explorer has planted a fault. The edited lines (explore/mutants.zig) ask for it.
pub inline fn planted(comptime word: @EnumLiteral()) bool {
    return hooks.explore_planted(comptime mutants.numberOf(@tagName(word)));
}

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
    var list: [mutants.faults.len][*:0]const u8 = undefined;
    for (&list, mutants.faults) |*entry, word| entry.* = word;
    break :faults list;
};

export fn explored_faults(count: *usize) [*]const [*:0]const u8 {
    count.* = faults.len;
    return &faults;
}

/// Every file of the library in which there are memory orders; test/tidy/rules_test.ts checks that none is missing.
const sources = sources: {
    const paths = [_][:0]const u8{
        "base/heap.zig",
        "base/lll.zig",
        "base/mutex.zig",
        "bus/acct.zig",
        "bus/gate.zig",
        "bus/message.zig",
        "bus/peer.zig",
        "bus/pool.zig",
        "bus/queue.zig",
        "bus/waitq.zig",
        "isolate/slot.zig",
        "isolate/wake_socket.zig",
    };
    var list: [paths.len]hooks.Source = undefined;
    for (&list, paths) |*source, path| source.* = .{ .file = path, .text = @embedFile(path) };
    break :sources list;
};

export fn explored_sources(count: *usize) [*]const hooks.Source {
    count.* = sources.len;
    return &sources;
}
