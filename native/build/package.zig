//! What the package contains: the library, and the supervisor of `cli run`, for each system.

const std = @import("std");
const Compile = std.Build.Step.Compile;

const System = struct {
    /// The name of its folder: the system and the processor as the runtimes call them.
    name: []const u8,
    target: std.Target.Query,
};

/// With the oldest processors, so that a build depends on this table and not on the machine that it is made on.
const systems = [_]System{
    .{ .name = "linux-x64", .target = .{ .cpu_arch = .x86_64, .cpu_model = .baseline, .os_tag = .linux, .abi = .gnu } },
    .{ .name = "linux-arm64", .target = .{ .cpu_arch = .aarch64, .cpu_model = .baseline, .os_tag = .linux, .abi = .gnu } },
    .{ .name = "macos-x64", .target = .{ .cpu_arch = .x86_64, .cpu_model = .baseline, .os_tag = .macos, .os_version_min = macos } },
    .{ .name = "macos-arm64", .target = .{ .cpu_arch = .aarch64, .cpu_model = .baseline, .os_tag = .macos, .os_version_min = macos } },
};

/// The first that has what src/base/os_macos.zig calls.
const macos: std.Target.Query.OsVersion = .{ .semver = .{ .major = 11, .minor = 0, .patch = 0 } };

pub const Build = struct { system: []const u8, artifact: *Compile };

/// Adds the builds for all systems. The same sources give the same bytes on every machine.
pub fn addBuilds(b: *std.Build) []const Build {
    var builds: std.ArrayList(Build) = .empty;
    for (systems) |system| {
        const target = b.resolveTargetQuery(system.target);
        const library = addLibrary(b, target, .fast);
        builds.append(b.graph.arena, .{ .system = system.name, .artifact = library }) catch @panic("out of memory");
        if (target.result.os.tag != .linux) continue;
        const supervisor = addSupervisor(b, target, .fast);
        builds.append(b.graph.arena, .{ .system = system.name, .artifact = supervisor }) catch @panic("out of memory");
    }
    return builds.items;
}

/// Adds the shared library. On Linux it needs no libc.
pub fn addLibrary(b: *std.Build, target: std.Build.ResolvedTarget, optimize: std.builtin.Optimize) *Compile {
    const library = b.addLibrary(.{
        .name = "bus1",
        .linkage = .dynamic,
        .root_module = b.createModule(.{
            .root_source_file = b.path("src/lib.zig"),
            .target = target,
            .optimize = optimize,
            .strip = optimize != .debug,
            .unwind_tables = if (optimize == .debug) null else .none, // there are frame pointers
            .link_libc = target.result.os.tag == .macos, // its only interface for system calls is libSystem
        }),
    });
    library.install_name = "@rpath/libbus1.dylib"; // macOS writes it into programs that are linked with the library
    return library;
}

/// Adds the supervisor, which runs a program with an emulated device. It is static and needs no libc.
pub fn addSupervisor(b: *std.Build, target: std.Build.ResolvedTarget, optimize: std.builtin.Optimize) *Compile {
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
    // For a larger stack it would raise the limit at its start, and the program would inherit that.
    supervisor.stack_size = 1 << 20;
    return supervisor;
}
