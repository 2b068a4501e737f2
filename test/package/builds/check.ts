/**
 * Checks the builds in the package, for each system: `deno task test builds`.
 *
 * The files for other systems and processors cannot be loaded here; their headers, symbols and signatures can be read
 * (binary.zig).
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { ABI, SYMBOLS } from "../../../src/port/abi.ts";
import { root, tool, ZIG, zigBuild } from "../../../tools/toolchain.ts";

const native = `${root}/native`;

/** What binary.zig prints about a file; it explains the fields. */
interface Binary {
  format: "ELF" | "Mach-O";
  machine: string;
  type: string;
  name: string | null;
  oldest: number | null;
  signature: { start: number; size: number } | null;
  lists: {
    needs: string[];
    searches: string[];
    exports: { name: string; offset: number }[];
    imports: { name: string; weak: boolean }[];
    sections: string[];
  };
}

const systems = {
  "linux-x64": { format: "ELF", machine: "X86_64" },
  "linux-arm64": { format: "ELF", machine: "AARCH64" },
  "macos-x64": { format: "Mach-O", machine: "X86_64" },
  "macos-arm64": { format: "Mach-O", machine: "AARCH64" },
} as const;

type System = keyof typeof systems;

const files = (Object.keys(systems) as System[]).flatMap((system) =>
  system.startsWith("linux") ? [`${system}/libbus1.so`, `${system}/bus1-supervisor`] : [`${system}/libbus1.dylib`]
);

