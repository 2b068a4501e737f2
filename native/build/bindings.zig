//! The description of the library for TypeScript, src/port/abi.ts, which a program generates from the Zig types.

const std = @import("std");
const Step = std.Build.Step;

const path = "../src/port/abi.ts";

/// Returns the generated file.
pub fn generate(b: *std.Build) std.Build.LazyPath {
    const bindgen = b.addExecutable(.{
        .name = "bindgen",
        .root_module = b.createModule(.{
            .root_source_file = b.path("src/bindgen.zig"),
            .target = b.graph.host,
            .optimize = .debug,
            .link_libc = true, // for the weak symbols of the library's sources: the linker of a program looks for them
        }),
    });
    return b.addRunArtifact(bindgen).captureStdOut(.{});
}

/// Copies the generated file to its place in the source tree.
pub fn update(b: *std.Build, generated: std.Build.LazyPath) *Step {
    const files = b.addUpdateSourceFiles();
    files.addCopyFileToSource(generated, path);
    return &files.step;
}

/// Compares the file in the source tree with the generated one.
pub fn check(b: *std.Build, generated: std.Build.LazyPath) *Step {
    const diff = b.addSystemCommand(&.{ "diff", "-u", path });
    diff.setCwd(b.path("."));
    diff.addFileArg(generated);
    return &diff.step;
}
