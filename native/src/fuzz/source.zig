//! Where a target takes its decisions from: the fuzzer, which knows what each of them has led to; or a generator of random
//! numbers, for an ordinary run of the tests.
//!
//! `more` is asked before each call of the library. The functions are inline: the fuzzer tells decisions apart by where
//! they are taken.

const std = @import("std");
const Smith = std.testing.Smith;

pub const Guided = struct {
    smith: *Smith,
    calls: u32 = 0,

    /// Inputs stay short: longer ones have not come further.
    const max_calls = 100;

    pub inline fn more(guided: *Guided) bool {
        guided.calls += 1;
        return guided.calls <= max_calls and !guided.smith.eosWeightedSimple(63, 1);
    }

    pub inline fn below(guided: *Guided, n: u64) u64 {
        return guided.smith.valueRangeLessThan(u64, 0, n);
    }

    pub inline fn any(guided: *Guided) u64 {
        return guided.smith.value(u64);
    }

    /// Fills the beginning, and returns it.
    pub inline fn bytes(guided: *Guided, into: []u8) []u8 {
        return into[0..guided.smith.slice(into)];
    }
};

pub const Random = struct {
    prng: std.Random.DefaultPrng,
    calls: u32 = 0,

    pub const max_calls = 400;

    pub fn more(random: *Random) bool {
        random.calls += 1;
        return random.calls <= max_calls;
    }

    pub fn below(random: *Random, n: u64) u64 {
        return random.prng.random().uintLessThan(u64, n);
    }

    pub fn any(random: *Random) u64 {
        return random.prng.random().int(u64);
    }

    pub fn bytes(random: *Random, into: []u8) []u8 {
        const some = into[0..@intCast(random.below(into.len + 1))];
        random.prng.random().bytes(some);
        return some;
    }
};