/** The exports that the header and src/port/abi.ts describe, and the one that Node.js calls in an addon. */
const promised = new Set([
  "napi_register_module_v1",
  ...Object.keys(SYMBOLS),
  ...[...(await Deno.readTextFile(`${native}/include/b1.h`)).matchAll(/\b(b1_\w+)\(/g)].map(([, name]) => name),
]);

await build(native);

async function build(folder: string, ...args: string[]): Promise<void> {
  const [zig, ...command] = await zigBuild("builds", ...args);
  const { success, stderr } = await new Deno.Command(zig, { args: command, cwd: folder }).output();
  assert(success, new TextDecoder().decode(stderr));
}

async function read(file: string, folder = native): Promise<Uint8Array<ArrayBuffer>> {
  return await Deno.readFile(`${folder}/zig-out/builds/${file}`);
}

const binaries = await readBinaries();

async function readBinaries(): Promise<Record<string, Binary>> {
  const [zig] = await tool("zig");
  const paths = files.map((file) => `${native}/zig-out/builds/${file}`);
  const args = ["run", `${root}/test/package/builds/binary.zig`, "--", ...paths];
  const { success, stdout, stderr } = await new Deno.Command(zig, { args, cwd: native }).output();
  assert(success, new TextDecoder().decode(stderr));
  const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
  return Object.fromEntries(lines.map((line, i) => [files[i], JSON.parse(line) as Binary]));
}

for (const file of files) {
  Deno.test(`${file} is for its system, needs nothing that may be missing, and contains no path of the machine that made it`, async () => {
    const bytes = await read(file);
    const binary = binaries[file];
    const { format, machine } = systems[file.split("/")[0] as System];
    assertEquals({ format: binary.format, machine: binary.machine }, { format, machine });
    assertEquals(binary.lists.searches, []);
    if (format === "ELF") checkLinux(file, binary);
    else checkMacos(binary);

    const text = new TextDecoder("latin1").decode(bytes);
    for (const path of [root, Deno.env.get("HOME") || root, "/src/", ".zig", ZIG]) {
      assert(!text.includes(path), `${path} stands in it`);
    }
  });
}

function checkLinux(file: string, binary: Binary): void {
  const { needs, sections, imports, exports } = binary.lists;
  assertEquals(needs, []);
  for (const part of [".symtab", ".eh_frame", ".note.gnu.build-id", ".debug_info"]) {
    assert(!sections.includes(part), part);
  }
  if (file.endsWith("supervisor")) {
    assertEquals({ type: binary.type, imports, exports }, { type: "EXEC", imports: [], exports: [] }); // static
    return;
  }
  assertEquals({ type: binary.type, name: binary.name }, { type: "DYN", name: "libbus1.so" });
  checkExports(binary, "");
  // It can do without all imports but one, which every C library has that can load it: it gives the place of a thread's
  // variables, or the size of a page.
  const needed = imports.filter(({ weak }) => !weak).map(({ name }) => name);
  assertEquals(needed, [file.includes("arm64") ? "getauxval" : "__tls_get_addr"]);
}

function checkMacos(binary: Binary): void {
  const { type, name, oldest, lists: { needs } } = binary;
  assertEquals({ type, name, needs, oldest }, {
    type: "DYN",
    name: "@rpath/libbus1.dylib",
    needs: ["/usr/lib/libSystem.B.dylib"],
    oldest: 11 << 16,
  });
  checkExports(binary, "_");
}

function checkExports(binary: Binary, prefix: string): void {
  // On macOS the linker adds two exports. Each file has them, and finds its own.
  const own = ["___dso_handle", "__mh_dylib_header"];
  assertEquals(
    binary.lists.exports.map(({ name }) => name).filter((name) => !own.includes(name)).sort(),
    [...promised].map((name) => prefix + name).sort(),
  );
}

for (const file of files.filter((file) => !file.endsWith("supervisor"))) {
  Deno.test(`${file} is of the ABI that src/port/abi.ts describes`, async () => {
    const bytes = await read(file);
    const { offset } = binaries[file].lists.exports.find(({ name }) => /^_?bus1_abi$/.test(name))!;
    const code = new DataView(bytes.buffer, offset, 32);
    assertEquals(file.includes("arm64") ? resultOnArm64(code) : resultOnX64(code), ABI);
  });
}

/** Returns the constant result of a function, which at most saves the frame pointer before: `mov eax, N`. */
function resultOnX64(code: DataView): number {
  const start = code.getUint32(0) === 0x55_48_89_e5 ? 4 : 0;
  assertEquals(code.getUint8(start), 0xb8);
  return code.getUint32(start + 1, true);
}

/** The same: `mov w0, LOW` and `movk w0, HIGH, lsl 16`, before it returns. */
function resultOnArm64(code: DataView): number {
  const words = Array.from({ length: 8 }, (_, i) => code.getUint32(4 * i, true));
  const before = words.slice(0, words.indexOf(0xd65f_03c0));
  const [low, high] = [0x5280_0000, 0x72a0_0000].map((instruction) => {
    const found = before.filter((word) => ((word & 0xffe0_001f) >>> 0) === instruction);
    assertEquals(found.length, 1);
    return found[0] >>> 5 & 0xffff;
  });
  return (high << 16 | low) >>> 0;
}

// Apple's processors run only signed code; a signature without a signer is enough. It is big-endian: a list of parts, one of
// which, the code directory, has a hash of each page of the file.
Deno.test("macos-arm64/libbus1.dylib has a signature, and its hashes are those of the file", async () => {
  const bytes = await read("macos-arm64/libbus1.dylib");
  const { start, size } = binaries["macos-arm64/libbus1.dylib"].signature!;
  assertEquals(start + size, bytes.length);
  const list = new DataView(bytes.buffer, start, size);
  assertEquals(list.getUint32(0), 0xfade_0cc0);
  assertEquals(list.getUint32(12), 0); // the first is the code directory
  const at = list.getUint32(16);
  const directory = new DataView(bytes.buffer, start + at, list.getUint32(at + 4));
  assertEquals(directory.getUint32(0), 0xfade_0c02);
  assert((directory.getUint32(12) & 0x2) !== 0, "it is not ad hoc");
  const [hashes, slots, limit] = [16, 28, 32].map((field) => directory.getUint32(field));
  const [hashSize, hashType, , pageBits] = [36, 37, 38, 39].map((field) => directory.getUint8(field));
  assertEquals({ hashSize, hashType, limit }, { hashSize: 32, hashType: 2, limit: start }); // SHA-256 of all before it
  const page = 1 << pageBits;
  assertEquals(slots, Math.ceil(limit / page));
  for (let slot = 0; slot < slots; slot++) {
    const part = bytes.subarray(slot * page, Math.min((slot + 1) * page, limit));
    const found = new Uint8Array(await crypto.subtle.digest("SHA-256", part));
    assertEquals(new Uint8Array(bytes.buffer, start + at + hashes + slot * hashSize, hashSize), found, `page ${slot}`);
  }
});

Deno.test("the builds are the same bytes in every folder", async () => {
  const folder = await Deno.makeTempDir({ prefix: "bus1 elsewhere " });
  try {
    for (const name of ["build.zig", "build", "src", "include", "corpus", "test"]) {
      await new Deno.Command("cp", { args: ["-r", `${native}/${name}`, folder] }).output();
    }
    await build(folder, "--cache-dir", `${folder}/cache`);
    for (const file of files) {
      assertEquals(await digest(await read(file, folder)), await digest(await read(file)), file);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
