//! The uapi, called by programs that make no sense: whatever they pass, nothing crashes, nothing leaks, and every answer
//! is one that a command can give. Many calls are nearly right, so that there is much that can go wrong.

const std = @import("std");
const testing = std.testing;
const heap = @import("heap.zig");
const types = @import("uapi_types.zig");
const uapi = @import("uapi.zig");
const Caller = @import("uapi_caller.zig").Caller;
const Errno = @import("errno.zig").Errno;
const File = uapi.File;

const Nonsense = struct {
    caller: Caller,
    prng: std.Random.DefaultPrng,

    const max = std.math.maxInt(u64);

    fn below(nonsense: *Nonsense, n: u64) u64 {
        return nonsense.prng.random().uintLessThan(u64, n);
    }

    fn oneIn(nonsense: *Nonsense, n: u64) bool {
        return nonsense.below(n) == 0;
    }

    /// A number that is right; or, now and then, one that is not.
    fn spoil(nonsense: *Nonsense, right: u64) u64 {
        if (!nonsense.oneIn(12)) return right;
        return switch (nonsense.below(6)) {
            0 => nonsense.prng.random().int(u64),
            1 => max - nonsense.below(20),
            2 => @as(u64, 1) << @intCast(nonsense.below(64)),
            3 => right +% 1,
            4 => nonsense.caller.edge(.read).end - nonsense.below(24),
            else => nonsense.below(4),
        };
    }

    fn spoilAll(nonsense: *Nonsense, structure: anytype) void {
        inline for (@typeInfo(@typeInfo(@TypeOf(structure)).pointer.child).@"struct".field_names) |name| {
            @field(structure, name) = nonsense.spoil(@field(structure, name));
        }
    }

    fn id(nonsense: *Nonsense) u64 {
        return nonsense.spoil(nonsense.below(60) | 1);
    }

    fn transfers(nonsense: *Nonsense, creates: bool) [3]types.Transfer {
        var array: [3]types.Transfer = undefined;
        for (&array) |*transfer| {
            transfer.* = if (creates and nonsense.oneIn(2)) Caller.created else .{ .id = nonsense.id() };
            if (nonsense.oneIn(4)) nonsense.spoilAll(transfer);
        }
        return array;
    }

    fn message(nonsense: *Nonsense, kind: u64) types.Message {
        const caller = &nonsense.caller;
        var vectors: [2]types.Vector = undefined;
        for (&vectors) |*vector| {
            vector.* = .{ .base = caller.room(u8, 16), .len = 16 };
            if (nonsense.oneIn(4)) nonsense.spoilAll(vector);
        }
        const array = nonsense.transfers(false);
        var result: types.Message = .{
            .type = kind,
            .n_transfers = nonsense.below(3),
            .ptr_transfers = caller.array(types.Transfer, &array),
            .n_data = nonsense.below(32),
            .n_data_vecs = 2,
            .ptr_data_vecs = caller.array(types.Vector, &vectors),
        };
        if (nonsense.oneIn(2)) nonsense.spoilAll(&result);
        return result;
    }

    fn call(nonsense: *Nonsense, on: *File) error{Oops}!i32 {
        const caller = &nonsense.caller;
        caller.reset();
        _ = caller.edge(.read);
        switch (nonsense.below(8)) {
            0, 1 => {
                const array = nonsense.transfers(true);
                const src = caller.array(types.Transfer, &array);
                return nonsense.callWith(on, types.CmdTransfer{
                    .to = nonsense.below(caller.files.len),
                    .n_transfers = nonsense.below(3),
                    .ptr_src = src,
                    .ptr_dst = src + nonsense.below(6) * 8,
                });
            },
            2 => {
                const ids = [_]u64{ nonsense.id(), nonsense.id() };
                const ptr_ids = caller.array(u64, &ids);
                return nonsense.callWith(on, types.CmdRelease{ .n_ids = nonsense.below(3), .ptr_ids = ptr_ids });
            },
            3, 4, 5 => {
                const ids = [_]u64{ nonsense.id(), nonsense.id() };
                const what = nonsense.message(types.BUS1_MESSAGE_TYPE_USER);
                return nonsense.callWith(on, caller.sending(ids[0..@intCast(nonsense.below(3))], what));
            },
            else => return nonsense.callWith(on, caller.receiving(nonsense.message(types.BUS1_INVALID))),
        }
    }

    fn callWith(nonsense: *Nonsense, on: *File, right: anytype) error{Oops}!i32 {
        var command = right;
        if (nonsense.oneIn(4)) nonsense.spoilAll(&command);
        return nonsense.caller.call(on, command);
    }

    fn run(nonsense: *Nonsense, calls: u32) !void {
        const caller = &nonsense.caller;
        var succeeded: u32 = 0;
        for (0..calls) |_| {
            for (&caller.files) |*slot| {
                if (slot.*) |file| {
                    if (!nonsense.oneIn(1000)) continue;
                    caller.close(file);
                }
                _ = try caller.open();
            }
            const file = caller.files[@intCast(nonsense.below(caller.files.len))].?;
            if (nonsense.oneIn(8)) file.arm();
            if (nonsense.call(file)) |result| {
                if (result >= 0) succeeded += 1 else _ = try errnoOf(result);
                try testing.expect(result <= 1);
            } else |_| {
                try testing.expectEqual(.rfc, caller.quirks);
                caller.close(file); // its holder is dead
            }
            if (caller.files[@intCast(nonsense.below(caller.files.len))]) |any| _ = any.isReadable();
        }
        try testing.expect(succeeded > calls / 20);
        try caller.finish();
    }

    fn errnoOf(result: i32) !Errno {
        return for (std.enums.values(Errno)) |errno| {
            if (errno.negative() == result) break errno;
        } else error.NotAnErrno;
    }
};

test "nonsense harms nobody" {
    // Little memory, so that what asks for much does not get it.
    var little: std.heap.DebugAllocator(.{ .enable_memory_limit = true }) = .init;
    little.requested_memory_limit = 4 << 20;
    const real = heap.allocator;
    heap.allocator = little.allocator();
    defer heap.allocator = real;
    for (std.enums.values(uapi.Quirks)) |quirks| {
        var nonsense: Nonsense = .{ .caller = .{ .quirks = quirks }, .prng = .init(testing.random_seed) };
        try nonsense.run(20_000);
    }
    try testing.expectEqual(.ok, little.deinit());
}
