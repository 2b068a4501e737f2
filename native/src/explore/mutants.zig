//! The edits that make the program under exploration out of the library: faults, and smaller numbers.
//!
//! A fault takes away one check of the protocol, or does two things in the wrong order. Each fault has a word. The edited line
//! calls `planted(.word)` at run time, so that one program contains all faults and the explorer plants one after the other. A
//! fault may need several edits, and an edit may contain several faults. Weaker memory orders are not listed here: the explorer
//! plants them at every atomic operation that it reaches.
//!
//! A smaller number (of spins, of bytes in a magazine, of slots in a chunk) lets a scenario reach in a few steps what takes
//! many steps in the library.
//!
//! The build applies the edits to a copy of the sources (mutate.zig). The library itself contains none of this.

const std = @import("std");

pub const File = struct {
    /// Below native/src.
    path: []const u8,
    edits: []const Edit,
};

pub const Edit = struct {
    /// A line of the file, or several that follow each other, without their indentation. They must occur exactly once.
    line: []const u8,
    /// What stands there in the copy: as many lines, so that all others keep their numbers.
    becomes: []const u8,
};

pub const files = [_]File{
    .{ .path = "base/lll.zig", .edits = &.{
        .{
            .line = "if (head == &sealed) {",
            .becomes = "if (head == &sealed and !planted(.push_after_seal)) {",
        },
        .{
            .line = "oldest.next = null;",
            .becomes = "if (!planted(.refused_chain_linked)) oldest.next = null;",
        },
    } },
    .{ .path = "base/mutex.zig", .edits = &.{
        .{ .line = "const spins = 100;", .becomes = "const spins = 1;" },
        .{
            .line = "pub fn lock(mutex: *Mutex) void {",
            .becomes = "pub fn lock(mutex: *Mutex) void { if (planted(.no_lock)) return;",
        },
        .{
            .line = "pub fn unlock(mutex: *Mutex) void {",
            .becomes = "pub fn unlock(mutex: *Mutex) void { if (planted(.no_lock)) return;",
        },
        .{
            .line = "const awaited = 2;",
            .becomes = "const awaited: u32 = if (planted(.lock_not_marked)) 1 else 2;",
        },
    } },
    .{ .path = "bus/acct.zig", .edits = &.{
        .{
            .line = "const acct = user.acct;\nacct.mutex.lock();",
            .becomes = "const acct = user.acct;\nif (!planted(.last_holder_unlocked)) acct.mutex.lock();",
        },
        .{
            .line = "if (ended) acct.forget(user.id);",
            .becomes = "if (planted(.last_holder_unlocked)) acct.mutex.lock(); if (ended) acct.forget(user.id);",
        },
        .{
            .line = "if (!heap.refIfAny(&user.holders)) {",
            .becomes = "if (planted(.ended_user_charged)) heap.ref(&user.holders) else if (!heap.refIfAny(&user.holders)) {",
        },
        .{
            .line = "try user.waiters.add(waitq, 0);",
            .becomes = "if (planted(.claim_wait_in_two_steps)) { user.mutex.unlock(); user.mutex.lock(); } try user.waiters.add(waitq, 0);",
        },
        .{
            .line = "const woken = user.waiters.takeAll();",
            .becomes = "const woken = if (planted(.no_wake_of_claimants)) RoomWaiters{} else user.waiters.takeAll();",
        },
    } },
    .{ .path = "bus/gate.zig", .edits = &.{
        .{
            .line = "if (found & ending == 0) {",
            .becomes = "if (planted(.leave_without_a_look)) { gate.word.store(idle(k), .monotonic); return false; } if (found & ending == 0) {",
        },
        .{
            .line = "return found & (busy | ending | closed) == 0;",
            .becomes = "return found & (if (planted(.end_while_busy)) ending | closed else if (planted(.end_twice)) busy else busy | ending | closed) == 0;",
        },
    } },
    .{ .path = "bus/handle.zig", .edits = &.{
        .{
            .line = "if (node.released) return; // told by `settle`",
            .becomes = "if (node.released and !planted(.linked_to_released)) return;",
        },
        .{
            .line = "if (node.released and !handle.told) {",
            .becomes = "if (node.released and (!handle.told or planted(.told_twice))) {",
        },
        .{
            .line = "if (Tx.isCommitted(node.release_tx)) tell = true else node.late.append(handle.ref());",
            .becomes = "if (planted(.told_before_commit) or Tx.isCommitted(node.release_tx)) tell = true else { if (planted(.late_in_two_steps)) { node.mutex.unlock(); node.mutex.lock(); } node.late.append(handle.ref()); }",
        },
        .{
            .line = "const notify = handle.linked;",
            .becomes = "const notify = handle.linked or planted(.release_always_notifies);",
        },
    } },
    .{ .path = "bus/message.zig", .edits = &.{
        .{
            .line = "return message.left.swap(true, .acq_rel);",
            .becomes = "return planted(.discarded_by_both) or message.left.swap(true, .acq_rel);",
        },
        .{
            .line = "handle.node.owner.wake();",
            .becomes = "if (!planted(.no_wake_of_discarded)) handle.node.owner.wake();",
        },
    } },
    .{ .path = "bus/node.zig", .edits = &.{
        .{
            .line = "if (carrier != tx and !Tx.isCommitted(carrier)) continue;",
            .becomes = "if (carrier != tx and !Tx.isCommitted(carrier) and !planted(.told_before_the_message)) continue;",
        },
        .{
            .line = "node.handles.remove(handle);\nhandle.owner.wake();",
            .becomes = "node.handles.remove(handle);\nif (!planted(.no_wake_of_released)) handle.owner.wake();",
        },
        .{
            .line = "node.mutex.lock();\nvar late = node.late;",
            .becomes = "if (planted(.late_copies_forgotten)) return; node.mutex.lock();\nvar late = node.late;",
        },
    } },
    .{
        .path = "bus/op.zig",
        .edits = &.{
            .{
                .line = "op.revalidate() catch |e| {",
                .becomes = "if (!planted(.not_revalidated)) op.revalidate() catch |e| {",
            },
            .{
                .line = "op.countCopies();",
                .becomes = "if (!planted(.copies_counted_after_commit)) op.countCopies(); if (planted(.commit_before_push)) tx.commit();",
            },
            .{
                .line = "const alone = op.messages.items.len == 1 and op.nodes.count() == 0 and op.handles.count() == 0 and",
                .becomes = "const alone = planted(.no_flag) or op.messages.items.len == 1 and op.nodes.count() == 0 and op.handles.count() == 0 and",
            },
            .{
                .line = "\ntx.commit();\n", // between blank lines
                .becomes =
                \\if (planted(.discard_before_commit)) for (op.messages.items) |*entry| if (entry.fate == .sender) { entry.message.discard(operator); entry.fate = .queue; };
                \\if (planted(.wake_before_commit)) for (op.messages.items) |entry| entry.via.node.owner.wake(); tx.commit();
                \\if (planted(.copies_counted_after_commit)) op.countCopies();
                ,
            },
            .{
                .line = "entry.via.node.owner.wake();",
                .becomes = "if (!planted(.wake_before_commit)) entry.via.node.owner.wake();",
            },
        },
    },
    .{ .path = "bus/peer.zig", .edits = &.{
        .{
            .line = "if (peer.nodes.get(message.node_id) != null) return part;",
            .becomes = "if (peer.nodes.get(message.node_id) != null or planted(.released_node_receives)) return part;",
        },
        .{
            .line = "if (!handle.released) return part;",
            .becomes = "if (!handle.released or planted(.released_handle_is_told)) return part;",
        },
        .{
            .line = "if (!node.released and (delivery == .every or node.remaining() == 0)) return part;",
            .becomes = "if ((!node.released or planted(.released_node_is_told)) and (delivery == .every or node.remaining() == 0)) return part;",
        },
        .{
            .line = "if (Tx.isCommitted(part.tx)) {",
            .becomes = "if (Tx.isCommitted(part.tx) or planted(.uncommitted_discarded)) {",
        },
        .{
            .line = "while (late) |part| {",
            .becomes = "if (planted(.late_left_behind)) late = null; while (late) |part| {",
        },
        .{
            .line = "if (peer.peeked != null and peer.peeked_left.swap(true, .acq_rel)) peer.freePeeked();",
            .becomes = "if (peer.peeked != null and (planted(.peeked_freed_by_both) or peer.peeked_left.swap(true, .acq_rel))) peer.freePeeked();",
        },
        .{
            .line = "peer.leaveMemory();\npeer.wake();",
            .becomes = "peer.leaveMemory();\nif (!planted(.no_wake_of_end)) peer.wake();",
        },
    } },
    .{ .path = "bus/pool.zig", .edits = &.{
        .{ .line = "const full_bytes = 32 << 10;", .becomes = "const full_bytes = 1;" },
        .{
            .line = "var last = pool.returned.seal();",
            .becomes = "var last = if (planted(.returned_not_sealed)) pool.returned.take() else pool.returned.seal();",
        },
    } },
    .{ .path = "bus/queue.zig", .edits = &.{
        .{
            .line = "if (queue.ready == null) queue.prefetch();",
            .becomes = "if (queue.ready == null or planted(.take_while_ready)) queue.prefetch();",
        },
        .{
            .line = "const taken = queue.incoming.take();",
            .becomes = "if (planted(.flags_before_take)) { var it = queue.busy; while (it) |part| : (it = part.next()) if (Tx.isCommitted(part.tx)) { part.tx = null; }; } const taken = queue.incoming.take();",
        },
        .{
            .line = "if (Tx.isCommitted(part.tx)) {",
            .becomes = "if (if (planted(.flags_before_take) and list == queue.busy) part.tx == null else Tx.isCommitted(part.tx)) {",
        },
        .{
            .line = "if (taken == null and queue.busy == null) return;",
            .becomes = "if (taken == null and (queue.busy == null or planted(.busy_not_looked_at))) return;",
        },
        .{
            .line = "const taken = queue.incoming.seal();",
            .becomes = "if (planted(.busy_not_sealed)) queue.busy = null; const taken = queue.incoming.seal();",
        },
    } },
    .{ .path = "bus/queue_limit.zig", .edits = &.{
        .{
            .line = "const woken = if (limit.fits(0)) limit.waiters.take(limit.max.bytes - limit.used.bytes) else RoomWaiters{};",
            .becomes = "const woken = if (limit.fits(0) and !planted(.no_wake_of_senders)) limit.waiters.take(limit.max.bytes - limit.used.bytes) else RoomWaiters{};",
        },
        .{
            .line = "try limit.waiters.add(waitq, bytes);",
            .becomes = "if (planted(.room_wait_in_two_steps)) { limit.mutex.unlock(); limit.mutex.lock(); } try limit.waiters.add(waitq, bytes);",
        },
    } },
    .{ .path = "bus/waitq.zig", .edits = &.{
        .{
            .line = "const woken = (armed & ~(sleeping | calling)) +% one_wake;",
            .becomes = "const woken = (armed & ~(sleeping | calling)) +% if (planted(.wakes_not_counted)) 0 else one_wake;",
        },
        .{
            .line = "const prepared = waitq.prepare();\nif (ready.isReady()) return true;",
            .becomes = "if (planted(.look_before_arming) and ready.isReady()) return true; const prepared = waitq.prepare();\nif (!planted(.look_before_arming) and ready.isReady()) return true;",
        },
    } },
    .{ .path = "isolate/slot.zig", .edits = &.{
        .{ .line = "const first_chunk = 64;", .becomes = "const first_chunk = 1;" },
        .{
            .line = "const its = serial != 0 and slot.serial == serial;",
            .becomes = "const its = serial != 0 and (slot.serial == serial or planted(.serial_not_compared)); if (planted(.revoked_in_two_steps)) { registry.unlock(); registry.lock(); }",
        },
    } },
    .{ .path = "isolate/wake_socket.zig", .edits = &.{
        .{
            .line = "if (socket.signaled.swap(true, .release)) return;",
            .becomes = "if (socket.signaled.swap(true, .release) or planted(.no_byte)) return;",
        },
    } },
};

