//! The errors of the bus, as errno: the one table, from which TypeScript's is generated.

pub const Errno = enum(i32) {
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

    /// What a C function returns for it.
    pub fn negative(errno: Errno) i32 {
        return -@backingInt(errno);
    }
};
