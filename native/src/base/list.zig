//! Doubly linked list through a field of its members: removal in constant time, without allocation.

const std = @import("std");

pub fn Link(comptime Member: type) type {
    return struct { prev: ?*Member = null, next: ?*Member = null };
}

pub fn List(comptime Member: type, comptime field: []const u8) type {
    return struct {
        first: ?*Member = null,
        last: ?*Member = null,

        const Self = @This();

        pub fn append(list: *Self, member: *Member) void {
            @field(member, field) = .{ .prev = list.last };
            if (list.last) |last| @field(last, field).next = member else list.first = member;
            list.last = member;
        }

        pub fn count(list: *const Self) usize {
            var n: usize = 0;
            var it = list.first;
            while (it) |member| : (it = @field(member, field).next) n += 1;
            return n;
        }

        pub fn remove(list: *Self, member: *Member) void {
            const link = @field(member, field);
            if (link.prev) |prev| @field(prev, field).next = link.next else list.first = link.next;
            if (link.next) |next| @field(next, field).prev = link.prev else list.last = link.prev;
            @field(member, field) = .{};
        }
    };
}

test "members can be removed from anywhere in the list" {
    const Member = struct { link: Link(@This()) = .{} };
    var list: List(Member, "link") = .{};
    var members: [3]Member = @splat(.{});
    for (&members) |*member| list.append(member);
    list.remove(&members[1]);
    try std.testing.expectEqual(&members[2], members[0].link.next.?);
    try std.testing.expectEqual(2, list.count());
    list.remove(&members[0]);
    list.remove(&members[2]);
    try std.testing.expect(list.first == null and list.last == null);
}
