/**
 * Reads what a test wants to know of a shared library or program: ELF of Linux, Mach-O of macOS, of 64 bits, little-endian.
 *
 * @module
 */

/** What a file is and has. */
export interface Binary {
  format: "ELF" | "Mach-O";
  /** The number of the processor, as the format has it. */
  machine: number;
  /** What kind of file it is, as the format has it. */
  type: number;
  /** Its name for those who link with it. */
  name: string | null;
  /** The libraries and interpreters that it asks for. */
  needs: string[];
  /** Where it has others look for libraries. */
  searches: string[];
  /** The names that others find in it, and where in the file each lies. */
  exports: Map<string, number>;
  /** The names that it wants to find, and those without which it does as well. */
  imports: { name: string; weak: boolean }[];
  /** Sections (ELF) or load commands (Mach-O), by name or number. */
  parts: string[];
  /** Of Mach-O: the oldest system, as 16, 8 and 8 bits. */
  oldest: number | null;
  /** Of Mach-O: where the signature is. */
  signature: { start: number; size: number } | null;
}

/** Little-endian words, and texts that a zero ends. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u16 = (at: number): number => this.#view.getUint16(at, true);
  u32 = (at: number): number => this.#view.getUint32(at, true);
  u64 = (at: number): number => Number(this.#view.getBigUint64(at, true));
  u8 = (at: number): number => this.#view.getUint8(at);

  text(at: number): string {
    return new TextDecoder().decode(this.#bytes.subarray(at, this.#bytes.indexOf(0, at)));
  }
}

export function readBinary(bytes: Uint8Array): Binary {
  const reader = new Reader(bytes);
  switch (reader.u32(0)) {
    case 0x464c457f:
      return readElf(reader);
    case 0xfeedfacf:
      return readMachO(reader);
    default:
      throw new Error("neither ELF nor Mach-O");
  }
}

function readElf(reader: Reader): Binary {
  const { u16, u32, u64, u8 } = reader;
  const binary: Binary = { ...nothing("ELF"), type: u16(16), machine: u16(18) };

  const segments = Array.from({ length: u16(56) }, (_, i) => u64(32) + i * u16(54)).map((at) => ({
    type: u32(at),
    offset: u64(at + 8),
    address: u64(at + 16),
    size: u64(at + 32),
  }));
  const offsetOf = (address: number): number => {
    const its = segments.find((it) => it.type === 1 && address >= it.address && address < it.address + it.size);
    if (its === undefined) throw new Error(`nothing of the file is at ${address}`);
    return address - its.address + its.offset;
  };
  for (const { type, offset } of segments) if (type === 3) binary.needs.push(reader.text(offset));

  const sections = Array.from({ length: u16(60) }, (_, i) => u64(40) + i * u16(58)).map((at) => ({
    name: u32(at),
    type: u32(at + 4),
    offset: u64(at + 24),
    size: u64(at + 32),
    link: u32(at + 40),
  }));
  const names = sections[u16(62)].offset;
  binary.parts = sections.map(({ name }) => reader.text(names + name));

  for (const { type, offset, size, link } of sections) {
    const texts = () => sections[link].offset;
    if (type === 6) { // dynamic
      for (let at = offset; at < offset + size && u64(at) !== 0; at += 16) {
        const text = () => reader.text(texts() + u64(at + 8));
        if (u64(at) === 1) binary.needs.push(text());
        if (u64(at) === 14) binary.name = text();
        if (u64(at) === 15 || u64(at) === 29) binary.searches.push(text());
      }
    }
    if (type === 11) { // dynamic symbols; the first is none
      for (let at = offset + 24; at < offset + size; at += 24) {
        const name = reader.text(texts() + u32(at));
        const binding = u8(at + 4) >> 4;
        if (u16(at + 6) === 0) binary.imports.push({ name, weak: binding === 2 });
        else if (binding !== 0) binary.exports.set(name, offsetOf(u64(at + 8)));
      }
    }
  }
  return binary;
}

function readMachO(reader: Reader): Binary {
  const { u16, u32, u8 } = reader;
  const binary: Binary = { ...nothing("Mach-O"), machine: u32(4), type: u32(12) };
  // A tree of the names' beginnings. Code lies in the first segment, as far from its start as from that of the file.
  const exportsOf = (tree: number, node: number, name: string): void => {
    let at = node;
    const number = (): number => { // seven bits in a byte, the lowest first
      let value = 0;
      for (let shift = 0, byte = 0x80; byte >= 0x80; shift += 7) value |= ((byte = u8(at++)) & 0x7f) << shift;
      return value;
    };
    const size = number();
    const children = at + size;
    if (size > 0) number(); // flags
    if (size > 0) binary.exports.set(name, number());
    at = children;
    for (let left = u8(at++); left > 0; left--) {
      const more = reader.text(at);
      at += more.length + 1;
      exportsOf(tree, tree + number(), name + more);
    }
  };

  for (let at = 32, i = 0; i < u32(16); i++, at += u32(at + 4)) {
    const command = u32(at);
    binary.parts.push(`0x${command.toString(16)}`);
    switch (command) {
      case 0xd:
        binary.name = reader.text(at + u32(at + 8));
        break;
      case 0xc: // libraries: as they are,
      case 0x8000_0018: // if they are there,
      case 0x8000_001f: // and with what they export
        binary.needs.push(reader.text(at + u32(at + 8)));
        break;
      case 0x8000_001c:
        binary.searches.push(reader.text(at + u32(at + 8)));
        break;
      case 0x32: // a build for a system; 1 is macOS
        if (u32(at + 8) === 1) binary.oldest = u32(at + 12);
        break;
      case 0x1d:
        binary.signature = { start: u32(at + 8), size: u32(at + 12) };
        break;
      case 0x2: // symbols
        for (let symbol = u32(at + 8), left = u32(at + 12); left > 0; left--, symbol += 16) {
          const name = reader.text(u32(at + 16) + u32(symbol));
          const [type, description] = [u8(symbol + 4), u16(symbol + 6)];
          const isExternal = (type & 0xf1) === 1; // and neither private nor for debuggers
          if (isExternal && (type & 0xe) === 0) binary.imports.push({ name, weak: (description & 0x40) !== 0 });
        }
        break;
      case 0x8000_0022: // what the loader reads
        exportsOf(u32(at + 40), u32(at + 40), "");
        break;
    }
  }
  return binary;
}

function nothing(format: Binary["format"]): Binary {
  return {
    ...{ format, machine: 0, type: 0, name: null, needs: [], searches: [], exports: new Map(), imports: [] },
    ...{ parts: [], oldest: null, signature: null },
  };
}
