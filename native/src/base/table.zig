//! A hash table from ids to values.
//!
//! Ids are odd, count upwards and are never reused, so a multiplication spreads them well. Open addressing with linear
//! probing. A removal moves later entries back into the gap, so that a table through which millions of ids have passed is as
//! fast as a new one.

const std = @import("std");
const heap = @import("heap.zig");

pub fn Table(comptime Value: type) type {
    return struct {
        /// Their number is a power of two, of which at most three quarters are used. The `id` of a free entry is 0.
        entries: []Entry = &.{},
        count: usize = 0,

        const Self = @This();
        const Entry = struct { id: u64, value: Value };
        const smallest = 8;

        pub fn deinit(table: *Self) void {
            heap.allocator.free(table.entries);
            table.* = .{};
        }

        pub fn get(table: *const Self, id: u64) ?Value {
            if (table.count == 0 or id == 0) return null;
            const entry = &table.entries[table.find(id)];
            return if (entry.id == id) entry.value else null;
        }

        /// Makes room for `more` further ids, so that `put` cannot fail.
        pub fn reserve(table: *Self, more: usize) error{OutOfMemory}!void {
            const needed = table.count + more;
            if (needed * 4 <= table.entries.len * 3) return;
            const size = std.math.ceilPowerOfTwoAssert(usize, @max(smallest, needed * 4 / 3 + 1));
            const entries = try heap.allocator.alloc(Entry, size);
            @memset(entries, .{ .id = 0, .value = undefined });
            const old = table.entries;
            table.entries = entries;
            for (old) |entry| {
                if (entry.id != 0) table.entries[table.find(entry.id)] = entry;
            }
            heap.allocator.free(old);
        }

        /// Adds an id that is not in the table. Room for it was reserved.
        pub fn put(table: *Self, id: u64, value: Value) void {
            std.debug.assert(id != 0 and (table.count + 1) * 4 <= table.entries.len * 3);
            const index = table.find(id);
            std.debug.assert(table.entries[index].id == 0);
            table.entries[index] = .{ .id = id, .value = value };
            table.count += 1;
        }

        /// Removes an id that is in the table.
        pub fn remove(table: *Self, id: u64) void {
            const mask = table.entries.len - 1;
            var gap = table.find(id);
            std.debug.assert(table.entries[gap].id == id);
            var index = gap;
            while (true) {
                index = (index + 1) & mask;
                const entry = table.entries[index];
                if (entry.id == 0) break;
                // An entry may move to the gap unless its home lies behind the gap.
                const home = table.homeOf(entry.id);
                if ((index -% home) & mask < (index -% gap) & mask) continue;
                table.entries[gap] = entry;
                gap = index;
            }
            table.entries[gap].id = 0;
            table.count -= 1;
        }

        /// Returns the index at which the id is, or would be put.
        fn find(table: *const Self, id: u64) usize {
            const mask = table.entries.len - 1;
            var index = table.homeOf(id);
            while (true) : (index = (index + 1) & mask) {
                const found = table.entries[index].id;
                if (found == id or found == 0) return index;
            }
        }

        fn homeOf(table: *const Self, id: u64) usize {
            const shift: u6 = @intCast(64 - @as(u7, std.math.log2_int(usize, table.entries.len)));
            return (id *% 0x9e37_79b9_7f4a_7c15) >> shift;
        }
    };
}

test "a table finds the ids that are in it, and no others, after many additions and removals" {
    var objects: [1000]u32 = undefined;
    var table: Table(*u32) = .{};
    defer table.deinit();
    var random: std.Random.DefaultPrng = .init(std.testing.random_seed);
    var present: std.array_hash_map.Auto(u64, *u32) = .empty;
    defer present.deinit(std.testing.allocator);
    var next: u64 = 1;
    for (0..20_000) |_| {
        if (present.count() < 900 and random.random().boolean()) {
            try table.reserve(1);
            const object = &objects[next % objects.len];
            table.put(next, object);
            try present.put(std.testing.allocator, next, object);
            next += 2;
        } else if (present.count() > 0) {
            const index = random.random().uintLessThan(usize, present.count());
            table.remove(present.keys()[index]);
            present.swapRemoveAt(index);
        }
        const id = random.random().uintLessThan(u64, next + 2);
        try std.testing.expectEqual(present.get(id), table.get(id));
    }
    try std.testing.expectEqual(present.count(), table.count);
    for (present.keys(), present.values()) |id, object| try std.testing.expectEqual(object, table.get(id).?);
}
