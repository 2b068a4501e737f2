//! The tests in C, of test/.

const std = @import("std");
const Compile = std.Build.Step.Compile;

const warnings = [_][]const u8{ "-Wall", "-Wextra", "-Werror", "-pedantic" };

/// Adds a program that uses the shared library through include/b1.h.
pub fn addProgram(b: *std.Build, target: std.Build.ResolvedTarget, library: *Compile) *Compile {
    const program = b.addExecutable(.{
        .name = "b1_test",
        .root_module = b.createModule(.{ .target = target, .optimize = .debug, .link_libc = true }),
    });
    program.root_module.addCSourceFile(.{ .file = b.path("test/b1_test.c"), .flags = &(.{"-std=c11"} ++ warnings) });
    program.root_module.linkLibrary(library);
    return program;
}

/// Adds a file that includes include/linux/bus1.h, compiled as C and as C++.
pub fn addHeaders(b: *std.Build, target: std.Build.ResolvedTarget) [2]*Compile {
    return .{
        addHeader(b, target, .c, &(.{"-std=c11"} ++ warnings)),
        addHeader(b, target, .cpp, &(.{"-std=c++17"} ++ warnings)),
    };
}

fn addHeader(
    b: *std.Build,
    target: std.Build.ResolvedTarget,
    language: std.Build.Module.CSourceLanguage,
    flags: []const []const u8,
) *Compile {
    const object = b.addObject(.{
        .name = "bus1_h",
        .root_module = b.createModule(.{ .target = target, .optimize = .debug, .link_libc = true }),
    });
    object.root_module.addIncludePath(b.path("include"));
    object.root_module.addCSourceFile(.{ .file = b.path("test/bus1_h.c"), .language = language, .flags = flags });
    return object;
}
