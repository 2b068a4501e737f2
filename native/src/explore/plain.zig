//! Plain accesses to memory: those of the code under exploration that are not atomic.
//!
//! The compiler's instrumentation (that of the thread sanitizer) calls a function before each of them. They are not steps of
//! their own: as long as any two accesses to one byte, of which one writes, are ordered by happens-before, no thread can tell
//! when exactly they happen. This file checks that they are, byte by byte and with the exact vector clocks of memory.zig. So
//! data that is handed over without a necessary release is found in every run in which it is handed over. So is every access
//! to freed memory, which is not used again in the same run.
//!
//! What threads share lies in the heap or is global. A thread's stack is not checked.

const std = @import("std");
const assert = std.debug.assert;
const memory = @import("memory.zig");
const run = @import("run.zig");
const max_threads = memory.max_threads;

pub const Kind = enum { read, write, atomic, free };

/// A number for each of eight bytes.
const Eight = @Vector(8, u16);

/// What is known about eight bytes.
const Cell = struct {
    address: usize = 0,
    /// The run in which this was recorded.
    run: u64 = 0,
    freed: @Vector(8, bool) = @splat(false),
    /// The last step of each thread that has read, written or atomically accessed each byte; 0: none.
    accesses: std.enums.EnumArray(enum { read, write, atomic }, [max_threads]Eight) = .initFill(@splat(@splat(0))),
    /// The atomic values that begin here, plus 1.
    values: [8]u16 = @splat(0),
};

var cells: [1 << 14]Cell = @splat(.{});
var n_used: usize = 0;
var this_run: u64 = 0;
/// The contents of global memory before this run changed it.
var journal: std.ArrayList(struct { at: usize, byte: u8 }) = .empty;

/// Forgets all accesses, and restores global memory.
pub fn reset() void {
    while (journal.pop()) |entry| @as(*u8, @ptrFromInt(entry.at)).* = entry.byte;
    this_run += 1;
    n_used = 0;
}

/// Records memory outside of the heap before it is changed.
fn note(at: usize, size: usize) void {
    if (run.isHeap(at)) return;
    for (at..at + size) |address| {
        const entry: @TypeOf(journal.items[0]) = .{ .at = address, .byte = @as(*u8, @ptrFromInt(address)).* };
        journal.append(std.heap.smp_allocator, entry) catch @panic("out of memory");
    }
}

/// Checks an access that is about to happen.
pub fn touch(at: usize, size: usize, kind: Kind, site: usize) void {
    if (!run.is_running or run.isStack(at)) return;
    if (kind == .write) note(at, size);
    run.watch(at, size, kind, site);
    var address = at;
    while (address < at + size) {
        const end = @min((address | 7) + 1, at + size);
        defer address = end;
        const cell = find(address & ~@as(usize, 7));
        if (cell.run != this_run) {
            // What a thread does while it is alone is ordered with everything before and after.
            if (run.isAlone() and kind != .free) continue;
            claim(cell, address & ~@as(usize, 7));
        }
        check(cell, address & 7, end - address, kind, site);
    }
}

fn check(cell: *Cell, offset: usize, size: usize, kind: Kind, site: usize) void {
    const place = std.simd.iota(u16, 8);
    const first: Eight = @splat(@intCast(offset));
    const end: Eight = @splat(@intCast(offset + size));
    const touched = (place >= first) & (place < end);
    const at = cell.address + offset;
    if (@reduce(.Or, cell.freed & touched)) run.fail("{s} of freed memory at {x}", .{ @tagName(kind), at }, at, site);
    // A plain write over an atomic value: the next atomic access begins a new value with it.
    if (kind == .write) @memset(cell.values[offset..][0..size], 0);
    if (kind == .free) cell.freed = cell.freed | touched;
    if (run.isAlone()) return;
    const thread = run.current;
    const clocks = &memory.threads[thread].clocks;
    const now: Eight = @splat(clocks[thread]);
    const mine = &cell.accesses.getPtr(switch (kind) {
        .read => .read,
        .write, .free => .write,
        .atomic => .atomic,
    })[thread];
    inline for (.{ .read, .write, .atomic }) |earlier| {
        const conflicts = switch (earlier) {
            .read => kind != .read,
            .write => true,
            else => kind != .atomic,
        };
        if (conflicts) for (1..max_threads) |other| {
            const known: Eight = @splat(clocks[other]);
            if (@reduce(.Or, (cell.accesses.get(earlier)[other] > known) & touched)) {
                const args = .{ @tagName(kind), at, @tagName(earlier), run.nameOf(other) };
                run.fail("{s} at {x} is not ordered with an earlier {s} by {s}", args, at, site);
            }
        };
    }
    mine.* = @select(u16, touched, now, mine.*);
}

