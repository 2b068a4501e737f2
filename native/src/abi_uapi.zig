//! The raw uapi of the kernel's device, for src/kernel/uapi.ts. Rules of the boundary: see abi.zig.
