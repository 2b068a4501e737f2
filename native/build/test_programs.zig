//! What the tests in TypeScript start and load.

const std = @import("std");
const Compile = std.Build.Step.Compile;

/// Files of ../test/programs/c.
const names = [_][]const u8{
    "daemon",          "descriptors", "failing_call",   "fatal_send",         "hostile",   "killed_peer",
    "lost_supervisor", "many_files",  "many_processes", "passed_descriptors", "readiness", "signals",
    "threads",
};

/// Adds the C programs that run under the supervisor.
pub fn addPrograms(b: *std.Build) [names.len]*Compile {
    var programs: [names.len]*Compile = undefined;
    for (&programs, names) |*program, name| program.* = addProgram(b, name);
    return programs;
}

fn addProgram(b: *std.Build, name: []const u8) *Compile {
    const program = b.addExecutable(.{
        .name = name,
        .linkage = .static,
        .root_module = b.createModule(.{
            .target = b.resolveTargetQuery(.{ .abi = .musl }),
            .optimize = .fast,
            .link_libc = true,
        }),
    });
    program.root_module.addCSourceFile(.{
        .file = b.path(b.fmt("../test/programs/c/{s}.c", .{name})),
        .flags = &.{ "-std=c11", "-Wall", "-Wextra", "-Werror" },
    });
    program.root_module.addIncludePath(b.path("include"));
    return program;
}

/// Adds a build of the library in which a test can make allocations fail.
pub fn addFaultyLibrary(b: *std.Build, target: std.Build.ResolvedTarget) *Compile {
    return b.addLibrary(.{
        .name = "bus1_faulty",
        .linkage = .dynamic,
        .root_module = b.createModule(.{
            .root_source_file = b.path("src/faulty_library.zig"),
            .target = target,
            .optimize = .safe,
        }),
    });
}