/// Returns the number of the atomic value at an address, which is about to be accessed.
pub fn valueAt(at: usize, size: u8, site: usize) u16 {
    if (run.isStack(at)) run.fail("an atomic value on a stack, where nothing can be shared", .{}, at, site);
    const address = at & ~@as(usize, 7);
    const cell = find(address);
    if (cell.run != this_run) claim(cell, address);
    run.watch(at, size, .atomic, site);
    check(cell, at & 7, size, .atomic, site);
    const value = &cell.values[at & 7];
    if (value.* == 0) {
        note(at, size);
        value.* = memory.addValue(peek(at, size)) + 1;
    }
    return value.* - 1;
}

fn peek(at: usize, size: u8) u64 {
    var word: u64 = 0;
    @memcpy(std.mem.asBytes(&word)[0..size], @as([*]const u8, @ptrFromInt(at)));
    return word;
}

/// Stores what was written to an atomic value in memory.
pub fn poke(at: usize, size: u8, word: u64) void {
    @memcpy(@as([*]u8, @ptrFromInt(at)), std.mem.asBytes(&word)[0..size]);
}

/// Returns the cell of an address, or the one that is to become it.
fn find(address: usize) *Cell {
    var index = (address *% 0x9e37_79b9_7f4a_7c15) >> (64 - comptime std.math.log2(cells.len));
    while (true) : (index = (index + 1) % cells.len) {
        const cell = &cells[index];
        if (cell.address == address or cell.run != this_run) return cell;
    }
}

fn claim(cell: *Cell, address: usize) void {
    n_used += 1;
    assert(n_used < cells.len * 3 / 4);
    cell.* = .{ .address = address, .run = this_run };
}

// The functions that the instrumentation calls.

export fn __tsan_init() void {}
export fn __tsan_func_entry(_: usize) void {}
export fn __tsan_func_exit() void {}

export fn __tsan_memcpy(to: [*]u8, from: [*]const u8, size: usize) [*]u8 {
    return __tsan_memmove(to, from, size);
}

export fn __tsan_memmove(to: [*]u8, from: [*]const u8, size: usize) [*]u8 {
    touch(@intFromPtr(from), size, .read, @returnAddress());
    touch(@intFromPtr(to), size, .write, @returnAddress());
    @memmove(to[0..size], from[0..size]);
    return to;
}

export fn __tsan_memset(to: [*]u8, byte: c_int, size: usize) [*]u8 {
    touch(@intFromPtr(to), size, .write, @returnAddress());
    @memset(to[0..size], @truncate(@as(c_uint, @bitCast(byte))));
    return to;
}

comptime {
    for ([_]usize{ 1, 2, 4, 8, 16 }) |size| {
        for ([_]Kind{ .read, .write }) |kind| {
            const Hook = struct {
                fn hook(at: usize) callconv(.c) void {
                    touch(at, size, kind, @returnAddress());
                }
            };
            const name = std.fmt.comptimePrint("{s}{d}", .{ @tagName(kind), size });
            @export(&Hook.hook, .{ .name = "__tsan_" ++ name });
            @export(&Hook.hook, .{ .name = "__tsan_unaligned_" ++ name });
        }
    }
}
