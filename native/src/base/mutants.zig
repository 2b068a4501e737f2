//! Faults that can be planted in the program that explores interleavings, to see that it finds each of them.
//!
//! A fault takes away one check of the protocol, or does two things in the wrong order. In the library `planted` is
//! false, and costs nothing. (Weaker memory orders need no word here: the explorer plants them wherever it comes to an
//! atomic operation.)

const atomic = @import("atomic.zig");
const hooks = @import("../explore/hooks.zig");

pub const Fault = enum {
    // lll.zig
    push_after_seal,
    refused_chain_linked,
    // queue.zig
    flags_before_take,
    busy_not_looked_at,
    take_while_ready,
    busy_not_sealed,
    // waitq.zig
    look_before_arming,
    wakes_not_counted,
    // gate.zig
    leave_without_a_look,
    end_while_busy,
    end_twice,
    // mutex.zig
    no_lock,
    lock_not_marked,
    // op.zig
    not_revalidated,
    commit_before_push,
    no_flag,
    copies_counted_after_commit,
    wake_before_commit,
    discard_before_commit,
    // message.zig
    discarded_by_both,
    no_wake_of_discarded,
    // node.zig
    told_before_the_message,
    late_copies_forgotten,
    no_wake_of_released,
    // handle.zig
    linked_to_released,
    told_twice,
    told_before_commit,
    late_in_two_steps,
    release_always_notifies,
    // peer.zig
    released_node_receives,
    released_handle_hears,
    released_node_hears,
    uncommitted_discarded,
    late_left_behind,
    peeked_freed_by_both,
    no_wake_of_end,
    // pool.zig
    returned_not_sealed,
    // queue_limit.zig and acct.zig
    word_in_two_steps,
    no_wake_of_writers,
    no_wake_of_claimants,
    last_holder_unlocked,
    nobody_charged,
    // slot.zig
    serial_not_compared,
    revoked_in_two_steps,
    // wake_socket.zig
    no_byte,
};

pub inline fn planted(comptime fault: Fault) bool {
    return atomic.exploring and hooks.explore_planted(@backingInt(fault));
}
