//! The id layer under arbitrary calls: every function that JavaScript can call, in any order, with ids and keys that are
//! valid, stale, forged or not ids at all, buffers of any bytes, and memory that runs out.
//!
//! What holds after every call:
//! - An errno is a known one. A call that failed has changed nothing that is counted; it returns "no memory" only if an
//!   allocation failed.
//! - A caller that does not hold a peer gets `EBADRQC` or `ESHUTDOWN`.
//! - Records lie within the buffer, name objects that exist, and nothing beyond them was written; messages that were shown
//!   are those that are then received.
//! And at the end, when all peers are gone, nothing is left.

const std = @import("std");
const testing = std.testing;
const abi = @import("../abi/abi.zig");
const abi_inspect = @import("../abi/inspect.zig");
const acct = @import("../bus/acct.zig");
const functions = @import("../abi/functions.zig");
const counts = @import("../bus/counts.zig");
const exhaustion = @import("../test/exhaustion.zig");
const frames_in = @import("frames.zig");
const heap = @import("../base/heap.zig");
const records = @import("../base/records.zig");
const seen = @import("../test/inspect_reader.zig");
const sources = @import("source.zig");
const types = @import("../base/uapi_types.zig");
const Errno = @import("../base/errno.zig").Errno;
const Named = @import("../abi/constants.zig").Kind;
const Faulty = @import("../test/faulty.zig").Faulty;

/// What `bus1_kind` returns.
const node: i32 = @backingInt(Named.node);
const handle: i32 = @backingInt(Named.handle);

/// The isolates of all runs: they last as long as the thread.
var isolates: [2]?u32 = @splat(null);

fn isolate(i: usize) u32 {
    if (isolates[i] == null) isolates[i] = @intCast(abi.bus1_isolate_open());
    return isolates[i].?;
}

