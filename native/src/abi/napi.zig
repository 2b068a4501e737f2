//! The library as an addon of Node.js, which has no foreign function interface as Deno and Bun have: the functions of
//! functions.zig, made callable by Node-API. Deno and Bun do not use this file.
//!
//! Rules:
//! - The runtime's functions are looked up when it asks for ours. So the library can be loaded where there are none.
//! - Isolates are terminated at any moment, and then every function of Node-API may fail. A call that could not get its
//!   arguments is not made and returns undefined; no failure here ends the process.
//! - A wrong type is a TypeError. A buffer is a typed array; its memory is used in place, during the call.

const builtin = @import("builtin");
const std = @import("std");
const is_linux = @import("../base/os.zig").is_linux;
const Errno = @import("../base/errno.zig").Errno;
const Mutex = @import("../base/mutex.zig").Mutex;

const describe = @import("describe.zig");
const modules = @import("functions.zig").modules;

const Env = *opaque {};
const Value = *opaque {};
const Info = *opaque {};
const Callback = *const fn (Env, Info) callconv(.c) ?Value;

const ok = 0;

/// The functions of Node-API, which are the runtime's.
const Api = struct {
    napi_create_function: *const fn (Env, [*]const u8, usize, Callback, ?*anyopaque, *?Value) callconv(.c) c_int,
    napi_set_named_property: *const fn (Env, ?Value, [*:0]const u8, ?Value) callconv(.c) c_int,
    napi_get_cb_info: *const fn (Env, Info, *usize, ?[*]?Value, ?*?Value, ?*?*anyopaque) callconv(.c) c_int,
    napi_get_value_uint32: *const fn (Env, ?Value, *u32) callconv(.c) c_int,
    napi_get_value_double: *const fn (Env, ?Value, *f64) callconv(.c) c_int,
    napi_get_typedarray_info: *const fn (Env, ?Value, ?*c_int, ?*usize, *?*anyopaque, ?*?Value, ?*usize) callconv(.c) c_int,
    napi_create_int32: *const fn (Env, i32, *?Value) callconv(.c) c_int,
    napi_create_uint32: *const fn (Env, u32, *?Value) callconv(.c) c_int,
    napi_throw_type_error: *const fn (Env, ?[*:0]const u8, [*:0]const u8) callconv(.c) c_int,

    fn find() ?Api {
        const symbol = dlsym orelse return null;
        var found: Api = undefined;
        inline for (@typeInfo(Api).@"struct".field_names) |name| {
            @field(found, name) = @ptrCast(@alignCast(symbol(everywhere, name) orelse return null));
        }
        return found;
    }
};

const dlsym = @extern(?*const fn (?*anyopaque, [*:0]const u8) callconv(.c) ?*anyopaque, .{
    .name = "dlsym",
    .linkage = if (is_linux) .weak else .strong, // as in thread.zig
});

/// `RTLD_DEFAULT`.
const everywhere: ?*anyopaque = if (builtin.os.tag.isDarwin()) @ptrFromInt(@as(usize, @bitCast(@as(isize, -2)))) else null;

/// Written once, by the first isolate.
var api: Api = undefined;
var is_found = false;
var mutex: Mutex = .{};

fn findOnce() bool {
    mutex.lock();
    defer mutex.unlock();
    if (!is_found) api = Api.find() orelse return false;
    is_found = true;
    return true;
}

/// Node.js calls this in each isolate that loads the library, and uses the result as the exports of the module. After a
/// failure functions are missing there.
export fn napi_register_module_v1(env: Env, exports: ?Value) ?Value {
    if (!findOnce()) return exports;
    inline for (modules) |module| {
        inline for (comptime module.names()) |name| {
            if (!add(env, exports, name, Bound(@field(module.functions, name), module.supports(name)))) return exports;
        }
    }
    _ = add(env, exports, "bus1_abi", Bound(describe.bus1_abi, true));
    return exports;
}

fn add(env: Env, exports: ?Value, name: [:0]const u8, comptime Function: type) bool {
    var function: ?Value = null;
    if (api.napi_create_function(env, name.ptr, name.len, Function.callback, null, &function) != ok) return false;
    return api.napi_set_named_property(env, exports, name, function) == ok;
}

/// A function as Node-API calls it.
fn Bound(comptime function: anytype, comptime serves: bool) type {
    const Function = @typeInfo(@TypeOf(function)).@"fn";
    const n_parameters = Function.param_types.len;

    return struct {
        fn callback(env: Env, info: Info) callconv(.c) ?Value {
            var values: [n_parameters]?Value = undefined;
            var n_values: usize = n_parameters;
            // It writes undefined where an argument is missing.
            if (api.napi_get_cb_info(env, info, &n_values, &values, null, null) != ok) return null;
            var arguments: std.meta.ArgsTuple(@TypeOf(function)) = undefined;
            inline for (&values, 0..) |value, i| {
                if (!take(env, value, &arguments[i])) {
                    const wrong = std.fmt.comptimePrint("argument {d} of the native function is of a wrong type", .{i});
                    _ = api.napi_throw_type_error(env, null, wrong);
                    return null;
                }
            }
            return give(env, if (serves) @call(.auto, function, arguments) else Errno.EOPNOTSUPP.negative());
        }
    };
}

fn take(env: Env, value: ?Value, out: anytype) bool {
    switch (@TypeOf(out.*)) {
        u32 => return api.napi_get_value_uint32(env, value, out) == ok,
        f64 => return api.napi_get_value_double(env, value, out) == ok,
        ?[*]u8, ?[*]u32, ?[*]f64 => {
            var memory: ?*anyopaque = null;
            if (api.napi_get_typedarray_info(env, value, null, null, &memory, null, null) != ok) return false;
            out.* = @ptrCast(@alignCast(memory));
            return true;
        },
        else => @compileError("unmapped type: " ++ @typeName(@TypeOf(out.*))),
    }
}

fn give(env: Env, result: anytype) ?Value {
    var value: ?Value = null;
    _ = switch (@TypeOf(result)) {
        void => ok,
        i32 => api.napi_create_int32(env, result, &value),
        u32 => api.napi_create_uint32(env, result, &value),
        else => @compileError("unmapped type: " ++ @typeName(@TypeOf(result))),
    };
    return value;
}
