//! Process C: it puts itself under the filter, and becomes the program.

const std = @import("std");
const filter = @import("filter.zig");
const linux = std.os.linux;
const sys = @import("os.zig");

/// A command line, and the environment that the program is to have.
pub const Command = struct {
    /// The first is the program's name.
    arguments: [:null]const ?[*:0]const u8,
    environment: [:null]const ?[*:0]const u8,
    /// The signals that it is to find blocked.
    signal_mask: sys.Mask,

    pub fn name(command: Command) []const u8 {
        return std.mem.span(command.arguments[0].?);
    }

    /// Installs the filter, tells the server the number of the listener, or a negative errno, and goes on when it says
    /// so.
    pub fn start(command: Command, server: i32) noreturn {
        const listener = sys.installFilter(&filter.instructions);
        sys.write(server, std.mem.asBytes(&listener));
        var go: [1]u8 = undefined;
        if (!sys.read(server, &go)) sys.exit(1);
        command.execute();
    }

    /// Becomes the program. If that cannot be, says why and exits as shells do.
    pub fn execute(command: Command) noreturn {
        sys.setSignalMask(command.signal_mask);
        const errno = command.find();
        if (errno == .NOENT or errno == .NOTDIR) {
            sys.complain("{s}: there is no such program", .{command.name()});
            sys.exit(127);
        }
        sys.complain("{s}: it cannot be executed: E{t}", .{ command.name(), errno });
        sys.exit(126);
    }

    /// Tries all the places where the program may be. Answers what was wrong.
    fn find(command: Command) sys.E {
        const file = command.name();
        if (std.mem.findScalar(u8, file, '/') != null) return command.tryPath(command.arguments[0].?);
        var reason: sys.E = .NOENT;
        var folders = std.mem.splitScalar(u8, command.searchPath(), ':');
        while (folders.next()) |folder| {
            var buffer: [linux.PATH_MAX]u8 = undefined;
            const separator = if (folder.len == 0) "" else "/"; // an empty one is the current folder
            const path = std.fmt.bufPrintSentinel(&buffer, "{s}{s}{s}", .{ folder, separator, file }, 0) catch continue;
            const errno = command.tryPath(path);
            switch (errno) {
                .NOENT, .NOTDIR => {},
                .ACCES => reason = .ACCES, // elsewhere may be one that can be executed
                else => return errno,
            }
        }
        return reason;
    }

    fn tryPath(command: Command, path: [*:0]const u8) sys.E {
        const errno = sys.errno(sys.execute(path, command.arguments, command.environment));
        return if (errno == .NOEXEC) command.tryScript(path) else errno;
    }

    /// A text without `#!` is a script for the shell.
    fn tryScript(command: Command, path: [*:0]const u8) sys.E {
        var arguments: [4096:null]?[*:0]const u8 = undefined;
        if (command.arguments.len + 1 > arguments.len) return .@"2BIG";
        arguments[0] = "/bin/sh";
        arguments[1] = path;
        @memcpy(arguments[2..][0 .. command.arguments.len - 1], command.arguments[1..]);
        arguments[command.arguments.len + 1] = null;
        return sys.errno(sys.execute("/bin/sh", &arguments, command.environment));
    }

    fn searchPath(command: Command) []const u8 {
        for (command.environment) |variable| {
            const text = std.mem.span(variable.?);
            if (std.mem.startsWith(u8, text, "PATH=")) return text["PATH=".len..];
        }
        return "/usr/local/bin:/bin:/usr/bin";
    }
};
