//! The threads that make calls, by descriptors that cannot come to mean other threads, as ids can.
//!
//! Rules:
//! - A few are kept open, so that a call costs no opening; a thread may find another one's in its place, and replaces
//!   it. So threads that are gone cost nothing.
//! - One that is kept may name a thread that is gone, whose id another thread has now: then the kernel says `ESRCH`.

const sys = @import("../sys_supervisor.zig");

pub const Threads = struct {
    places: [capacity]Place = @splat(.{}),

    /// How many are kept.
    pub const capacity = 128;

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

    /// Kills the process of the thread.
    pub fn kill(threads: *Threads, id: i32) void {
        const pidfd = replace(threads.placeOf(id), id);
        if (pidfd >= 0) sys.sendSignal(pidfd, .KILL);
    }

    fn placeOf(threads: *Threads, id: i32) *Place {
        return &threads.places[@as(u32, @intCast(id)) % capacity];
    }

    fn replace(place: *Place, id: i32) i32 {
        if (place.id != 0) sys.close(place.pidfd);
        place.* = .{};
        const pidfd = sys.openThread(id);
        if (pidfd >= 0) place.* = .{ .id = id, .pidfd = pidfd };
        return pidfd;
    }
};