fn Calls(comptime Source: type) type {
    return struct {
        source: Source,
        faulty: Faulty,
        known: [4]Known = @splat(.{}),

        const Self = @This();

        /// A peer, as a caller that has seen all its keys knows it.
        const Known = struct {
            slot: u32 = 0,
            /// Of its holder, or of its ticket; or the last one that it had.
            key: u32 = 0,
            /// If it was ever handed over.
            serial: ?[2]u32 = null,
            state: enum { gone, held, away } = .gone,
            /// The ids that the peer learned last; their objects may be gone.
            ids: std.EnumArray(Kind, [4]f64) = .initFill(@splat(1)),
            n_learned: usize = 0,

            fn learn(it: *Known, kind: Kind, id_of_it: f64) void {
                it.ids.getPtr(kind)[it.n_learned % 4] = id_of_it;
                it.n_learned += 1;
            }
        };

        const Kind = enum { node, handle, op };

        /// The caller of a function: the holder of a peer, or not.
        const Caller = struct { slot: u32, key: u32, held: bool, known: *Known };

        /// The result of a call.
        const Answer = struct {
            value: i32,
            /// Whether all that it must hold were held.
            held: bool = true,
            /// Whether it changes something though it fails: it takes what has come, or spends a transaction.
            touches: bool = false,
        };

        fn run(self: *Self) !void {
            const kept = heap.allocator;
            self.faulty.inner = kept;
            heap.allocator = self.faulty.allocator();
            defer heap.allocator = kept;
            {
                defer for (&self.known) |*it| end(it);
                while (self.source.more()) try self.step();
            }
            try testing.expectEqual(@as(counts.Totals, @splat(0)), counts.totals());
            try testing.expectEqual(0, acct.bus.users.count());
        }

        fn step(self: *Self) !void {
            const names = @typeInfo(calls).@"struct".decl_names;
            const chosen = self.source.below(names.len);
            if (self.oneIn(16)) {
                self.faulty.left = @intCast(self.source.below(8));
                self.faulty.stays = self.oneIn(2);
            }
            self.faulty.failed = 0;
            const before = counts.totals();
            const answer: Answer = inline for (names, 0..) |name, i| {
                if (chosen == i) break try @field(calls, name)(self);
            } else unreachable;
            self.faulty.left = Faulty.never;

            if (!answer.held) {
                const refused = [_]i32{ Errno.EBADRQC.negative(), Errno.ESHUTDOWN.negative() };
                try testing.expect(std.mem.findScalar(i32, &refused, answer.value) != null);
            }
            if (answer.value < 0) {
                _ = std.enums.fromInt(Errno, -answer.value) orelse return error.NotAnErrno;
                if (answer.value == Errno.ENOMEM.negative()) try testing.expect(self.faulty.failed > 0);
                if (!answer.touches) try testing.expectEqual(before, counts.totals());
            }
        }

        // What calls are made with:

        inline fn oneIn(self: *Self, n: u64) bool {
            return self.source.below(n) == n - 1;
        }

        inline fn word(self: *Self) u32 {
            return @truncate(self.source.any());
        }

        inline fn any(self: *Self) *Known {
            return &self.known[@intCast(self.source.below(self.known.len))];
        }

        inline fn caller(self: *Self) Caller {
            const it = self.any();
            const slot, const key = switch (self.source.below(32)) {
                28 => .{ self.word(), it.key },
                29 => .{ it.slot, self.word() },
                30 => .{ it.slot, it.key +% 1 },
                31 => .{ it.slot, it.key -% 1 },
                else => .{ it.slot, it.key },
            };
            const found = self.find(slot, key);
            return .{ .slot = slot, .key = key, .held = found != null, .known = found orelse it };
        }

        /// The owner of a ticket's key counts as a holder: it may adopt the peer.
        fn find(self: *Self, slot: u32, key: u32) ?*Known {
            return for (&self.known) |*it| {
                if (it.state != .gone and it.slot == slot and it.key == key) break it;
            } else null;
        }

        /// An id that the peer has learned; or any id; or a number that is not an id.
        inline fn id(self: *Self, from: Caller, kind: Kind) f64 {
            return switch (self.source.below(24)) {
                19, 20 => @floatFromInt(self.source.below(16) * 2 + 1),
                21 => @bitCast(self.source.any()),
                22 => @floatFromInt(self.source.below(16) * 2),
                23 => std.math.nan(f64),
                else => from.known.ids.get(kind)[@intCast(self.source.below(4))],
            };
        }

        inline fn handles(self: *Self, from: Caller, into: []f64) []f64 {
            const some = into[0..@intCast(self.source.below(into.len + 1))];
            for (some) |*it| it.* = self.id(from, .handle);
            return some;
        }

        inline fn objects(self: *Self, from: Caller, into: []f64) []f64 {
            const some = into[0..@intCast(self.source.below(into.len + 1))];
            for (some) |*it| it.* = self.id(from, if (self.oneIn(2)) .node else .handle);
            return some;
        }

        /// The caller of a function that ends or moves a peer: mostly not the holder, or few peers would be left.
        inline fn rarely(self: *Self) Caller {
            var it = self.caller();
            if (self.oneIn(4)) return it;
            it.key = self.word();
            it.held = self.find(it.slot, it.key) != null;
            return it;
        }

        /// Where the room ends: mostly where a record or two do, or nearly.
        inline fn sizeFrom(self: *Self, offset: u32) u32 {
            if (self.oneIn(4)) return @intCast(self.source.below(Chunk.len + 1));
            return offset + @as(u32, @intCast(self.source.below(@sizeOf(records.Message) * 5)));
        }

        /// The length for a call: no more bytes than there are, or more than the limit, so that none is read.
        inline fn lengthOf(self: *Self, bytes: []const u8) u32 {
            if (self.oneIn(24)) return types.max_data + 1 + @as(u32, @intCast(self.source.below(1 << 30)));
            return @intCast(bytes.len);
        }

        inline fn option(self: *Self) f64 {
            return switch (self.source.below(8)) {
                0, 1, 2 => std.math.nan(f64),
                3 => @bitCast(self.source.any()),
                else => @floatFromInt(self.source.below(32)),
            };
        }

        fn end(it: *Known) void {
            switch (it.state) {
                .gone => return,
                .held => _ = abi.bus1_peer_end(it.slot, it.key),
                .away => _ = abi.bus1_peer_revoke(it.slot, it.serial.?[0], it.serial.?[1]),
            }
            it.state = .gone;
        }

        /// A buffer for records. What is before and behind them stays as it is.
        const Chunk = struct {
            bytes: [len]u8 align(8) = @splat(untouched),

            const len = 640;
            const untouched = seen.untouched;

            fn isUntouched(chunk: *const Chunk, start: usize, stop: usize) bool {
                return std.mem.allEqual(u8, chunk.bytes[start..@max(start, stop)], untouched);
            }

            fn check(chunk: *const Chunk, from: Caller, answer: i32, start: usize, size: usize) !void {
                var at = start;
                if (answer == Errno.EMSGSIZE.negative() and start + 8 <= size) at += 8;
                for (0..@intCast(@max(answer, 0))) |_| at += try chunk.checkRecord(from, at, answer == 1);
                try testing.expect(at == start or at <= size);
                try testing.expect(chunk.isUntouched(0, start));
                try testing.expect(chunk.isUntouched(at, chunk.bytes.len));
            }

            /// Returns its size. Of several records, later ones may have ended objects that earlier ones name.
            fn checkRecord(chunk: *const Chunk, from: Caller, at: usize, alone: bool) !usize {
                const record = records.read(records.Message, chunk.bytes[at..]);
                const is_user = record.type == types.BUS1_MESSAGE_TYPE_USER;
                try testing.expect(record.type <= types.BUS1_MESSAGE_TYPE_HANDLE_RELEASE);
                try testing.expect(is_user or record.n_transfers + record.n_data == 0);
                const transfers = at + @sizeOf(records.Message);
                if (alone) {
                    const named = abi.bus1_kind(from.slot, from.key, record.id);
                    try testing.expectEqual(if (is_user) node else Errno.EBADRQC.negative(), named);
                    for (0..record.n_transfers) |i| {
                        const copy = records.read(f64, chunk.bytes[transfers + 8 * i ..]);
                        try testing.expectEqual(handle, abi.bus1_kind(from.slot, from.key, copy));
                        from.known.learn(.handle, copy);
                    }
                }
                return records.Message.sizeOf(record.n_transfers, record.n_data);
            }
        };

        /// A call for each function.
        const calls = struct {
            pub fn bus1_wake_socket_connect(self: *Self) !Answer {
                // The sockets of those that are open are made once, and stay.
                const number = self.word() | 1024;
                return .{ .value = abi.bus1_wake_socket_connect(number) };
            }

            pub fn bus1_wake_socket_clear(self: *Self) !Answer {
                abi.bus1_wake_socket_clear(if (self.oneIn(2)) self.word() else isolate(0));
                return .{ .value = 0 };
            }

            pub fn bus1_peer_open(self: *Self) !Answer {
                // Mostly where there is none.
                const it = for (&self.known) |*it| {
                    if (it.state == .gone) break it;
                } else self.any();
                if (it.state != .gone and !self.oneIn(8)) return .{ .value = abi.bus1_peer_open(1024, null, null, 0, null) };
                end(it);
                var options: records.PeerOptions = .{};
                if (self.oneIn(2)) options.user = @floatFromInt(self.source.below(3));
                if (self.oneIn(4)) {
                    inline for (@typeInfo(records.PeerOptions).@"struct".field_names) |field| @field(options, field) = self.option();
                }
                const at = if (self.oneIn(16)) self.word() | 1024 else isolate(@intCast(self.source.below(isolates.len)));
                var words: [2]u32 = undefined;
                var name = "any name".*;
                const before = counts.totals();
                const answer = abi.bus1_peer_open(at, @ptrCast(&options), &name, @intCast(self.source.below(name.len + 1)), &words);
                if (answer < 0) {
                    try testing.expectEqual(before, counts.totals());
                    return .{ .value = answer, .touches = true }; // another one has ended
                }
                it.* = .{ .slot = words[0], .key = words[1], .state = .held };
                return .{ .value = answer };
            }

            pub fn bus1_peer_end(self: *Self) !Answer {
                const from = self.rarely();
                if (self.find(from.slot, from.key)) |it| it.state = .gone;
                return .{ .value = abi.bus1_peer_end(from.slot, from.key), .held = from.held };
            }

            pub fn bus1_peer_detach(self: *Self) !Answer {
                const from = self.caller();
                var ticket: [3]u32 = undefined;
                const answer = abi.bus1_peer_detach(from.slot, from.key, &ticket);
                if (self.find(from.slot, from.key)) |it| {
                    try testing.expectEqual(0, answer);
                    it.key = ticket[0];
                    it.serial = ticket[1..].*;
                    it.state = .away;
                }
                return .{ .value = answer, .held = from.held };
            }

            pub fn bus1_peer_adopt(self: *Self) !Answer {
                const it = self.any();
                const high, const low = it.serial orelse .{ self.word(), self.word() };
                const key = if (self.oneIn(8)) self.word() else it.key;
                const right = it.state == .away and key == it.key;
                var words: [1]u32 = undefined;
                const answer = abi.bus1_peer_adopt(isolate(@intCast(self.source.below(isolates.len))), it.slot, key, high, low, &words);
                if (right) {
                    try testing.expectEqual(0, answer);
                    it.key = words[0];
                    it.state = .held;
                }
                return .{ .value = answer, .held = right };
            }

            pub fn bus1_peer_revoke(self: *Self) !Answer {
                const it = self.any();
                const high, const low = it.serial orelse .{ self.word(), self.word() };
                const slot = if (self.oneIn(4)) it.slot else self.word();
                const right = it.serial != null and it.state != .gone and slot == it.slot;
                const answer = abi.bus1_peer_revoke(slot, high, low);
                if (right) {
                    try testing.expectEqual(0, answer);
                    it.state = .gone;
                }
                return .{ .value = answer };
            }

            pub fn bus1_node_new(self: *Self) !Answer {
                const from, const to = .{ self.caller(), self.caller() };
                var made: [2]f64 = undefined;
                const answer = abi.bus1_node_new(from.slot, from.key, to.slot, to.key, &made);
                if (answer == 0) {
                    try testing.expectEqual(node, abi.bus1_kind(from.slot, from.key, made[0]));
                    try testing.expectEqual(handle, abi.bus1_kind(to.slot, to.key, made[1]));
                    from.known.learn(.node, made[0]);
                    to.known.learn(.handle, made[1]);
                }
                return .{ .value = answer, .held = from.held and to.held };
            }

            pub fn bus1_node_new_named(self: *Self) !Answer {
                const from, const to = .{ self.caller(), self.caller() };
                var made: [2]f64 = undefined;
                var text: [16]u8 = undefined;
                const name = self.source.bytes(&text);
                const n: u32 = @intCast(name.len);
                const answer = abi.bus1_node_new_named(from.slot, from.key, to.slot, to.key, name.ptr, n, &made);
                if (answer == 0) {
                    var told: [16]u8 = undefined;
                    const length = abi_inspect.bus1_name(from.slot, from.key, made[0], &told, told.len);
                    try testing.expectEqualStrings(name, told[0..@intCast(length)]);
                    from.known.learn(.node, made[0]);
                    to.known.learn(.handle, made[1]);
                }
                return .{ .value = answer, .held = from.held and to.held };
            }

            pub fn bus1_handle_copy(self: *Self) !Answer {
                const from, const to = .{ self.caller(), self.caller() };
                var made: [1]f64 = undefined;
                const answer = abi.bus1_handle_copy(from.slot, from.key, self.id(from, .handle), to.slot, to.key, &made);
                if (answer == 0) {
                    try testing.expectEqual(handle, abi.bus1_kind(to.slot, to.key, made[0]));
                    to.known.learn(.handle, made[0]);
                }
                return .{ .value = answer, .held = from.held and to.held };
            }

            pub fn bus1_kind(self: *Self) !Answer {
                const from = self.caller();
                return .{ .value = abi.bus1_kind(from.slot, from.key, self.id(from, .node)), .held = from.held };
            }

            pub fn bus1_send(self: *Self) !Answer {
                const from = self.caller();
                var buffer: [64]u8 = undefined;
                const bytes = self.source.bytes(&buffer);
                const pointer = if (bytes.len == 0) null else bytes.ptr;
                const answer = abi.bus1_send(from.slot, from.key, self.id(from, .handle), pointer, self.lengthOf(bytes));
                return .{ .value = answer, .held = from.held };
            }

            pub fn bus1_send_each(self: *Self) !Answer {
                const from = self.caller();
                var buffer: [128]u8 align(8) = undefined;
                const frames = if (self.oneIn(4)) self.source.bytes(&buffer) else self.framed(&buffer);
                const answer = abi.bus1_send_each(from.slot, from.key, self.id(from, .handle), frames.ptr, @intCast(frames.len));
                try testing.expect(answer <= frames_in.countIn(frames));
                return .{ .value = answer, .held = from.held };
            }

            pub fn bus1_send_many(self: *Self) !Answer {
                return self.sendWith(self.caller(), abi.bus1_send_many, .{});
            }

            pub fn bus1_release(self: *Self) !Answer {
                const from = self.caller();
                var buffer: [4]f64 = undefined;
                const some = self.objects(from, &buffer);
                return .{ .value = abi.bus1_release(from.slot, from.key, some.ptr, @intCast(some.len)), .held = from.held };
            }

            pub fn bus1_op_new(self: *Self) !Answer {
                const from = self.caller();
                var made: [1]f64 = undefined;
                const answer = abi.bus1_op_new(from.slot, from.key, &made);
                if (answer == 0) from.known.learn(.op, made[0]);
                return .{ .value = answer, .held = from.held };
            }

            pub fn bus1_op_send(self: *Self) !Answer {
                const from = self.caller();
                return self.sendWith(from, abi.bus1_op_send, .{self.id(from, .op)});
            }

            pub fn bus1_op_release(self: *Self) !Answer {
                const from = self.caller();
                var buffer: [4]f64 = undefined;
                const op = self.id(from, .op);
                const some = self.objects(from, &buffer);
                const answer = abi.bus1_op_release(from.slot, from.key, op, some.ptr, @intCast(some.len));
                return .{ .value = answer, .held = from.held };
            }

            pub fn bus1_op_commit(self: *Self) !Answer {
                const from = self.caller();
                const answer = abi.bus1_op_commit(from.slot, from.key, self.id(from, .op));
                return .{ .value = answer, .held = from.held, .touches = from.held };
            }

            pub fn bus1_op_free(self: *Self) !Answer {
                const from = self.caller();
                return .{ .value = abi.bus1_op_free(from.slot, from.key, self.id(from, .op)), .held = from.held };
            }

            pub fn bus1_recv(self: *Self) !Answer {
                const from = self.caller();
                var chunk: Chunk = .{};
                const offset: u32 = @intCast(self.source.below(64));
                const size = self.sizeFrom(offset);
                const limit: u32 = @intCast(self.source.below(5));
                const answer = abi.bus1_recv(from.slot, from.key, &chunk.bytes, offset, size, limit);
                try testing.expect(answer <= @as(i32, @intCast(limit)));
                try chunk.check(from, answer, records.aligned(offset), size);
                return .{ .value = answer, .held = from.held, .touches = from.held };
            }

            pub fn bus1_look(self: *Self) !Answer {
                const from = self.caller();
                var shown: Chunk = .{};
                const size = self.sizeFrom(0);
                const taken: u32 = if (self.oneIn(2)) 0 else self.word() >> @intCast(self.source.below(32));
                const limit: u32 = @intCast(self.source.below(5));
                const answer = abi.bus1_look(from.slot, from.key, taken, &shown.bytes, size, limit);
                try testing.expect(answer <= @as(i32, @intCast(limit)));
                // It does not write what is needed, as a receive does.
                try shown.check(from, @max(answer, 0), 0, size);
                if (answer > 0 and self.oneIn(2)) {
                    var received: Chunk = .{};
                    try testing.expectEqual(answer, abi.bus1_recv(from.slot, from.key, &received.bytes, 0, size, @intCast(answer)));
                    try testing.expectEqualSlices(u8, &shown.bytes, &received.bytes);
                }
                return .{ .value = answer, .held = from.held, .touches = from.held };
            }

            pub fn bus1_linger(self: *Self) !Answer {
                const from = self.caller();
                const looks: u32 = @intCast(self.source.below(3)); // any number is right, and would only take time
                return .{ .value = abi.bus1_linger(from.slot, from.key, looks), .held = from.held, .touches = from.held };
            }

            pub fn bus1_writable(self: *Self) !Answer {
                const from = self.caller();
                const n_data: u32 = if (self.oneIn(8)) self.word() else @intCast(self.source.below(64));
                return .{ .value = abi.bus1_writable(from.slot, from.key, self.id(from, .handle), n_data), .held = from.held };
            }

            pub fn bus1_arm(self: *Self) !Answer {
                const from = self.caller();
                return .{ .value = abi.bus1_arm(from.slot, from.key), .held = from.held };
            }

            pub fn bus1_wait(self: *Self) !Answer {
                const from = self.caller();
                return .{ .value = abi.bus1_wait(from.slot, from.key, 0), .held = from.held, .touches = from.held };
            }

            pub fn bus1_name(self: *Self) !Answer {
                const from = self.caller();
                var text: [24]u8 = @splat(Chunk.untouched);
                const size: u32 = @intCast(self.source.below(17));
                const id_ = if (self.oneIn(4)) 0 else self.id(from, .node);
                const answer = abi_inspect.bus1_name(from.slot, from.key, id_, &text, size);
                try testing.expect(std.mem.allEqual(u8, text[size..], Chunk.untouched));
                return .{ .value = answer, .held = from.held };
            }

            pub fn bus1_inspect_peer(self: *Self) !Answer {
                const from = self.caller();
                var chunk: Chunk = .{};
                const size: u32 = @intCast(self.source.below(Chunk.len + 1));
                const answer = abi_inspect.bus1_inspect_peer(from.slot, from.key, &chunk.bytes, size);
                const peers = if (answer < 0) 0 else try seen.check(&chunk.bytes, answer, size);
                if (answer >= 0 and answer <= size) try testing.expectEqual(1, peers);
                return .{ .value = answer, .held = from.held };
            }

            pub fn bus1_inspect(self: *Self) !Answer {
                var chunk: Chunk = .{};
                const size: u32 = @intCast(self.source.below(Chunk.len + 1));
                const answer = abi_inspect.bus1_inspect(&chunk.bytes, size);
                const peers = try seen.check(&chunk.bytes, answer, size);
                if (answer <= size) try testing.expectEqual(counts.totals()[0], peers);
                return .{ .value = answer };
            }

            pub fn bus1_live_counts(_: *Self) !Answer {
                var told: [counts.kinds]f64 = undefined;
                const answer = abi.bus1_live_counts(&told);
                for (told, counts.totals()) |number, total| try testing.expectEqual(@as(f64, @floatFromInt(total)), number);
                return .{ .value = answer };
            }
        };

        /// A send to several; `op`: to what it is added, if it is.
        inline fn sendWith(self: *Self, from: Caller, send: anytype, op: anytype) Answer {
            var buffer: [6]f64 = undefined;
            const some = self.handles(from, &buffer);
            const n_to = self.source.below(some.len + 1);
            var text: [64]u8 = undefined;
            const bytes = self.source.bytes(&text);
            const counted = .{ some.ptr, @as(u32, @intCast(n_to)), @as(u32, @intCast(some.len - n_to)) };
            const all = .{ from.slot, from.key } ++ op ++ counted ++ .{ bytes.ptr, self.lengthOf(bytes) };
            return .{ .value = @call(.auto, send, all), .held = from.held };
        }

        /// Frames that are right, but for the last.
        inline fn framed(self: *Self, buffer: []align(8) u8) []u8 {
            var at: usize = 0;
            @memset(buffer, 0);
            while (at + @sizeOf(records.Frame) <= buffer.len and !self.oneIn(4)) {
                const n: u32 = @intCast(self.source.below(24));
                std.mem.writeInt(u32, buffer[at..][0..4], n, .native);
                at += @sizeOf(records.Frame) + records.aligned(n);
            }
            return buffer[0..@min(at, buffer.len - self.source.below(8))];
        }
    };
}

