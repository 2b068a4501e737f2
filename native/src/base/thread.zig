//! Hears of the end of a thread; and starts one.
//!
//! Every Worker has a thread of its own in Deno, Bun and Node.js, which ends with the Worker, whether that was terminated,
//! has closed itself or has thrown. The destructor of a thread-specific value is called then, on that very thread. It
//! needs no permission, no descriptor and no watcher. (The cleanup hooks of Node-API tell an addon the same, but for each
//! Worker that loads one Deno 2.9 keeps two descriptors for ever.)
//!
//! The functions are those of the C library that the runtime is linked with; on Linux, where a program may do without
//! one, they may be absent. They also keep this library from being unloaded, or the destructor might be gone before the
//! thread is.

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

/// A value of each thread, which `destructor` gets when the thread ends unless it is null.
pub const Local = struct {
    key: Key,

    /// Null where there are no threads of a C library, or too many such values.
    pub fn create(destructor: Destructor) ?Local {
        const createKey = pthread_key_create orelse return null;
        // A test is a program, which stays anyway.
        if (!builtin.is_test and !stayLoaded(destructor)) return null;
        var key: Key = undefined;
        return if (createKey(&key, destructor) == 0) .{ .key = key } else null;
    }

    /// Makes the library that `address` lies in stay for good.
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

    /// False if memory has run out.
    pub fn set(local: Local, value: *anyopaque) bool {
        return pthread_setspecific.?(local.key, value) == 0;
    }
};

/// Starts a thread that no signal of the program's comes to and nobody waits for. False where there are no threads of a C
/// library, or no more.
pub fn start(main: *const Main, argument: ?*anyopaque) bool {
    const create = pthread_create orelse return false;
    const detach = pthread_detach orelse return false;
    // A thread begins with the mask of its maker.
    const before = os.blockSignals();
    defer os.restoreSignals(before);
    var handle: usize = undefined;
    if (create(&handle, null, main, argument) != 0) return false;
    _ = detach(handle);
    return true;
}
