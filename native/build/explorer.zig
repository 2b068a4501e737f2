//! The explorer of interleavings, and the copy of the library's sources that it explores.

const std = @import("std");
const mutants = @import("../src/explore/mutants.zig");

pub fn addExplorer(b: *std.Build, target: std.Build.ResolvedTarget) *std.Build.Step.Compile {
    // The code that it explores is instrumented, so it is compiled by itself.
    const explored = b.addObject(.{
        .name = "explored",
        .use_llvm = true,
        .root_module = b.createModule(.{
            .root_source_file = editedSources(b).path(b, "explore.zig"),
            .target = target,
            .optimize = .safe,
            .sanitize_thread = true,
        }),
    });
    const header = b.addTranslateC(.{
        .root_source_file = b.path("include/b1.h"),
        .target = target,
        .optimize = .debug,
        .link_libc = true,
    });
    explored.root_module.addImport("b1", header.createModule());
    const explorer = b.addExecutable(.{
        .name = "explore",
        .use_llvm = true,
        .root_module = b.createModule(.{
            .root_source_file = b.path("src/explore/main.zig"),
            .target = target,
            .optimize = .safe,
        }),
    });
    explorer.root_module.addObject(explored);
    return explorer;
}

/// Returns a copy of src/ with the edits of src/explore/mutants.zig.
fn editedSources(b: *std.Build) std.Build.LazyPath {
    const mutate = b.addExecutable(.{
        .name = "mutate",
        .root_module = b.createModule(.{
            .root_source_file = b.path("src/explore/mutate.zig"),
            .target = b.graph.host,
            .optimize = .debug,
        }),
    });
    const run = b.addRunArtifact(mutate);
    const edited = run.addOutputDirectoryArg("edited");
    var paths: [mutants.files.len][]const u8 = undefined;
    for (mutants.files, &paths) |file, *path| {
        path.* = file.path;
        run.addFileArg(b.path(b.fmt("src/{s}", .{file.path})));
    }
    const copy = b.addWriteFiles();
    _ = copy.addCopyDirectory(b.path("src"), "src", .{ .include_extensions = &.{".zig"}, .exclude_extensions = &paths });
    return copy.addCopyDirectory(edited, "src", .{});
}
