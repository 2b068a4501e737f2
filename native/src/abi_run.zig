//! Starting a program under the emulated device. Rules of the boundary: see abi.zig.
