//! Prints the facts about shared libraries and programs that check.ts tests, as one line of JSON for each file: ELF and
//! Mach-O, of 64 bits and little-endian.

const std = @import("std");
const elf = std.elf;
const macho = std.macho;

const Export = struct { name: []const u8, offset: u64 };
const Import = struct { name: []const u8, weak: bool };

const Binary = struct {
    format: []const u8,
    /// The processor and the kind of file, by their names in std.elf and std.macho.
    machine: []const u8,
    type: []const u8,
    /// The name that programs look for which are linked with it.
    name: ?[]const u8 = null,
    /// The libraries and the interpreter that it needs.
    needs: std.ArrayList([]const u8) = .empty,
    /// The folders in which libraries are searched.
    searches: std.ArrayList([]const u8) = .empty,
    /// With the place in the file.
    exports: std.ArrayList(Export) = .empty,
    imports: std.ArrayList(Import) = .empty,
    /// ELF: the names of the sections.
    sections: std.ArrayList([]const u8) = .empty,
    /// Mach-O: the oldest system, as 16, 8 and 8 bits.
    oldest: ?u32 = null,
    /// Mach-O: where the signature is.
    signature: ?struct { start: u32, size: u32 } = null,
};

pub fn main(init: std.process.Init) !void {
    const arena = init.arena.allocator();
    var out = std.Io.File.stdout().writerStreaming(init.io, &.{});
    for ((try init.minimal.args.toSlice(arena))[1..]) |path| {
        const bytes = try std.Io.Dir.cwd().readFileAlloc(init.io, path, arena, .unlimited);
        const binary = if (std.mem.startsWith(u8, bytes, elf.MAGIC)) try readElf(arena, bytes) else try readMachO(arena, bytes);
        const lists = .{
            .needs = binary.needs.items,
            .searches = binary.searches.items,
            .exports = binary.exports.items,
            .imports = binary.imports.items,
            .sections = binary.sections.items,
        };
        const line = .{
            .format = binary.format,
            .machine = binary.machine,
            .type = binary.type,
            .name = binary.name,
            .oldest = binary.oldest,
            .signature = binary.signature,
            .lists = lists,
        };
        try out.interface.print("{f}\n", .{std.json.fmt(line, .{})});
    }
}

fn readElf(arena: std.mem.Allocator, bytes: []const u8) !Binary {
    var reader: std.Io.Reader = .fixed(bytes);
    const header = try elf.Header.read(&reader);
    var binary: Binary = .{ .format = "ELF", .machine = @tagName(header.machine), .type = @tagName(header.type) };

    var segments = header.iterateProgramHeadersBuffer(bytes);
    while (try segments.next()) |segment| {
        if (segment.type == .INTERP) try binary.needs.append(arena, textAt(bytes, segment.offset));
    }
    var list: std.ArrayList(elf.Elf64_Shdr) = .empty;
    var sections = header.iterateSectionHeadersBuffer(bytes);
    while (try sections.next()) |section| try list.append(arena, section);

    for (list.items) |section| {
        try binary.sections.append(arena, textAt(bytes, list.items[header.shstrndx].sh_offset + section.sh_name));
        if (section.sh_type != elf.SHT_DYNAMIC and section.sh_type != elf.SHT_DYNSYM) continue;
        const texts = list.items[section.sh_link].sh_offset;
        if (section.sh_type == elf.SHT_DYNAMIC) {
            var entries = header.iterateDynamicSectionBuffer(bytes, section.sh_offset, section.sh_size);
            while (try entries.next()) |entry| {
                const text = texts + entry.d_val;
                switch (entry.d_tag) {
                    elf.DT_NULL => break,
                    elf.DT_NEEDED => try binary.needs.append(arena, textAt(bytes, text)),
                    elf.DT_SONAME => binary.name = textAt(bytes, text),
                    elf.DT_RPATH, elf.DT_RUNPATH => try binary.searches.append(arena, textAt(bytes, text)),
                    else => {},
                }
            }
        } else {
            const symbols: []align(1) const elf.Elf64_Sym = @ptrCast(bytes[section.sh_offset..][0..section.sh_size]);
            for (symbols[1..]) |symbol| {
                const name = textAt(bytes, texts + symbol.st_name);
                if (symbol.st_shndx == elf.SHN_UNDEF) {
                    try binary.imports.append(arena, .{ .name = name, .weak = symbol.st_bind() == elf.STB_WEAK });
                } else if (symbol.st_bind() != elf.STB_LOCAL) {
                    const its = list.items[symbol.st_shndx];
                    try binary.exports.append(arena, .{ .name = name, .offset = symbol.st_value - its.sh_addr + its.sh_offset });
                }
            }
        }
    }
    return binary;
}

