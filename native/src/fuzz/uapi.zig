//! The uapi, called by programs that make no sense: whatever they pass, nothing crashes, nothing leaks, and every answer
//! is one that a command can give. Many calls are nearly right, so that there is much that can go wrong.
//!
//! Where we answer as the contract says (no quirks), a command that failed has also changed nothing: not what exists, not
//! the ids to come, not what waits; and one that succeeded has written what holds.

const std = @import("std");
const testing = std.testing;
const counts = @import("../bus/counts.zig");
const heap = @import("../base/heap.zig");
const sources = @import("source.zig");
const types = @import("../base/uapi_types.zig");
const uapi = @import("../uapi/server.zig");
const Caller = @import("../test/uapi_caller.zig").Caller;
const Errno = @import("../base/errno.zig").Errno;
const Faulty = @import("../test/faulty.zig").Faulty;
const File = uapi.File;

fn Nonsense(comptime Source: type) type {
    return struct {
        caller: Caller,
        source: Source,
        succeeded: u32 = 0,

        const Self = @This();
        const max = std.math.maxInt(u64);

        inline fn below(self: *Self, n: u64) u64 {
            return self.source.below(n);
        }

        inline fn oneIn(self: *Self, n: u64) bool {
            return self.below(n) == n - 1;
        }

        /// A number that is right; or, now and then, one that is not.
        inline fn spoil(self: *Self, right: u64) u64 {
            return switch (self.below(72)) {
                66 => self.source.any(),
                67 => max - self.below(20),
                68 => @as(u64, 1) << @intCast(self.below(64)),
                69 => right +% 1,
                70 => self.caller.edge(.read).end - self.below(24),
                71 => self.below(4),
                else => right,
            };
        }

        inline fn spoilAll(self: *Self, structure: anytype) void {
            inline for (@typeInfo(@typeInfo(@TypeOf(structure)).pointer.child).@"struct".field_names) |name| {
                @field(structure, name) = self.spoil(@field(structure, name));
            }
        }

        inline fn id(self: *Self) u64 {
            return self.spoil(self.below(24) | 1);
        }

        inline fn transfers(self: *Self, creates: bool) [3]types.Transfer {
            var array: [3]types.Transfer = undefined;
            for (&array) |*transfer| {
                transfer.* = if (creates and self.oneIn(2)) Caller.created else .{ .id = self.id() };
                if (self.oneIn(4)) self.spoilAll(transfer);
            }
            return array;
        }

        inline fn message(self: *Self, kind: u64) types.Message {
            const caller = &self.caller;
            var vectors: [2]types.Vector = undefined;
            for (&vectors) |*vector| {
                vector.* = .{ .base = caller.space(u8, 16), .len = 16 };
                if (self.oneIn(4)) self.spoilAll(vector);
            }
            const array = self.transfers(false);
            var result: types.Message = .{
                .type = kind,
                .n_transfers = self.below(3),
                .ptr_transfers = caller.array(types.Transfer, &array),
                .n_data = self.below(32),
                .n_data_vecs = 2,
                .ptr_data_vecs = caller.array(types.Vector, &vectors),
            };
            if (self.oneIn(2)) self.spoilAll(&result);
            return result;
        }

        fn call(self: *Self, on: *File) error{Oops}!i32 {
            const caller = &self.caller;
            caller.reset();
            _ = caller.edge(.read);
            switch (self.below(9)) {
                0, 1 => {
                    const array = self.transfers(true);
                    const src = caller.array(types.Transfer, &array);
                    return self.callWith(on, types.CmdTransfer{
                        .to = self.below(caller.files.len),
                        .n_transfers = self.below(3),
                        .ptr_src = src,
                        .ptr_dst = src + self.below(6) * 8,
                    });
                },
                2 => {
                    const ids = [_]u64{ self.id(), self.id() };
                    const ptr_ids = caller.array(u64, &ids);
                    return self.callWith(on, types.CmdRelease{ .n_ids = self.below(3), .ptr_ids = ptr_ids });
                },
                3, 4, 5 => {
                    const ids = [_]u64{ self.id(), self.id() };
                    const what = self.message(types.BUS1_MESSAGE_TYPE_USER);
                    return self.callWith(on, caller.sending(ids[0..@intCast(self.below(3))], what));
                },
                6, 7 => return self.callWith(on, caller.receiving(self.message(types.BUS1_INVALID))),
                else => {
                    // Any bytes at all, which may follow each other.
                    var bytes: [128]u8 = @splat(0);
                    _ = self.source.bytes(&bytes);
                    const at = caller.array(u8, &bytes);
                    const request = types.BUS1_CMD_TRANSFER +% @as(u32, @intCast(self.below(5)));
                    return caller.ioctl(on, request, self.spoil(at));
                },
            }
        }

        inline fn callWith(self: *Self, on: *File, right: anytype) error{Oops}!i32 {
            var command = right;
            if (self.oneIn(4)) self.spoilAll(&command);
            return self.caller.call(on, command);
        }

        fn run(self: *Self) !void {
            const caller = &self.caller;
            defer for (&caller.files) |slot| if (slot) |file| caller.close(file);
            while (self.source.more()) {
                const slot = &caller.files[@intCast(self.below(caller.files.len))];
                if (self.oneIn(64)) if (slot.*) |file| caller.close(file);
                const file = slot.* orelse try caller.open(); // at the first descriptor that is free
                if (self.oneIn(8)) file.arm();
                try self.step(file);
            }
        }

        fn step(self: *Self, file: *File) !void {
            const caller = &self.caller;
            const readable = file.isReadable(); // drops what can no longer be delivered
            const before = counts.totals();
            const last_id = file.ids.peer.last_id;
            const answer = self.call(file) catch {
                try testing.expectEqual(.rfc, caller.quirks);
                return caller.close(file); // its holder is dead
            };
            try testing.expect(answer <= 1);
            if (answer >= 0) {
                self.succeeded += 1;
                return;
            }
            _ = std.enums.fromInt(Errno, -answer) orelse return error.NotAnErrno;
            if (caller.quirks == .rfc) return;
            try testing.expectEqual(before, counts.totals());
            try testing.expectEqual(last_id, file.ids.peer.last_id);
            try testing.expectEqual(readable, file.isReadable());
        }
    };
}

