//! The build: the shared library, what TypeScript knows of it, and the tests. `zig build --help` lists the steps.

const std = @import("std");

pub fn build(b: *std.Build) void {
    const target = b.standardTargetOptions(.{});
    const optimize = b.option(std.builtin.Optimize, "optimize", "fast (default), safe, small or debug") orelse .fast;

    // The library: zig-out/lib/libbus1.so and zig-out/include/b1.h. No libc.
    const lib = b.addLibrary(.{
        .name = "bus1",
        .linkage = .dynamic,
        .root_module = b.createModule(.{
            .root_source_file = b.path("src/root.zig"),
            .target = target,
            .optimize = optimize,
            .strip = optimize != .debug,
        }),
    });
    lib.installHeader(b.path("include/b1.h"), "b1.h");
    b.installArtifact(lib);

    // What TypeScript knows of it.
    const bindgen = b.addExecutable(.{
        .name = "bindgen",
        .root_module = b.createModule(.{
            .root_source_file = b.path("src/bindgen.zig"),
            .target = b.graph.host,
            .optimize = .debug,
            .link_libc = true, // the library can do without what it has no use for here; a linker of programs cannot
        }),
    });
    const abi = b.addRunArtifact(bindgen).captureStdOut(.{});
    const update = b.addUpdateSourceFiles();
    update.addCopyFileToSource(abi, "../src/abi.ts");
    b.step("bindgen", "Write ../src/abi.ts").dependOn(&update.step);
    const diff = b.addSystemCommand(&.{ "diff", "-u", "../src/abi.ts" });
    diff.setCwd(b.path("."));
    diff.addFileArg(abi);
    b.step("check-abi", "Fail if ../src/abi.ts is not what bindgen writes").dependOn(&diff.step);

    // The tests, plain and under the thread sanitizer (whose runtime wants libc).
    b.step("test", "Run the tests").dependOn(addTests(b, target, false));
    b.step("test-tsan", "Run the tests under the thread sanitizer").dependOn(addTests(b, target, true));

    // A C program against the header and the real shared object.
    const c_test = b.addExecutable(.{
        .name = "b1_test",
        .root_module = b.createModule(.{ .target = target, .optimize = .debug, .link_libc = true }),
    });
    c_test.root_module.addCSourceFile(.{
        .file = b.path("test/b1_test.c"),
        .flags = &.{ "-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic" },
    });
    c_test.root_module.linkLibrary(lib);
    // The explorer of interleavings, and the code that it explores: instrumented, so compiled by itself.
    const explored = b.addObject(.{
        .name = "explored",
        .use_llvm = true,
        .root_module = b.createModule(.{
            .root_source_file = b.path("src/explored.zig"),
            .target = target,
            .optimize = .safe,
            .sanitize_thread = true,
        }),
    });
    const explorer = b.addExecutable(.{
        .name = "explore",
        .use_llvm = true,
        .root_module = b.createModule(.{ .root_source_file = b.path("src/explore/main.zig"), .target = target, .optimize = .safe }),
    });
    explorer.root_module.addObject(explored);
    const explore = b.addRunArtifact(explorer);
    b.step("install-explore", "").dependOn(&b.addInstallArtifact(explorer, .{}).step);
    b.step("explore", "Explore interleavings").dependOn(&explore.step);

    b.step("c-test", "Run a C program against the shared object").dependOn(&b.addRunArtifact(c_test).step);
}

fn addTests(b: *std.Build, target: std.Build.ResolvedTarget, thread_sanitizer: bool) *std.Build.Step {
    const tests = b.addTest(.{
        .root_module = b.createModule(.{
            .root_source_file = b.path("src/tests.zig"),
            .target = target,
            .optimize = .debug,
            .sanitize_thread = thread_sanitizer,
            .link_libc = thread_sanitizer,
        }),
    });
    const header = b.addTranslateC(.{
        .root_source_file = b.path("include/b1.h"),
        .target = target,
        .optimize = .debug,
        .link_libc = true,
    });
    tests.root_module.addImport("b1", header.createModule());
    const run = b.addRunArtifact(tests);
    run.has_side_effects = true; // run them whenever somebody asks: a result from a cache shows nothing
    return &run.step;
}
