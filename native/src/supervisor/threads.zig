//! A cache of descriptors that refer to calling threads. Unlike an id, such a descriptor never refers to another
//! thread.
//!
//! Rules:
//! - The cache has a fixed number of places, so most calls need not open a descriptor. A thread replaces the descriptor
//!   of another thread in its place, so the descriptors of dead threads need no cleanup.
//! - A cached descriptor may refer to a dead thread, while another thread has its id. The kernel then returns `ESRCH`.
//! - Kernels before 6.9 only support processes. A descriptor of another thread's process is not cached, since it would
//!   outlive the thread. (If the first thread of a process has ended, such a descriptor has access to no descriptors.)
//! - A thread can die before its descriptor is opened here, and another thread can get its id. The caller must check
//!   that the thread still waits for its reply before it uses the result (memory.zig).

const os = @import("os.zig");

pub const Threads = struct {
    places: [capacity]Place = @splat(.{}),

    /// The number of places: more than the threads of most programs. Two threads with one place open it in turn.
    pub const capacity = 128;

    /// `id` is 0 if the descriptor must not be used again.
    const Place = struct { id: i32 = 0, pidfd: i32 = -1 };

    /// Duplicates a descriptor of the thread into this process. Returns the duplicate, or a negative errno.
    pub fn takeDescriptor(threads: *Threads, id: i32, descriptor: i32) i32 {
        const place = threads.placeOf(id);
        if (place.id == id) {
            const taken = os.other_processes.takeDescriptor(place.pidfd, descriptor);
            if (taken != os.negative(.SRCH)) return taken;
        }
        const pidfd = replace(place, id);
        return if (pidfd < 0) pidfd else os.other_processes.takeDescriptor(pidfd, descriptor);
    }

    /// Kills the process of a thread. Its place must be current: a descriptor of it was just duplicated.
    pub fn kill(threads: *Threads, id: i32) void {
        os.signals.send(threads.placeOf(id).pidfd, .KILL);
    }

    fn placeOf(threads: *Threads, id: i32) *Place {
        return &threads.places[@as(u32, @intCast(id)) % capacity];
    }

    fn replace(place: *Place, id: i32) i32 {
        if (place.pidfd >= 0) os.files.close(place.pidfd);
        place.* = .{ .id = id, .pidfd = os.other_processes.openThread(id) };
        if (place.pidfd == os.negative(.INVAL)) {
            const process = os.other_processes.processOf(id) orelse 0;
            place.* = .{ .id = if (process == id) id else 0, .pidfd = os.other_processes.openProcess(process) };
        }
        if (place.pidfd < 0) place.id = 0;
        return place.pidfd;
    }
};