const Guided = Calls(sources.Guided);
const Random = Calls(sources.Random);

const exempt = exhaustion.exemptAll("it asks a device", @import("../abi/device.zig")) ++
    exhaustion.exemptAll("it is a call of the system", @import("../abi/uapi.zig")) ++
    exhaustion.exemptAll("another program takes the place of this one", @import("../abi/exec.zig")) ++
    [_]exhaustion.Exempt{
        .{ .name = "bus1_isolate_open", .reason = "an isolate lasts as long as its thread; the isolates of all runs are opened by it" },
    };

comptime {
    const names = @typeInfo(Guided.calls).@"struct".decl_names;
    var called: [names.len]struct { name: []const u8 } = undefined;
    for (&called, names) |*it, name| it.* = .{ .name = name };
    exhaustion.checkComplete(&functions.types, called, &exempt);
}

pub fn guided(_: void, smith: *testing.Smith) !void {
    var calls: Guided = .{ .source = .{ .smith = smith }, .faulty = .{ .inner = undefined } };
    try calls.run();
}

test "guided: the id layer, whatever is called" {
    try testing.fuzz({}, guided, .{ .corpus = @import("corpus").ids });
}

test "at random: the id layer, whatever is called" {
    for (0..200) |i| {
        var calls: Random = .{ .source = .{ .prng = .init(testing.random_seed +% i) }, .faulty = .{ .inner = undefined } };
        try calls.run();
    }
}
