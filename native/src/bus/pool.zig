//! Pools: memory for messages, which one thread allocates and another frees.
//!
//! A general allocator would pass such memory back through lists that both threads contend for, and in an order that no cache
//! predicts. So the sending peer keeps a pool, and the receiving peer returns blocks to it in magazines. A magazine is an
//! array of addresses in the order in which they were received, which is the order in which they are used again.
//!
//! Rules:
//! - A pool belongs to its peer: only the peer's operator takes blocks out. Other threads push magazines onto `returned`, a
//!   lock-free list.
//! - A pool outlives its peer until the last of its blocks has come back. `abroad` counts them: a thread that frees a block
//!   for good counts down, at any time; `seal` adds how many there are in all. Only after that can the count become zero,
//!   once, and the thread that makes it zero frees the pool.
//! - Only `alloc` can fail. Without memory for a magazine, blocks go back to the allocator one by one.
//! - Idle memory is bounded: beyond `idle_max` bytes blocks go back to the allocator, and very large blocks always do.

const std = @import("std");
const assert = std.debug.assert;
const atomic = @import("../base/atomic.zig");
const heap = @import("../base/heap.zig");
const lll = @import("../base/lll.zig");

/// Memory of at least the size that was asked for.
pub const Block = [*]align(16) u8;

const block_alignment: std.mem.Alignment = .@"16";

/// Returns the size of the blocks of a class: a head, and a power of two of data, because such lengths are common.
fn sizeOf(class: u8) usize {
    return head + (@as(usize, head) << @intCast(class));
}

fn classOf(size: usize) u8 {
    if (size <= 2 * head) return 0;
    return @intCast(std.math.log2_int_ceil(usize, size - head) - std.math.log2_int(usize, head));
}

const head = 64;
/// For up to 16 MiB of data.
const n_classes = 19;
const largest = sizeOf(n_classes - 1);
/// The most bytes that may wait on `returned`.
const idle_max = 32 << 20;
/// A magazine with this many bytes is full, even if it has places left.
const full_bytes = 32 << 10;

/// Blocks of one pool and one class, oldest first.
const Magazine = struct {
    link: lll.Node = .{},
    pool: *Pool,
    class: u8,
    /// The next block to be used, and the end.
    at: u8 = 0,
    end: u8 = 0,
    blocks: [60]Block = undefined,

    fn of(link: *lll.Node) *Magazine {
        return @fieldParentPtr("link", link);
    }

    fn isFull(magazine: *const Magazine) bool {
        return magazine.end == magazine.blocks.len or magazine.end * sizeOf(magazine.class) >= full_bytes;
    }

    fn bytes(magazine: *const Magazine) usize {
        return (magazine.end - magazine.at) * sizeOf(magazine.class);
    }

    /// Gives the blocks back to the allocator, and returns how many there were.
    fn destroy(magazine: *Magazine) u32 {
        const left = magazine.blocks[magazine.at..magazine.end];
        for (left) |block| heap.allocator.free(block[0..sizeOf(magazine.class)]);
        heap.allocator.destroy(magazine);
        return @intCast(left.len);
    }
};

