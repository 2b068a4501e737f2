//! Peers on the kernel's device, for the kernel engine. Rules of the boundary: see abi.zig.
