//! The benchmark of the core alone, without a runtime around it.

const std = @import("std");

pub fn addCoreBench(
    b: *std.Build,
    target: std.Build.ResolvedTarget,
    optimize: std.builtin.Optimize,
) *std.Build.Step.Compile {
    return b.addExecutable(.{
        .name = "core-bench",
        .root_module = b.createModule(.{
            .root_source_file = b.path("src/core_bench.zig"),
            .target = target,
            .optimize = optimize,
            .link_libc = true,
        }),
    });
}