pub const Pool = struct {
    /// Magazines that have come back; pushed by any thread.
    returned: lll.List align(std.atomic.cache_line) = .{},
    /// The bytes on `returned`, approximately.
    returned_bytes: atomic.Value(usize) = .init(0),
    /// See above.
    abroad: atomic.Value(i64) = .init(0),

    /// To be used next, in this order. This and all that follows belongs to the operator.
    stock: [n_classes]?*Magazine align(std.atomic.cache_line) = @splat(null),
    /// Blocks that came from the allocator and that the operator has not given back to it.
    issued: i64 = 0,

    pub fn create() error{OutOfMemory}!*Pool {
        const pool = try heap.allocator.create(Pool);
        pool.* = .{};
        return pool;
    }

    /// Returns a block of at least `size` bytes. `Outbox.put` or `free` takes it back, with the same size.
    pub fn alloc(pool: *Pool, size: usize) error{OutOfMemory}!Block {
        if (size <= largest) {
            const class = classOf(size);
            if (pool.stock[class] == null) pool.fetch();
            if (pool.stock[class]) |magazine| {
                const block = magazine.blocks[magazine.at];
                magazine.at += 1;
                if (magazine.at == magazine.end) {
                    pool.stock[class] = if (magazine.link.next) |next| .of(next) else null;
                    heap.allocator.destroy(magazine);
                }
                return block;
            }
        }
        const memory = try heap.allocator.alignedAlloc(u8, block_alignment, allocated(size));
        pool.issued += 1;
        return memory.ptr;
    }

    fn allocated(size: usize) usize {
        return if (size <= largest) sizeOf(classOf(size)) else size;
    }

    /// Takes the magazines that have come back.
    fn fetch(pool: *Pool) void {
        var it = pool.returned.take() orelse return;
        pool.returned_bytes.store(0, .monotonic); // relaxed: only an estimate; what is added meanwhile is lost
        // Newest first: each goes to the front of its stock, so that the oldest ends up there.
        while (true) {
            const magazine: *Magazine = .of(it);
            const next = it.next;
            const rest = &pool.stock[magazine.class];
            magazine.link.next = if (rest.*) |first| &first.link else null;
            rest.* = magazine;
            it = next orelse return;
        }
    }

    /// Gives a block back to the allocator. From any thread.
    pub fn free(pool: *Pool, block: Block, size: usize) void {
        heap.allocator.free(block[0..allocated(size)]);
        pool.forget(1);
    }

    fn forget(pool: *Pool, n: u32) void {
        // Release: what this thread did to the pool happens before the pool is freed. Acquire: for the thread that frees it.
        // Both on one operation, which is its own partner, and that of the addition in `seal`. Explored: `ends: each other`.
        if (pool.abroad.fetchSub(n, .acq_rel) == n) heap.allocator.destroy(pool);
    }

    fn takeBack(pool: *Pool, magazine: *Magazine) void {
        const bytes = magazine.bytes();
        // Relaxed: only an estimate.
        if (pool.returned_bytes.fetchAdd(bytes, .monotonic) + bytes <= idle_max and pool.returned.push(&magazine.link)) return;
        pool.forget(magazine.destroy());
    }

    /// The peer has ended: gives the idle blocks back. The operator must not use the pool any more.
    pub fn seal(pool: *Pool) void {
        pool.fetch();
        var last = pool.returned.seal();
        while (last) |link| {
            last = link.next;
            pool.issued -= Magazine.of(link).destroy();
        }
        for (pool.stock) |first| {
            var it = first;
            while (it) |magazine| {
                it = if (magazine.link.next) |next| .of(next) else null;
                pool.issued -= magazine.destroy();
            }
        }
        const issued = pool.issued;
        // Acquire and release: see `forget`.
        if (pool.abroad.fetchAdd(issued, .acq_rel) + issued == 0) heap.allocator.destroy(pool);
    }
};

/// Where a receiving peer collects blocks for their return. Belongs to its operator.
pub const Outbox = struct {
    /// A class uses the one at its number modulo their count, so that alternating sizes do not displace each other.
    magazines: [4]?*Magazine = @splat(null),

    /// Takes a block that is not used any more.
    pub fn put(outbox: *Outbox, pool: *Pool, block: Block, size: usize) void {
        if (size > largest) return pool.free(block, size);
        const class = classOf(size);
        const place = &outbox.magazines[class % outbox.magazines.len];
        if (place.*) |magazine| {
            if (magazine.pool != pool or magazine.class != class) {
                magazine.pool.takeBack(magazine);
                place.* = null;
            }
        }
        const magazine = place.* orelse new: {
            const magazine = heap.allocator.create(Magazine) catch return pool.free(block, size);
            magazine.* = .{ .pool = pool, .class = class };
            place.* = magazine;
            break :new magazine;
        };
        magazine.blocks[magazine.end] = block;
        magazine.end += 1;
        if (magazine.isFull()) {
            pool.takeBack(magazine);
            place.* = null;
        }
    }

    /// Returns all blocks to their pools.
    pub fn flush(outbox: *Outbox) void {
        for (&outbox.magazines) |*place| {
            if (place.*) |magazine| magazine.pool.takeBack(magazine);
            place.* = null;
        }
    }
};

test "memory comes back, and a sealed pool is freed with its last block" {
    const count = 500;
    const pool = try Pool.create();
    var outbox: Outbox = .{};
    var blocks: [count]Block = undefined;
    for (0..3) |_| {
        for (&blocks, 0..) |*block, i| block.* = try pool.alloc(i * 7);
        for (blocks, 0..) |block, i| outbox.put(pool, block, i * 7);
    }
    for (&blocks, 0..) |*block, i| block.* = try pool.alloc(i * 7);
    pool.seal();
    for (blocks, 0..) |block, i| {
        if (i % 3 == 0) pool.free(block, i * 7) else outbox.put(pool, block, i * 7);
    }
    outbox.flush();
}

test "blocks of two pools do not mix" {
    const pools = [_]*Pool{ try Pool.create(), try Pool.create() };
    var outbox: Outbox = .{};
    for (0..300) |i| {
        const pool = pools[i / 7 % 2];
        outbox.put(pool, try pool.alloc(100), 100);
    }
    outbox.flush();
    for (pools) |pool| pool.seal();
}

test "blocks are used again in the order in which they came back" {
    const pool = try Pool.create();
    defer pool.seal();
    var outbox: Outbox = .{};
    var blocks: [120]Block = undefined;
    for (&blocks) |*block| block.* = try pool.alloc(100);
    for (blocks) |block| outbox.put(pool, block, 100);
    for (blocks) |block| try std.testing.expectEqual(block, try pool.alloc(100));
    for (blocks) |block| pool.free(block, 100);
}