fn readMachO(arena: std.mem.Allocator, bytes: []const u8) !Binary {
    const header: *align(1) const macho.mach_header_64 = @ptrCast(bytes.ptr);
    if (header.magic != macho.MH_MAGIC_64) return error.NeitherElfNorMachO;
    var binary: Binary = .{
        .format = "Mach-O",
        .machine = switch (header.cputype) {
            macho.CPU_TYPE_X86_64 => "X86_64",
            macho.CPU_TYPE_ARM64 => "AARCH64",
            else => "another",
        },
        .type = if (header.filetype == macho.MH_DYLIB) "DYN" else "another",
    };
    const copy = header.*;
    var commands: macho.LoadCommandIterator = try .init(&copy, bytes[@sizeOf(macho.mach_header_64)..]);
    while (try commands.next()) |command| switch (command.hdr.cmd) {
        .ID_DYLIB => binary.name = command.getDylibPathName(),
        .LOAD_DYLIB, .LOAD_WEAK_DYLIB, .REEXPORT_DYLIB => try binary.needs.append(arena, command.getDylibPathName()),
        .RPATH => try binary.searches.append(arena, command.getRpathPathName()),
        .BUILD_VERSION => binary.oldest = command.cast(macho.build_version_command).?.minos,
        .CODE_SIGNATURE => {
            const signature = command.cast(macho.linkedit_data_command).?;
            binary.signature = .{ .start = signature.dataoff, .size = signature.datasize };
        },
        .SYMTAB => {
            const table = command.cast(macho.symtab_command).?;
            const size = table.nsyms * @sizeOf(macho.nlist_64);
            const symbols: []align(1) const macho.nlist_64 = @ptrCast(bytes[table.symoff..][0..size]);
            for (symbols) |symbol| {
                const bits = symbol.n_type.bits;
                if (!bits.ext or bits.pext or bits.is_stab != 0 or bits.type != .undf) continue;
                const name = textAt(bytes, table.stroff + symbol.n_strx);
                try binary.imports.append(arena, .{ .name = name, .weak = symbol.n_desc.weak_ref });
            }
        },
        .DYLD_INFO_ONLY => {
            const info = command.cast(macho.dyld_info_command).?;
            try readExports(arena, &binary, bytes[info.export_off..][0..info.export_size], 0, "");
        },
        else => {},
    };
    return binary;
}

/// Reads a node of the tree in which the loader finds exported names by their beginnings; std.macho does not read it.
fn readExports(arena: std.mem.Allocator, binary: *Binary, tree: []const u8, node: usize, name: []const u8) !void {
    var reader: std.Io.Reader = .fixed(tree[node..]);
    const size = try reader.takeLeb128(u64);
    if (size > 0) {
        var export_reader: std.Io.Reader = .fixed(try reader.take(size));
        _ = try export_reader.takeLeb128(u64); // flags
        // The code is in the first segment, which is as far from the start of the image as from that of the file.
        try binary.exports.append(arena, .{ .name = name, .offset = try export_reader.takeLeb128(u64) });
    }
    for (0..try reader.takeByte()) |_| {
        const more = (try reader.takeSentinel(0));
        const child = try reader.takeLeb128(u64);
        try readExports(arena, binary, tree, child, try std.mem.concat(arena, u8, &.{ name, more }));
    }
}

fn textAt(bytes: []const u8, offset: u64) []const u8 {
    return std.mem.sliceTo(bytes[offset..], 0);
}
