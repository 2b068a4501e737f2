//! The build: the shared library, what TypeScript knows of it, and the tests. `zig build --help` lists the steps.

const std = @import("std");

pub fn build(b: *std.Build) void {
    // By default for any processor of this kind: what is tested and measured here is what others get.
    const target = b.standardTargetOptions(.{ .default_target = .{ .cpu_model = .baseline } });
    const optimize = b.option(std.builtin.Optimize, "optimize", "fast (default), safe, small or debug") orelse .fast;

    // The library: zig-out/lib/libbus1.so, and the headers in zig-out/include. No libc.
    const lib = addLibrary(b, target, optimize);
    lib.installHeadersDirectory(b.path("include"), "", .{});
    b.installArtifact(lib);

    // The supervisor, zig-out/bin/bus1-supervisor: the emulated device of `cli run`. Static, no libc.
    b.installArtifact(addSupervisor(b, target, optimize));

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
    update.addCopyFileToSource(abi, "../src/port/abi.ts");
    b.step("bindgen", "Write ../src/port/abi.ts").dependOn(&update.step);
    const diff = b.addSystemCommand(&.{ "diff", "-u", "../src/port/abi.ts" });
    diff.setCwd(b.path("."));
    diff.addFileArg(abi);
    b.step("check-abi", "Fail if ../src/port/abi.ts is not what bindgen writes").dependOn(&diff.step);

    // The tests, plain and under the thread sanitizer (whose runtime wants libc).
    b.step("test", "Run the tests").dependOn(addTests(b, target, false));
    b.step("test-tsan", "Run the tests under the thread sanitizer").dependOn(addTests(b, target, true));

    // The fuzzer, and what makes its corpus. With --fuzz the build system builds the first once more, as the second is built.
    const fuzz = addFuzz(b, target, .{ .root = "src/fuzz.zig", .tests = "guided", .counts_coverage = null });
    b.step("fuzz", "Try the inputs of corpus/; with --fuzz=100K, try so many new ones of each target").dependOn(fuzz);
    const distil = addFuzz(b, target, .{ .root = "src/corpus_writer.zig", .tests = "distil", .counts_coverage = true });
    b.step("distil", "Write corpus/ from what the fuzzer has found").dependOn(distil);

    // What the package carries: zig-out/builds/NAME, for each system a folder.
    const builds = b.step("builds", "Build what the package carries: the library and the supervisor for all systems");
    for (systems) |system| addBuild(b, builds, system);

    // What the core costs by itself.
    const core_bench = b.addExecutable(.{
        .name = "core-bench",
        .root_module = b.createModule(.{
            .root_source_file = b.path("src/core_bench.zig"),
            .target = target,
            .optimize = optimize,
            .link_libc = true,
        }),
    });
    b.step("core-bench", "Build zig-out/bin/core-bench").dependOn(&b.addInstallArtifact(core_bench, .{}).step);

    // Programs that the tests run under the supervisor: zig-out/test/NAME.
    const programs = b.step("programs", "Build the C programs of ../test/programs, and a library in which allocations fail");
    for (test_programs) |name| {
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
        programs.dependOn(&b.addInstallArtifact(program, .{ .dest_dir = .{ .override = .{ .custom = "test" } } }).step);
    }

    // The library that the tests of TypeScript load: one in which allocations fail when they say so.
    const faulty = b.addLibrary(.{
        .name = "bus1_faulty",
        .linkage = .dynamic,
        .root_module = b.createModule(.{
            .root_source_file = b.path("src/faulty_library.zig"),
            .target = target,
            .optimize = .safe,
        }),
    });
    const in_test: std.Build.Step.InstallArtifact.Options = .{ .dest_dir = .{ .override = .{ .custom = "test" } } };
    programs.dependOn(&b.addInstallArtifact(faulty, in_test).step);

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
    const c_step = b.step("c-test", "Run a C program against the shared object, and compile the headers");
    c_step.dependOn(&b.addRunArtifact(c_test).step);

    // The header of the uapi, in C and in C++.
    for ([_]std.Build.Module.CSourceLanguage{ .c, .cpp }) |language| {
        const object = b.addObject(.{
            .name = "bus1_h",
            .root_module = b.createModule(.{ .target = target, .optimize = .debug, .link_libc = true }),
        });
        object.root_module.addIncludePath(b.path("include"));
        object.root_module.addCSourceFile(.{
            .file = b.path("test/bus1_h.c"),
            .language = language,
            .flags = &.{ if (language == .c) "-std=c11" else "-std=c++17", "-Wall", "-Wextra", "-Werror", "-pedantic" },
        });
        c_step.dependOn(&object.step);
    }

    // The explorer of interleavings.
    const explorer = @import("build/explorer.zig").addExplorer(b, target);
    const explore = b.addRunArtifact(explorer);
    explore.addPassthruArgs();
    b.step("explore", "Explore interleavings; src/explore/main.zig lists the arguments").dependOn(&explore.step);
    const canaries = b.addRunArtifact(explorer);
    canaries.addArg("--canaries");
    canaries.addPassthruArgs();
    b.step("canaries", "Plant faults, and check that the explorer finds each of them").dependOn(&canaries.step);
}

