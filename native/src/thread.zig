//! Hears of the end of a thread; and starts one.
//!
//! Every Worker has a thread of its own in Deno and in Bun, which ends with the Worker, whether that was terminated, has
//! closed itself or has thrown. The destructor of a thread-specific value is called then, on that very thread. It needs
//! no permission, no descriptor and no watcher. (Loading the library as a Node-API module, for its cleanup hooks, tells
//! the same, but for each Worker that has done so Deno 2.9 keeps two descriptors for ever.)
//!
//! The functions are those of the C library that the runtime is linked with; where there is none they are absent. They
//! also keep this library from being unloaded, or the destructor might be gone before the thread is.

const sys = @import("sys_device.zig");

const Key = c_uint;
const Destructor = *const fn (?*anyopaque) callconv(.c) void;

const pthread_key_create = @extern(?*const fn (*Key, Destructor) callconv(.c) c_int, .{
    .name = "pthread_key_create",
    .linkage = .weak,
});
const pthread_getspecific = @extern(?*const fn (Key) callconv(.c) ?*anyopaque, .{
    .name = "pthread_getspecific",
    .linkage = .weak,
});
const pthread_setspecific = @extern(?*const fn (Key, ?*anyopaque) callconv(.c) c_int, .{
    .name = "pthread_setspecific",
    .linkage = .weak,
});

const Main = *const fn (?*anyopaque) callconv(.c) ?*anyopaque;

const pthread_create = @extern(?*const fn (*usize, ?*const anyopaque, Main, ?*anyopaque) callconv(.c) c_int, .{
    .name = "pthread_create",
    .linkage = .weak,
});
const pthread_detach = @extern(?*const fn (usize) callconv(.c) c_int, .{
    .name = "pthread_detach",
    .linkage = .weak,
});

const dladdr = @extern(?*const fn (*const anyopaque, *DlInfo) callconv(.c) c_int, .{
    .name = "dladdr",
    .linkage = .weak,
});
const dlopen = @extern(?*const fn (?[*:0]const u8, c_int) callconv(.c) ?*anyopaque, .{
    .name = "dlopen",
    .linkage = .weak,
});
const DlInfo = extern struct {
    file: ?[*:0]const u8,
    base: ?*anyopaque,
    symbol: ?[*:0]const u8,
    address: ?*anyopaque,
};

/// A value of each thread, which `destructor` gets when the thread ends unless it is null.
pub const Local = struct {
    key: Key,

    /// Null where there are no threads of a C library, or too many such values.
    pub fn create(destructor: Destructor) ?Local {
        const createKey = pthread_key_create orelse return null;
        if (!stayLoaded(destructor)) return null;
        var key: Key = undefined;
        return if (createKey(&key, destructor) == 0) .{ .key = key } else null;
    }

    /// Makes the library that `address` lies in stay for good.
    fn stayLoaded(address: *const anyopaque) bool {
        const findAddress = dladdr orelse return false;
        const open = dlopen orelse return false;
        var info: DlInfo = undefined;
        if (findAddress(address, &info) == 0) return false;
        const now = 2;
        const no_load = 4;
        const no_delete = 0x1000;
        return open(info.file, now | no_load | no_delete) != null;
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
pub fn start(main: Main, argument: ?*anyopaque) bool {
    const create = pthread_create orelse return false;
    const detach = pthread_detach orelse return false;
    // A thread begins with the mask of its maker.
    const before = sys.blockSignals();
    defer sys.restoreSignals(before);
    var handle: usize = undefined;
    if (create(&handle, null, main, argument) != 0) return false;
    _ = detach(handle);
    return true;
}
