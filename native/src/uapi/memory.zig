//! The memory of a calling process and its arrays, read and written through a context.
//!
//! Each value is read once, so it cannot change between its check and its use. Sizes and addresses are not trusted:
//! they may have any value, and their sum may overflow.

const std = @import("std");
const heap = @import("../base/heap.zig");
const types = @import("../base/uapi_types.zig");

/// The most elements of an array, and the most parts of a multicast: 4 Mi, an array of 64 MiB. More would let one call
/// allocate without a limit.
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

        /// Reads an array. The caller frees it.
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

        /// The bytes of a message in the memory of the caller: the first `n_data` bytes of the vectors.
        pub const Data = struct {
            memory: Self,
            vectors: [types.max_vectors]types.Vector,
            n_vectors: usize,
            n_data: usize,
            /// The sum of the lengths of all vectors.
            capacity: u64,

            pub const Error = error{ Fault, Invalid, TooLarge };

            pub fn init(data: *Data, memory: Self, message: *const types.Message) Data.Error!void {
                if (message.n_data_vecs > types.max_vectors) return error.Invalid;
                if (message.n_data > types.max_data) return error.TooLarge;
                data.memory = memory;
                data.n_vectors = @intCast(message.n_data_vecs);
                data.n_data = @intCast(message.n_data);
                const vectors = data.vectors[0..data.n_vectors];
                try memory.read(message.ptr_data_vecs, std.mem.sliceAsBytes(vectors));
                data.capacity = 0;
                for (vectors) |vector| data.capacity +|= vector.len;
                if (data.n_data > data.capacity) return error.TooLarge;
            }

            /// Reads as many bytes as `into` has.
            pub fn gather(data: *const Data, into: []u8) error{Fault}!void {
                var at: usize = 0;
                for (data.vectors[0..data.n_vectors]) |vector| {
                    const n: usize = @intCast(@min(vector.len, into.len - at));
                    try data.memory.read(vector.base, into[at..][0..n]);
                    at += n;
                }
            }

            /// Writes bytes from the beginning of the vectors.
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
