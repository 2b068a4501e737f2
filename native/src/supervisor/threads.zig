//! The threads that make calls, by descriptors that cannot come to mean other threads, as ids can.
//!
//! Rules:
//! - A few are kept open, so that a call costs no opening; a thread may find another one's in its place, and replaces
//!   it. So threads that are gone cost nothing.
//! - One that is kept may name a thread that is gone, whose id another thread has now: then the kernel says `ESRCH`.
//! - Kernels before 6.9 can only name processes. One that names a thread's process is not taken for the thread again: it
//!   would outlive it. (And where a program's first thread has ended, they name nothing that has descriptors.)
//! - A thread can die before it is named here, and its id be another one's. Who goes on with what was taken from it makes
//!   sure that it still waits for its answer (memory.zig).

const sys = @import("os.zig");

pub const Threads = struct {
    places: [capacity]Place = @splat(.{}),

    /// How many are kept.
    pub const capacity = 128;

    /// `id` is 0 if the descriptor is not to be used again.
    const Place = struct { id: i32 = 0, pidfd: i32 = -1 };

    /// A descriptor of ours for what a descriptor of the thread names, or a negative errno.
    pub fn takeDescriptor(threads: *Threads, id: i32, descriptor: i32) i32 {
        const place = threads.placeOf(id);
        if (place.id == id) {
            const taken = sys.takeDescriptor(place.pidfd, descriptor);
            if (taken != sys.negative(.SRCH)) return taken;
        }
        const pidfd = replace(place, id);
        return if (pidfd < 0) pidfd else sys.takeDescriptor(pidfd, descriptor);
    }

    /// Kills the process of the thread, from which something was just taken.
    pub fn kill(threads: *Threads, id: i32) void {
        sys.sendSignal(threads.placeOf(id).pidfd, .KILL);
    }

    fn placeOf(threads: *Threads, id: i32) *Place {
        return &threads.places[@as(u32, @intCast(id)) % capacity];
    }

    fn replace(place: *Place, id: i32) i32 {
        if (place.pidfd >= 0) sys.close(place.pidfd);
        place.* = .{ .id = id, .pidfd = sys.openThread(id) };
        if (place.pidfd == sys.negative(.INVAL)) {
            const process = sys.processOf(id) orelse 0;
            place.* = .{ .id = if (process == id) id else 0, .pidfd = sys.openProcess(process) };
        }
        if (place.pidfd < 0) place.id = 0;
        return place.pidfd;
    }
};
