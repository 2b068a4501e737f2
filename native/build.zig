//! The build: first the artifacts, each described in a file of build/, then the steps. `zig build --help` lists the steps.

const std = @import("std");
const addCoreBench = @import("build/core_bench.zig").addCoreBench;
const addExplorer = @import("build/explorer.zig").addExplorer;
const bindings = @import("build/bindings.zig");
const c_tests = @import("build/c_tests.zig");
const package = @import("build/package.zig");
const test_programs = @import("build/test_programs.zig");
const zig_tests = @import("build/zig_tests.zig");

pub fn build(b: *std.Build) void {
    // Baseline: tests and benchmarks run the code that the package contains, which is for any processor of its kind.
    const target = b.standardTargetOptions(.{ .default_target = .{ .cpu_model = .baseline } });
    const optimize = b.option(std.builtin.Optimize, "optimize", "fast (default), safe, small or debug") orelse .fast;

    // Artifacts.
    const library = package.addLibrary(b, target, optimize);
    const supervisor = package.addSupervisor(b, target, optimize);
    const builds = package.addBuilds(b);
    const abi = bindings.generate(b);
    const tests = zig_tests.addTests(b, target, .{});
    const sanitized_tests = zig_tests.addTests(b, target, .{ .thread_sanitizer = true });
    const fuzz_tests = zig_tests.addFuzzTests(b, target);
    const corpus_writer = zig_tests.addCorpusWriter(b, target);
    const c_test = c_tests.addProgram(b, target, library);
    const headers = c_tests.addHeaders(b, target);
    const programs = test_programs.addPrograms(b);
    const faulty_library = test_programs.addFaultyLibrary(b, target);
    const core_bench = addCoreBench(b, target, optimize);
    const explorer = addExplorer(b, target);

    // Steps.
    library.installHeadersDirectory(b.path("include"), "", .{});
    b.installArtifact(library);
    b.installArtifact(supervisor);

    const builds_step = b.step("builds", "Build what the package contains, into zig-out/builds/");
    for (builds) |it| builds_step.dependOn(install(b, it.artifact, b.fmt("builds/{s}", .{it.system})));

    b.step("bindgen", "Write ../src/port/abi.ts").dependOn(bindings.update(b, abi));
    b.step("check-abi", "Fail if ../src/port/abi.ts is not what bindgen writes").dependOn(bindings.check(b, abi));

    b.step("test", "Run the Zig tests").dependOn(&run(b, tests).step);
    b.step("test-tsan", "Run the Zig tests under the thread sanitizer").dependOn(&run(b, sanitized_tests).step);
    b.step("fuzz", "Try the inputs of corpus/; with --fuzz=100K, that many new ones for each target")
        .dependOn(&run(b, fuzz_tests).step);
    b.step("distil", "Write corpus/ from what the fuzzer has found").dependOn(&run(b, corpus_writer).step);

    const c_step = b.step("c-test", "Run a C program with the shared library, and compile the headers as C and C++");
    c_step.dependOn(&run(b, c_test).step);
    for (headers) |header| c_step.dependOn(&header.step);

    const programs_step = b.step("programs", "Build what the tests in TypeScript start and load, into zig-out/test/");
    for (programs) |program| programs_step.dependOn(install(b, program, "test"));
    programs_step.dependOn(install(b, faulty_library, "test"));

    b.step("core-bench", "Build zig-out/bin/core-bench").dependOn(install(b, core_bench, "bin"));

    const explore = run(b, explorer);
    explore.addPassthruArgs();
    b.step("explore", "Explore interleavings; src/explore/main.zig lists the arguments").dependOn(&explore.step);
    const canaries = run(b, explorer);
    canaries.addArg("--canaries");
    canaries.addPassthruArgs();
    b.step("canaries", "Plant faults, and check that the explorer finds each of them").dependOn(&canaries.step);
}

fn install(b: *std.Build, artifact: *std.Build.Step.Compile, folder: []const u8) *std.Build.Step {
    return &b.addInstallArtifact(artifact, .{ .dest_dir = .{ .override = .{ .custom = folder } } }).step;
}

/// Runs a program in native/ each time that it is asked for: a cached result would prove nothing.
fn run(b: *std.Build, artifact: *std.Build.Step.Compile) *std.Build.Step.Run {
    const step = b.addRunArtifact(artifact);
    step.setCwd(b.path("."));
    step.has_side_effects = true;
    return step;
}
