//! The process of the program: it installs the filter in itself, and executes the program.

const std = @import("std");
const filter = @import("filter.zig");
const linux = std.os.linux;
const os = @import("os.zig");

/// A command line and the environment of the program.
pub const Command = struct {
    /// The first is the name of the program.
    arguments: [:null]const ?[*:0]const u8,
    environment: [:null]const ?[*:0]const u8,
    /// The signal mask of the program.
    signal_mask: os.signals.Mask,

    pub fn name(command: Command) []const u8 {
        return std.mem.span(command.arguments[0].?);
    }

    /// Installs the filter, sends the server the number of the listener or a negative errno, waits for its permission,
    /// and executes the program.
    pub fn start(command: Command, server: i32) noreturn {
        const listener = os.seccomp.installFilter(&filter.instructions);
        os.files.write(server, std.mem.asBytes(&listener));
        var go: [1]u8 = undefined;
        if (!os.files.read(server, &go)) os.processes.exit(1);
        command.execute();
    }

    /// Executes the program. On failure, prints the reason and exits as shells do.
    pub fn execute(command: Command) noreturn {
        os.signals.setMask(command.signal_mask);
        const errno = command.find();
        if (errno == .NOENT or errno == .NOTDIR) {
            os.files.complain("{s}: program not found", .{command.name()});
            os.processes.exit(127);
        }
        os.files.complain("{s}: it cannot be executed: E{t}", .{ command.name(), errno });
        os.processes.exit(126);
    }

    /// Tries all paths of the program. Returns the errno of the failure.
    fn find(command: Command) os.E {
        const file = command.name();
        if (std.mem.findScalar(u8, file, '/') != null) return command.tryPath(command.arguments[0].?);
        var reason: os.E = .NOENT;
        var folders = std.mem.splitScalar(u8, command.searchPath(), ':');
        while (folders.next()) |folder| {
            var buffer: [linux.PATH_MAX]u8 = undefined;
            const separator = if (folder.len == 0) "" else "/"; // an empty one is the current folder
            const path = std.fmt.bufPrintSentinel(&buffer, "{s}{s}{s}", .{ folder, separator, file }, 0) catch continue;
            const errno = command.tryPath(path);
            switch (errno) {
                .NOENT, .NOTDIR => {},
                .ACCES => reason = .ACCES, // a later folder may have one that can be executed
                else => return errno,
            }
        }
        return reason;
    }

    fn tryPath(command: Command, path: [*:0]const u8) os.E {
        const errno = os.errno(os.processes.execute(path, command.arguments, command.environment));
        return if (errno == .NOEXEC) command.tryScript(path) else errno;
    }

    /// Executes a text file without `#!` as a shell script.
    fn tryScript(command: Command, path: [*:0]const u8) os.E {
        var arguments: [4096:null]?[*:0]const u8 = undefined;
        if (command.arguments.len + 1 > arguments.len) return .@"2BIG";
        arguments[0] = "/bin/sh";
        arguments[1] = path;
        @memcpy(arguments[2..][0 .. command.arguments.len - 1], command.arguments[1..]);
        arguments[command.arguments.len + 1] = null;
        return os.errno(os.processes.execute("/bin/sh", &arguments, command.environment));
    }

    fn searchPath(command: Command) []const u8 {
        for (command.environment) |variable| {
            const text = std.mem.span(variable.?);
            if (std.mem.startsWith(u8, text, "PATH=")) return text["PATH=".len..];
        }
        return "/usr/local/bin:/bin:/usr/bin";
    }
};
