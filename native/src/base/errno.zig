//! The errors, as errno: the one table, from which that of TypeScript is generated.
//!
//! First the errors of the bus; the specification has a row for each. Then those that the system returns for files, sockets
//! and devices: a program that works with a device itself can get them.

pub const Errno = enum(i32) {
    // The bus.
    EBADF = 9,
    EAGAIN = 11,
    ENOMEM = 12,
    EFAULT = 14,
    EINVAL = 22,
    ENOTTY = 25,
    EXFULL = 54,
    EBADRQC = 56,
    EMSGSIZE = 90,
    EOPNOTSUPP = 95,
    ESHUTDOWN = 108,
    EDQUOT = 122,
    ENOTRECOVERABLE = 131,

    // The system.
    EPERM = 1,
    ENOENT = 2,
    EINTR = 4,
    EIO = 5,
    ENXIO = 6,
    EACCES = 13,
    EBUSY = 16,
    EEXIST = 17,
    ENODEV = 19,
    ENOTDIR = 20,
    EISDIR = 21,
    ENFILE = 23,
    EMFILE = 24,
    ETXTBSY = 26,
    ENOSPC = 28,
    ESPIPE = 29,
    EROFS = 30,
    EPIPE = 32,
    ERANGE = 34,
    EDEADLK = 35,
    ENAMETOOLONG = 36,
    ENOSYS = 38,
    ELOOP = 40,
    EPROTO = 71,
    EOVERFLOW = 75,
    EUSERS = 87,
    ENOTSOCK = 88,
    EPROTOTYPE = 91,
    EPROTONOSUPPORT = 93,
    EAFNOSUPPORT = 97,
    EADDRINUSE = 98,
    EADDRNOTAVAIL = 99,
    ECONNABORTED = 103,
    ECONNRESET = 104,
    ENOBUFS = 105,
    EISCONN = 106,
    ENOTCONN = 107,
    ETOOMANYREFS = 109,
    ETIMEDOUT = 110,
    ECONNREFUSED = 111,
    ESTALE = 116,
    ECANCELED = 125,

    /// Returns the error as a C function returns it.
    pub fn negative(errno: Errno) i32 {
        return -@backingInt(errno);
    }
};
