//! Places in the program: the source line of each atomic operation, and the fault that is planted.

const std = @import("std");
const Access = @import("hooks.zig").Access;
const Order = @import("hooks.zig").Order;

const gpa = std.heap.smp_allocator;

/// An operation in the sources. It is at several places in the program if its function was inlined.
pub const Operation = struct {
    file: []const u8,
    line: u64,
    column: u64,
    kind: Access.Kind,
    order: Order,
    failure: Order,
};

/// All operations that were reached.
pub var operations: std.ArrayList(Operation) = .empty;
/// The number of the operation at each place.
var numbers: std.AutoHashMapUnmanaged(usize, u32) = .empty;

/// The planted fault.
pub const Plant = union(enum) {
    nothing,
    /// An edit of mutants.zig, by the number of its word in `faults`.
    fault: u32,
    /// An operation has a weaker order.
    order: struct { operation: u32, to: Order, of_failure: bool },
};

pub var plant: Plant = .nothing;
/// Where to record the operations and faults that are reached; null: nowhere.
pub var reached: ?*Reached = null;

pub const Reached = struct {
    operations: std.AutoHashMapUnmanaged(u32, void) = .empty,
    faults: std.AutoHashMapUnmanaged(u32, void) = .empty,
};

/// Returns the access with the planted order, if it is the planted operation.
pub fn planted(access: Access) Access {
    if (plant != .order and reached == null) return access;
    const operation = numberOf(access);
    if (reached) |r| r.operations.put(gpa, operation, {}) catch @panic("out of memory");
    if (plant != .order or plant.order.operation != operation) return access;
    var weaker = access;
    if (plant.order.of_failure) weaker.failure = plant.order.to else weaker.order = plant.order.to;
    return weaker;
}

export fn explore_planted(fault: u32) bool {
    if (reached) |r| r.faults.put(gpa, fault, {}) catch @panic("out of memory");
    return plant == .fault and plant.fault == fault;
}

fn numberOf(access: Access) u32 {
    const entry = numbers.getOrPut(gpa, access.site) catch @panic("out of memory");
    if (!entry.found_existing) {
        const at = lineOf(access.site);
        entry.value_ptr.* = for (operations.items, 0..) |operation, number| {
            if (operation.line == at.line and operation.column == at.column and operation.kind == access.kind and
                std.mem.eql(u8, operation.file, at.file_name)) break @intCast(number);
        } else new: {
            operations.append(gpa, .{
                .file = at.file_name,
                .line = at.line,
                .column = at.column,
                .kind = access.kind,
                .order = access.order,
                .failure = access.failure,
            }) catch @panic("out of memory");
            break :new @intCast(operations.items.len - 1);
        };
    }
    return entry.value_ptr.*;
}

/// Returns the source line of a return address.
pub fn lineOf(site: usize) std.debug.SourceLocation {
    const unknown: std.debug.SourceLocation = .{ .line = 0, .column = 0, .file_name = "?" };
    if (site == 0) return unknown;
    const info = std.debug.getSelfDebugInfo() catch return unknown;
    var symbols: std.ArrayList(std.debug.Symbol) = .empty;
    defer symbols.deinit(gpa);
    info.getSymbols(std.Options.debug_io, gpa, gpa, site - 1, false, &symbols) catch return unknown;
    var at = if (symbols.items.len == 0) return unknown else symbols.items[0].source_location orelse return unknown;
    if (std.mem.findLast(u8, at.file_name, "src/")) |i| at.file_name = at.file_name[i + 4 ..];
    return at;
}