/// With little memory, so that large requests fail. Returns how many calls succeeded.
fn run(comptime Source: type, source: Source, quirks: uapi.Quirks) !u32 {
    const kept = heap.allocator;
    var little: Faulty = .{ .inner = kept, .largest = 4 << 20 };
    heap.allocator = little.allocator();
    defer heap.allocator = kept;
    var nonsense: Nonsense(Source) = .{ .caller = .{ .quirks = quirks }, .source = source };
    try nonsense.run();
    try testing.expectEqual(@as(counts.Totals, @splat(0)), counts.totals());
    return nonsense.succeeded;
}

pub fn guided(quirks: uapi.Quirks, smith: *testing.Smith) !void {
    _ = try run(sources.Guided, .{ .smith = smith }, quirks);
}

test "guided: the uapi, whatever is called" {
    try testing.fuzz(uapi.Quirks.none, guided, .{ .corpus = @import("corpus").uapi });
}

test "guided: the uapi with the faults of the RFC's device, whatever is called" {
    try testing.fuzz(uapi.Quirks.rfc, guided, .{ .corpus = @import("corpus").uapi });
}

test "at random: the uapi, whatever is called" {
    for (std.enums.values(uapi.Quirks)) |quirks| {
        var succeeded: u32 = 0;
        const n = 100;
        for (0..n) |i| succeeded += try run(sources.Random, .{ .prng = .init(testing.random_seed +% i) }, quirks);
        try testing.expect(succeeded > n * sources.Random.max_calls / 20);
    }
}
