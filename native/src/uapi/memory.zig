//! The memory of a process that has made a call, and its arrays: read and written through a context.
//!
//! What comes from there is read once, so that it cannot change between a check and its use, and nothing that it says of
//! sizes is believed: addresses may wrap around, and lengths may be anything.

const std = @import("std");
const heap = @import("../base/heap.zig");
const types = @import("../base/uapi_types.zig");

/// More elements than anybody needs in one call; a multicast of so many parts. An array of 64 MiB.
pub const max_elements = 1 << 22;

/// `Context` has
/// - `fn read(context: Context, address: u64, into: []u8) error{Fault}!void`
/// - `fn write(context: Context, address: u64, bytes: []const u8) error{Fault}!void`
pub fn Memory(comptime Context: type) type {
    return struct {
        context: Context,

        const Self = @This();
        pub const Error = error{ Fault, OutOfMemory };

        /// Reads one value.
        pub fn get(memory: Self, comptime T: type, address: u64) error{Fault}!T {
            var value: T = undefined;
            try memory.read(address, std.mem.asBytes(&value));
            return value;
        }

        /// Writes one value.
        pub fn put(memory: Self, address: u64, value: anytype) error{Fault}!void {
            try memory.write(address, std.mem.asBytes(&value));
        }

        /// Reads an array. It is the caller's to free.
        pub fn getArray(memory: Self, comptime T: type, address: u64, n: u64) Error![]T {
            if (n > max_elements) return error.OutOfMemory;
            const array = try heap.allocator.alloc(T, @intCast(n));
            errdefer heap.allocator.free(array);
            try memory.read(address, std.mem.sliceAsBytes(array));
            return array;
        }

        pub fn read(memory: Self, address: u64, into: []u8) error{Fault}!void {
            if (into.len == 0) return;
            try check(address, into.len);
            try memory.context.read(address, into);
        }

        pub fn write(memory: Self, address: u64, bytes: []const u8) error{Fault}!void {
            if (bytes.len == 0) return;
            try check(address, bytes.len);
            try memory.context.write(address, bytes);
        }

        fn check(address: u64, len: usize) error{Fault}!void {
            _ = std.math.add(u64, address, len) catch return error.Fault;
        }

        /// The bytes of a message, where they lie: the first `n_data` of the vectors.
        pub const Data = struct {
            memory: Self,
            vectors: [types.max_vectors]types.Vector,
            n_vectors: usize,
            n_data: usize,
            /// The bytes of all the vectors.
            room: u64,

            pub const Error = error{ Fault, Invalid, TooLarge };

            pub fn init(data: *Data, memory: Self, message: *const types.Message) Data.Error!void {
                if (message.n_data_vecs > types.max_vectors) return error.Invalid;
                if (message.n_data > types.max_data) return error.TooLarge;
                data.memory = memory;
                data.n_vectors = @intCast(message.n_data_vecs);
                data.n_data = @intCast(message.n_data);
                const vectors = data.vectors[0..data.n_vectors];
                try memory.read(message.ptr_data_vecs, std.mem.sliceAsBytes(vectors));
                data.room = 0;
                for (vectors) |vector| data.room +|= vector.len;
                if (data.n_data > data.room) return error.TooLarge;
            }

            /// Reads all of it.
            pub fn gather(data: *const Data, into: []u8) error{Fault}!void {
                var at: usize = 0;
                for (data.vectors[0..data.n_vectors]) |vector| {
                    const n: usize = @intCast(@min(vector.len, into.len - at));
                    try data.memory.read(vector.base, into[at..][0..n]);
                    at += n;
                }
            }

            /// Writes from its beginning on.
            pub fn scatter(data: *const Data, bytes: []const u8) error{Fault}!void {
                var at: usize = 0;
                for (data.vectors[0..data.n_vectors]) |vector| {
                    const n: usize = @intCast(@min(vector.len, bytes.len - at));
                    try data.memory.write(vector.base, bytes[at..][0..n]);
                    at += n;
                }
            }
        };
    };
}
