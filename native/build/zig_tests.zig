//! The tests in Zig, and the fuzzer's.

const std = @import("std");
const Compile = std.Build.Step.Compile;

pub const Options = struct { thread_sanitizer: bool = false };

/// Adds all tests but the guided ones of the fuzzer, as one program.
pub fn addTests(b: *std.Build, target: std.Build.ResolvedTarget, options: Options) *Compile {
    const tests = b.addTest(.{
        .root_module = b.createModule(.{
            .root_source_file = b.path("src/tests.zig"),
            .target = target,
            .optimize = .debug,
            .sanitize_thread = options.thread_sanitizer,
            .link_libc = options.thread_sanitizer, // the runtime of the sanitizer needs it
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
    return tests;
}

/// Adds the tests that the fuzzer guides. With --fuzz the build system builds them a second time, to count coverage.
pub fn addFuzzTests(b: *std.Build, target: std.Build.ResolvedTarget) *Compile {
    return addFuzzer(b, target, .{ .root = "src/fuzz.zig", .tests = "guided", .counts_coverage = null });
}

/// Adds the program that reduces what the fuzzer has found to the files of corpus/.
pub fn addCorpusWriter(b: *std.Build, target: std.Build.ResolvedTarget) *Compile {
    return addFuzzer(b, target, .{ .root = "src/corpus_writer.zig", .tests = "distil", .counts_coverage = true });
}

const Fuzzer = struct {
    root: []const u8,
    /// A part of the names of the tests to run.
    tests: []const u8,
    counts_coverage: ?bool,
};

fn addFuzzer(b: *std.Build, target: std.Build.ResolvedTarget, fuzzer: Fuzzer) *Compile {
    const tests = b.addTest(.{
        .name = fuzzer.tests,
        .filters = &.{fuzzer.tests},
        .use_llvm = true,
        .root_module = b.createModule(.{
            .root_source_file = b.path(fuzzer.root),
            .target = target,
            .optimize = .safe,
            .link_libc = true, // a thread of the C library can be noticed when it ends
            .fuzz = fuzzer.counts_coverage,
        }),
    });
    addCorpus(b, tests);
    return tests;
}

/// Lets tests import the inputs that the fuzzer has found.
fn addCorpus(b: *std.Build, tests: *Compile) void {
    tests.root_module.addAnonymousImport("corpus", .{ .root_source_file = b.path("corpus/corpus.zig") });
}