/// A system that the package has a library for.
const System = struct {
    /// That of its folder, as the runtimes call the system and its processor.
    name: []const u8,
    target: std.Target.Query,
};

/// Their oldest processors, so that a build depends on no machine but this table.
const systems = [_]System{
    .{ .name = "linux-x64", .target = .{ .cpu_arch = .x86_64, .cpu_model = .baseline, .os_tag = .linux, .abi = .gnu } },
    .{ .name = "linux-arm64", .target = .{ .cpu_arch = .aarch64, .cpu_model = .baseline, .os_tag = .linux, .abi = .gnu } },
    .{ .name = "macos-x64", .target = .{ .cpu_arch = .x86_64, .cpu_model = .baseline, .os_tag = .macos, .os_version_min = macos } },
    .{ .name = "macos-arm64", .target = .{ .cpu_arch = .aarch64, .cpu_model = .baseline, .os_tag = .macos, .os_version_min = macos } },
};

/// The first that has what src/base/os_macos.zig calls.
const macos: std.Target.Query.OsVersion = .{ .semver = .{ .major = 11, .minor = 0, .patch = 0 } };

/// The same bytes for the same source, whoever builds where.
fn addBuild(b: *std.Build, step: *std.Build.Step, system: System) void {
    const target = b.resolveTargetQuery(system.target);
    const folder: std.Build.InstallDir = .{ .custom = b.fmt("builds/{s}", .{system.name}) };
    step.dependOn(&b.addInstallArtifact(addLibrary(b, target, .fast), .{ .dest_dir = .{ .override = folder } }).step);
    if (target.result.os.tag != .linux) return;
    step.dependOn(&b.addInstallArtifact(addSupervisor(b, target, .fast), .{ .dest_dir = .{ .override = folder } }).step);
}

const test_programs = [_][]const u8{
    "casualty",  "crowd",  "daemon", "descriptors", "faulty",  "hostile", "left", "many",
    "readiness", "rights", "storm",  "threads",     "without",
};

fn addLibrary(b: *std.Build, target: std.Build.ResolvedTarget, optimize: std.builtin.Optimize) *std.Build.Step.Compile {
    const lib = b.addLibrary(.{
        .name = "bus1",
        .linkage = .dynamic,
        .root_module = b.createModule(.{
            .root_source_file = b.path("src/lib.zig"),
            .target = target,
            .optimize = optimize,
            .strip = optimize != .debug,
            .unwind_tables = if (optimize == .debug) null else .none, // there are frame pointers
            .link_libc = target.result.os.tag == .macos, // where there are no system calls but those of libSystem
        }),
    });
    lib.install_name = "@rpath/libbus1.dylib"; // macOS writes it into programs that are linked with the library
    return lib;
}

fn addSupervisor(b: *std.Build, target: std.Build.ResolvedTarget, optimize: std.builtin.Optimize) *std.Build.Step.Compile {
    const supervisor = b.addExecutable(.{
        .name = "bus1-supervisor",
        .linkage = .static,
        .root_module = b.createModule(.{
            .root_source_file = b.path("src/supervisor.zig"),
            .target = target,
            .optimize = optimize,
            .strip = optimize != .debug,
            .unwind_tables = if (optimize == .debug) null else .none, // there are frame pointers
        }),
    });
    // A larger one would be asked for at the start, and the program would inherit the limit.
    supervisor.stack_size = 1 << 20;
    return supervisor;
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
    for ([_][2][]const u8{ .{ "b1", "include/b1.h" }, .{ "bus1", "include/linux/bus1.h" } }) |header| {
        const translated = b.addTranslateC(.{
            .root_source_file = b.path(header[1]),
            .target = target,
            .optimize = .debug,
            .link_libc = true,
        });
        tests.root_module.addImport(header[0], translated.createModule());
    }
    addCorpus(b, tests);
    const run = b.addRunArtifact(tests);
    run.has_side_effects = true; // run them whenever somebody asks: a result from a cache shows nothing
    return &run.step;
}

const Fuzz = struct {
    root: []const u8,
    /// What is in the names of the tests to run.
    tests: []const u8,
    counts_coverage: ?bool,
};

fn addFuzz(b: *std.Build, target: std.Build.ResolvedTarget, fuzz: Fuzz) *std.Build.Step {
    const tests = b.addTest(.{
        .name = fuzz.tests,
        .filters = &.{fuzz.tests},
        .use_llvm = true,
        .root_module = b.createModule(.{
            .root_source_file = b.path(fuzz.root),
            .target = target,
            .optimize = .safe,
            .link_libc = true, // its threads' ends are what ends ports
            .fuzz = fuzz.counts_coverage,
        }),
    });
    addCorpus(b, tests);
    const run = b.addRunArtifact(tests);
    run.setCwd(b.path("."));
    run.has_side_effects = true;
    return &run.step;
}

/// What the fuzzer has found.
fn addCorpus(b: *std.Build, tests: *std.Build.Step.Compile) void {
    tests.root_module.addAnonymousImport("corpus", .{ .root_source_file = b.path("corpus/corpus.zig") });
}
