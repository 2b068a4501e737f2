//! The system calls of the supervisor, one file for each subject. No other file of the supervisor makes any.
//!
//! Most functions return what the system call returns: a result, or a negative errno. The only functions that block are
//! `files.poll`, `files.read`, `processes.waitFor`, and `seccomp.receive` if no notification is pending.

const results = @import("os/results.zig");

pub const files = @import("os/files.zig");
pub const other_processes = @import("os/other_processes.zig");
pub const processes = @import("os/processes.zig");
pub const seccomp = @import("os/seccomp.zig");
pub const signals = @import("os/signals.zig");
pub const sockets = @import("os/sockets.zig");

pub const E = results.E;
pub const errno = results.errno;
pub const negative = results.negative;
