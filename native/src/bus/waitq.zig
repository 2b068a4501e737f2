//! Wait queues: waiting for a peer without losing a wake, and without a system call where no thread waits.
//!
//! A sender publishes (a push, or the commit flag) and then loads `armed`. A waiter arms and then looks once more whether
//! there is something to receive. All four operations are sequentially consistent, so they have one order. In that order
//! either the sender's load comes after the arming, and it wakes, or the waiter's second look comes after the publishing,
//! and it finds something. A wake may come early or without a cause; none is lost.
//!
//! A waiter sleeps on the futex, or asks for a call of its callback. The thread that wakes clears the bits: a waiter that is
//! woken and finds nothing arms again. Several threads may sleep, each for its own peers. Therefore a wake also counts:
//! otherwise a thread could go to sleep after a wake that was meant for it, because another thread has armed again.
//! Reference: `struct wait_queue_head`.
//!
//! Explored (explore/primitives.zig): without sequential consistency `wait: two senders, one sleeper` fails for the load in
//! `wake` and for `prepare`, `wait: a callback that moves` for `arm`; the latter also without the acquire of `wake`.

const std = @import("std");
const atomic = @import("../base/atomic.zig");
const heap = @import("../base/heap.zig");
const os = @import("../base/os.zig");

pub const Waitq = struct {
    /// The bits below, and above them the number of wakes.
    armed: atomic.Value(u32) align(std.atomic.cache_line) = .init(0),
    refs: atomic.Value(u32) = .init(1),
    callback: ?Callback = null,
    userdata: ?*anyopaque = null,

    /// Called by the thread that commits: it must be short, must not block, and must not call back into the bus.
    pub const Callback = *const fn (userdata: ?*anyopaque) callconv(.c) void;

    /// A thread sleeps on `armed`, or is about to.
    pub const sleeping: u32 = 1;
    /// The waiter asks for one call of the callback.
    pub const calling: u32 = 2;
    const one_wake: u32 = 4;

    pub fn create(callback: ?Callback, userdata: ?*anyopaque) error{OutOfMemory}!*Waitq {
        const waitq = try heap.allocator.create(Waitq);
        waitq.* = .{ .callback = callback, .userdata = userdata };
        return waitq;
    }

    pub fn ref(waitq: *Waitq) *Waitq {
        heap.ref(&waitq.refs);
        return waitq;
    }

    pub fn unref(waitq: *Waitq) void {
        if (heap.unref(&waitq.refs)) heap.allocator.destroy(waitq);
    }

    /// Wakes the waiters, after publishing.
    pub fn wake(waitq: *Waitq) void {
        // Pairs with the arming in `arm` and `prepare`: see above.
        var armed = waitq.armed.load(.seq_cst);
        while (armed & (sleeping | calling) != 0) {
            const woken = (armed & ~(sleeping | calling)) +% one_wake;
            // Acquire: pairs with the arming. The arming that is taken here may be later than the one that was loaded. The
            // callback must see what was set up before it, or it would signal a place that is not watched any more.
            // Relaxed on failure: the loop only looks at it again.
            armed = waitq.armed.cmpxchgWeak(armed, woken, .acquire, .monotonic) orelse {
                if (armed & sleeping != 0) os.futexWake(&waitq.armed, std.math.maxInt(u31));
                if (armed & calling != 0) waitq.callback.?(waitq.userdata);
                return;
            };
        }
    }

    /// Asks for one call of the callback, if there is one. The caller looks once more after this.
    pub fn arm(waitq: *Waitq) void {
        if (waitq.callback == null) return;
        // Pairs with the load in `wake`: see above.
        _ = waitq.armed.fetchOr(calling, .seq_cst);
    }

    /// First half of a sleep. The caller looks once more, and calls `sleep` with the result unless it finds something.
    pub fn prepare(waitq: *Waitq) u32 {
        // Pairs with the load in `wake`: see above.
        return waitq.armed.fetchOr(sleeping, .seq_cst) | sleeping;
    }

    /// Second half: sleeps until a wake that comes after `prepare`, or until the timeout.
    pub fn sleep(waitq: *Waitq, prepared: u32, timeout_ns: ?u64) void {
        os.futexWait(&waitq.armed, prepared, timeout_ns);
    }

    /// Sleeps until `ready.isReady()`, and returns true; or until the timeout, and returns false.
    pub fn wait(waitq: *Waitq, ready: anytype, timeout_ns: ?u64) bool {
        const deadline = if (timeout_ns) |ns| os.now() +| ns else null;
        while (true) {
            const prepared = waitq.prepare();
            if (ready.isReady()) return true;
            const left = if (deadline) |d| d -| os.now() else null;
            if (left == 0) return false;
            waitq.sleep(prepared, left);
        }
    }
};

test "a wake between the two halves of a sleep is not lost" {
    const waitq = try Waitq.create(null, null);
    defer waitq.unref();
    const prepared = waitq.prepare();
    waitq.wake();
    waitq.sleep(prepared, null); // would never return
}

test "the callback is called once for each arming" {
    const Calls = struct {
        fn count(userdata: ?*anyopaque) callconv(.c) void {
            const calls: *u32 = @ptrCast(@alignCast(userdata.?));
            calls.* += 1;
        }
    };
    var calls: u32 = 0;
    const waitq = try Waitq.create(Calls.count, &calls);
    defer waitq.unref();
    waitq.wake();
    try std.testing.expectEqual(0, calls);
    waitq.arm();
    waitq.wake();
    waitq.wake();
    try std.testing.expectEqual(1, calls);
}
