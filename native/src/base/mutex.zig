//! A mutual exclusion lock of one word, for the few places that link and unlink handles and nodes.
//!
//! A thread holds it for a handful of instructions, never across a call that may block, and never two at a time. The exception
//! is inspection (inspect.zig), which holds several for as long as it takes, and documents their order.
//!
//! Explored (explore/primitives.zig): `mutex` fails where an order is weaker.

const std = @import("std");
const atomic = @import("atomic.zig");
const os = @import("os.zig");

pub const Mutex = struct {
    /// 0: free; 1: held; 2: held, and threads may sleep on it.
    word: atomic.Value(u32) = .init(0),

    const spins = 100;

    pub fn lock(mutex: *Mutex) void {
        for (0..spins) |_| {
            // Acquire: pairs with the release in `unlock`.
            if (mutex.word.cmpxchgWeak(0, 1, .acquire, .monotonic) == null) return;
            atomic.spinLoopHint();
        }
        // Acquire: pairs with the release in `unlock`. A thread that comes here takes the lock as "awaited", because it
        // cannot know whether others sleep; the price is one unneeded wake.
        const awaited = 2;
        while (mutex.word.swap(awaited, .acquire) != 0) os.futexWait(&mutex.word, awaited, null);
    }

    pub fn unlock(mutex: *Mutex) void {
        // Release: pairs with the acquires in `lock`.
        if (mutex.word.swap(0, .release) == 2) os.futexWake(&mutex.word, 1);
    }
};
