//! The memory of the thread that has made a call.
//!
//! Rules:
//! - The thread's id can come to mean another thread when it has died. What was read counts only if it still waits for
//!   the answer afterwards.
//! - What a call points to mostly lies close together, and a look into another process costs far more than a page: one
//!   page is read whole, and kept for the rest of the call.

const std = @import("std");
const sys = @import("os.zig");

pub const Memory = struct {
    thread: i32,
    /// The notification of its call, and the listener that it came to.
    id: u64,
    listener: i32,
    /// The page that is kept; 0: none.
    page: u64 = 0,
    bytes: [page_size]u8 = undefined,

    /// No machine has smaller ones: within it all is readable, or nothing.
    const page_size = 4096;

    pub fn read(memory: *Memory, address: u64, into: []u8) error{Fault}!void {
        const start = address % page_size;
        if (start + into.len > page_size) return memory.load(address, into);
        const page = address - start;
        if (page == 0) return error.Fault;
        if (memory.page != page) {
            memory.page = 0;
            try memory.load(page, &memory.bytes);
            memory.page = page;
        }
        @memcpy(into, memory.bytes[start..][0..into.len]);
    }

    fn load(memory: *Memory, address: u64, into: []u8) error{Fault}!void {
        if (sys.readMemory(memory.thread, address, into) < into.len) return error.Fault;
        if (!memory.isWaiting()) return error.Fault; // nobody will be told
    }

    /// Whether the thread still waits for the answer.
    pub fn isWaiting(memory: *const Memory) bool {
        return sys.isWaiting(memory.listener, memory.id);
    }

    pub fn write(memory: *Memory, address: u64, bytes: []const u8) error{Fault}!void {
        memory.page = 0;
        if (sys.writeMemory(memory.thread, address, bytes) < bytes.len) return error.Fault;
    }
};
