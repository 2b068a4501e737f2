//! The library as a Node-API module, for one purpose: to hear of an isolate's end.
//!
//! Deno and Bun both call an environment's cleanup hooks when a Worker was terminated, has closed itself or has thrown,
//! and both allow a module to be loaded wherever they allow FFI. Calls go through FFI, which is several times faster.
//! The functions are the runtime's own; in other programs they are absent, and nobody calls the entry point.

const port = @import("port.zig");

const Env = ?*opaque {};
const Value = ?*opaque {};
const Hook = *const fn (?*anyopaque) callconv(.c) void;

const napi_add_env_cleanup_hook = @extern(?*const fn (Env, Hook, ?*anyopaque) callconv(.c) c_int, .{
    .name = "napi_add_env_cleanup_hook",
    .linkage = .weak,
});
const napi_create_uint32 = @extern(?*const fn (Env, u32, *Value) callconv(.c) c_int, .{
    .name = "napi_create_uint32",
    .linkage = .weak,
});

/// Opens a port for the isolate. The module's exports are its number; on failure, what they were.
export fn napi_register_module_v1(env: Env, exports: Value) Value {
    const add = napi_add_env_cleanup_hook orelse return exports;
    const createNumber = napi_create_uint32 orelse return exports;
    const number = port.open() catch return exports;
    var value: Value = null;
    // The hook's argument must not be null.
    if (createNumber(env, number, &value) == 0 and add(env, cleanUp, @ptrFromInt(number + 1)) == 0) return value;
    port.gone(number);
    return exports;
}

fn cleanUp(argument: ?*anyopaque) callconv(.c) void {
    port.gone(@intCast(@intFromPtr(argument) - 1));
}
