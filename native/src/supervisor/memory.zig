//! The memory of a calling thread.
//!
//! Rules:
//! - When a thread has died, another thread can get its id. So bytes that were read are valid only if the thread still
//!   waits for the reply afterwards.
//! - The structures of a call are mostly close together, and reading another process costs far more than copying a
//!   page. So a whole page is read, and kept until the end of the call.

const std = @import("std");
const os = @import("os.zig");

pub const Memory = struct {
    thread: i32,
    /// The notification of its call, and the listener that received it.
    id: u64,
    listener: i32,
    /// The address of the page in `bytes`; 0 for none.
    page: u64 = 0,
    bytes: [page_size]u8 = undefined,

    /// The smallest page of any machine: either all of its bytes are readable, or none.
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
        if (os.other_processes.readMemory(memory.thread, address, into) < into.len) return error.Fault;
        if (!memory.isWaiting()) return error.Fault; // the reply will reach no thread
    }

    /// Returns whether the thread still waits for the reply.
    pub fn isWaiting(memory: *const Memory) bool {
        return os.seccomp.isWaiting(memory.listener, memory.id);
    }

    pub fn write(memory: *Memory, address: u64, bytes: []const u8) error{Fault}!void {
        memory.page = 0;
        if (os.other_processes.writeMemory(memory.thread, address, bytes) < bytes.len) return error.Fault;
    }
};
