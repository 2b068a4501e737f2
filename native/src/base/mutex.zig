//! A mutual exclusion lock of one word, for the few places that link and unlink handles and nodes.
//!
//! Held for a handful of instructions, never across a call that may block, and never two at a time; but for those who look
//! at the bus (inspect.zig), who hold it for as long as that takes, and say in which order they take several.
//!
//! Explored (explore/primitives.zig): `mutex` fails where an order is weaker.

const std = @import("std");
const atomic = @import("atomic.zig");
const os = @import("os.zig");

pub const Mutex = struct {
    /// 0 free, 1 held, 2 held and perhaps awaited.
    word: atomic.Value(u32) = .init(0),

    const spins = 100;

    pub fn lock(mutex: *Mutex) void {
        for (0..spins) |_| {
            // Acquire: pairs with the release in `unlock`.
            if (mutex.word.cmpxchgWeak(0, 1, .acquire, .monotonic) == null) return;
            atomic.spinLoopHint();
        }
        // Acquire: pairs with the release in `unlock`. Whoever comes this way takes the lock as "awaited", since
        // it cannot know whether others sleep; one wake too many is the price.
        const awaited = 2;
        while (mutex.word.swap(awaited, .acquire) != 0) os.futexWait(&mutex.word, awaited, null);
    }

    pub fn unlock(mutex: *Mutex) void {
        // Release: pairs with the acquires in `lock`.
        if (mutex.word.swap(0, .release) == 2) os.futexWake(&mutex.word, 1);
    }
};
