//! Notices the end of a thread, and starts threads.
//!
//! In Deno, Bun and Node.js every Worker has a thread of its own. The thread ends when the Worker is terminated, closes itself
//! or throws. Then the destructor of a thread-specific value is called on that very thread. This needs no
//! permission, no descriptor and no watcher. (The cleanup hooks of Node-API would tell an addon the same, but for each Worker
//! that loads an addon, Deno 2.9 leaks two descriptors.)
//!
//! The functions are those of the C library that the runtime is linked with. On Linux, where a program may have no C library,
//! they may be absent. They also keep this library loaded, because the destructor must exist when the thread ends.

const std = @import("std");
const builtin = @import("builtin");
const os = @import("os.zig");

const Key = std.c.pthread_key_t;
const Destructor = *const fn (?*anyopaque) callconv(.c) void;

const pthread_key_create = function("pthread_key_create", fn (*Key, Destructor) callconv(.c) c_int);
const pthread_getspecific = function("pthread_getspecific", fn (Key) callconv(.c) ?*anyopaque);
const pthread_setspecific = function("pthread_setspecific", fn (Key, ?*anyopaque) callconv(.c) c_int);

const Main = fn (?*anyopaque) callconv(.c) ?*anyopaque;

const pthread_create = function(
    "pthread_create",
    fn (*usize, ?*const anyopaque, *const Main, ?*anyopaque) callconv(.c) c_int,
);
const pthread_detach = function("pthread_detach", fn (usize) callconv(.c) c_int);

const dladdr = function("dladdr", fn (*const anyopaque, *DlInfo) callconv(.c) c_int);
const dlopen = function("dlopen", fn (?[*:0]const u8, std.c.RTLD) callconv(.c) ?*anyopaque);
const DlInfo = extern struct {
    file: ?[*:0]const u8,
    base: ?*anyopaque,
    symbol: ?[*:0]const u8,
    address: ?*anyopaque,
};

fn function(comptime name: []const u8, comptime Function: type) ?*const Function {
    return @extern(?*const Function, .{ .name = name, .linkage = if (os.is_linux) .weak else .strong });
}

/// A value that each thread has for itself. When the thread ends, `destructor` is called with it unless it is null.
pub const Local = struct {
    key: Key,

    /// Returns null without the threads of a C library, or if the process has too many such values.
    pub fn create(destructor: Destructor) ?Local {
        const createKey = pthread_key_create orelse return null;
        // A program is never unloaded.
        if (builtin.output_mode != .Exe and !stayLoaded(destructor)) return null;
        var key: Key = undefined;
        return if (createKey(&key, destructor) == 0) .{ .key = key } else null;
    }

    /// Prevents the library that `address` lies in from ever being unloaded.
    fn stayLoaded(address: *const anyopaque) bool {
        const findAddress = dladdr orelse return false;
        const open = dlopen orelse return false;
        var info: DlInfo = undefined;
        if (findAddress(address, &info) == 0) return false;
        return open(info.file, .{ .NOW = true, .NOLOAD = true, .NODELETE = true }) != null;
    }

    pub fn get(local: Local) ?*anyopaque {
        return pthread_getspecific.?(local.key);
    }

    /// Returns false if memory has run out.
    pub fn set(local: Local, value: *anyopaque) bool {
        return pthread_setspecific.?(local.key, value) == 0;
    }
};

/// Starts a detached thread that handles no signals of the program. Returns false without the threads of a C library, or if
/// no more threads can be started. Linux only.
pub fn start(main: *const Main, argument: ?*anyopaque) bool {
    const create = pthread_create orelse return false;
    const detach = pthread_detach orelse return false;
    // A thread inherits the signal mask of the thread that starts it.
    const before = os.blockSignals();
    defer os.restoreSignals(before);
    var handle: usize = undefined;
    if (create(&handle, null, main, argument) != 0) return false;
    _ = detach(handle);
    return true;
}
