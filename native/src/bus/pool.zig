//! Memory for messages, which one thread makes and another frees.
//!
//! An allocator would pass such memory back through lists that both threads fight for, and in an order that no cache
//! foresees. So the peer that sends keeps a pool, and the peer that receives sends blocks back to it by the magazine: an
//! array of addresses, in the order in which they were received, which is the order in which they will be used again.
//!
//! Rules:
//! - The pool is its peer's: only its operator takes blocks out. Others put magazines onto `returned`, a lock-free list.
//! - A pool outlives its peer until the last of its blocks has come back. `abroad` counts them: those who free a block
//!   for good count down, at any time; `seal` adds how many there are in all. Only after that can it be zero, once, and
//!   whoever makes it so frees the pool.
//! - Nothing here can fail but `alloc`: without memory for a magazine, blocks go back to the allocator one by one.
//! - What is idle is bounded: beyond `idle_max` bytes blocks go back to the allocator, and very large ones always do.

const std = @import("std");
const assert = std.debug.assert;
const atomic = @import("../base/atomic.zig");
const heap = @import("../base/heap.zig");
const lll = @import("../base/lll.zig");

/// Memory of at least the size that was asked for.
pub const Block = [*]align(16) u8;

const block_alignment: std.mem.Alignment = .@"16";

/// Blocks of class `k` have so many bytes: room for a head, and for a power of two of data, as is often sent.
fn sizeOf(class: u8) usize {
    return head + (@as(usize, head) << @intCast(class));
}

fn classOf(size: usize) u8 {
    if (size <= 2 * head) return 0;
    return @intCast(std.math.log2_int_ceil(usize, size - head) - std.math.log2_int(usize, head));
}

const head = 64;
/// Up to sixteen mebibytes of data.
const n_classes = 19;
const largest = sizeOf(n_classes - 1);
/// How many bytes may wait on `returned`.
const idle_max = 32 << 20;
/// A magazine is returned at the latest when it holds so many bytes.
const full_bytes = 32 << 10;

/// Blocks of one pool and one class, oldest first.
const Magazine = struct {
    link: lll.Node = .{},
    pool: *Pool,
    class: u8,
    /// The next to be used, and the end.
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

    /// Gives the blocks back to the allocator. Answers how many.
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
    /// Bytes on `returned`, about.
    returned_bytes: atomic.Value(usize) = .init(0),
    /// See above.
    abroad: atomic.Value(i64) = .init(0),

    /// To be used next, in this order. From here on all is the operator's.
    stock: [n_classes]?*Magazine align(std.atomic.cache_line) = @splat(null),
    /// Blocks that the allocator gave and has not got back from this side.
    issued: i64 = 0,

    pub fn create() error{OutOfMemory}!*Pool {
        const pool = try heap.allocator.create(Pool);
        pool.* = .{};
        return pool;
    }

    /// A block for `size` bytes, which `Outbox.put` or `free` takes back with the same size.
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

    /// Takes what has come back.
    fn fetch(pool: *Pool) void {
        var it = pool.returned.take() orelse return;
        pool.returned_bytes.store(0, .monotonic); // relaxed: a guide only; what is added meanwhile is forgotten
        // Newest first: as each goes to the front of its stock, the oldest ends up there.
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
        // Release: what this thread did to the pool comes before its end. Acquire: the one who frees it comes last. Both
        // on one operation, which is its own partner, and that of the addition in `seal`. Explored: `ends: each other`.
        if (pool.abroad.fetchSub(n, .acq_rel) == n) heap.allocator.destroy(pool);
    }

    fn takeBack(pool: *Pool, magazine: *Magazine) void {
        const bytes = magazine.bytes();
        // Relaxed: a guide only.
        if (pool.returned_bytes.fetchAdd(bytes, .monotonic) + bytes <= idle_max and pool.returned.push(&magazine.link)) return;
        pool.forget(magazine.destroy());
    }

    /// The peer has ended. The pool must not be used any more by its operator.
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

/// Where a peer that receives gathers blocks for their return. Its operator's.
pub const Outbox = struct {
    /// One for each class, modulo their number, so that sizes that alternate do not disturb each other.
    magazines: [4]?*Magazine = @splat(null),

    /// The block is done with.
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

    /// Returns all.
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