/// The words of all faults, in the order in which they first occur.
pub const faults = words: {
    @setEvalBranchQuota(200_000);
    var list: []const [:0]const u8 = &.{};
    for (files) |file| for (file.edits) |edit| {
        var at: usize = 0;
        while (wordFrom(edit.becomes, at)) |word| {
            at = word.end;
            const name = edit.becomes[word.start..word.end] ++ "";
            if (indexIn(list, name) == null) list = list ++ .{name};
        }
    };
    break :words list;
};

/// Returns the number of a fault. It is a compile error if no edit has that word.
pub fn numberOf(comptime word: []const u8) u32 {
    return comptime indexIn(faults, word) orelse @compileError("no edit plants the fault " ++ word);
}

pub const Word = struct { start: usize, end: usize };

/// Returns where the first word of a fault is in a text, from an index on.
pub fn wordFrom(text: []const u8, from: usize) ?Word {
    const opening = "planted(.";
    const start = std.mem.findPos(u8, text, from, opening) orelse return null;
    const end = std.mem.findScalarPos(u8, text, start, ')').?;
    return .{ .start = start + opening.len, .end = end };
}

fn indexIn(list: []const [:0]const u8, name: []const u8) ?u32 {
    for (list, 0..) |it, i| if (std.mem.eql(u8, it, name)) return @intCast(i);
    return null;
}
