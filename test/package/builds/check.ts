/**
 * Looks at what the package carries, for each system: `deno task test builds`.
 *
 * The files for other systems and processors cannot be loaded here; their headers, symbols and signatures can be read.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { ABI, SYMBOLS } from "../../../src/port/abi.ts";
import { root, ZIG, zigBuild } from "../../../tools/toolchain.ts";
import { type Binary, readBinary } from "./binary.ts";

const native = `${root}/native`;

/** The formats, and the processors' numbers in them. */
const systems = {
  "linux-x64": { format: "ELF", machine: 62 },
  "linux-arm64": { format: "ELF", machine: 183 },
  "macos-x64": { format: "Mach-O", machine: 0x0100_0007 },
  "macos-arm64": { format: "Mach-O", machine: 0x0100_000c },
} as const;

type System = keyof typeof systems;

const files = (Object.keys(systems) as System[]).flatMap((system) =>
  system.startsWith("linux") ? [`${system}/libbus1.so`, `${system}/bus1-supervisor`] : [`${system}/libbus1.dylib`]
);

/** All that the header and src/port/abi.ts say, and what Node.js looks for in an addon. */
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

for (const file of files) {
  Deno.test(`${file} is for its system, asks for nothing that may not be there, and tells nothing of its maker`, async () => {
    const bytes = await read(file);
    const binary = readBinary(bytes);
    const { format, machine } = systems[file.split("/")[0] as System];
    assertEquals({ format: binary.format, machine: binary.machine }, { format, machine });
    assertEquals(binary.searches, []);
    if (format === "ELF") checkLinux(file, binary);
    else checkMacos(binary);

    const text = new TextDecoder("latin1").decode(bytes);
    for (const path of [root, Deno.env.get("HOME") || root, "/src/", ".zig", ZIG]) {
      assert(!text.includes(path), `${path} stands in it`);
    }
  });
}

function checkLinux(file: string, binary: Binary): void {
  assertEquals(binary.needs, []);
  for (const part of [".symtab", ".eh_frame", ".note.gnu.build-id", ".debug_info"]) {
    assert(!binary.parts.includes(part), part);
  }
  if (file.endsWith("supervisor")) {
    assertEquals({ type: binary.type, imports: binary.imports, exports: binary.exports.size }, {
      ...{ type: 2, imports: [], exports: 0 }, // a program, static
    });
    return;
  }
  assertEquals({ type: binary.type, name: binary.name }, { type: 3, name: "libbus1.so" });
  checkExports(binary, "");
  // What it does not find it does without, but for these, which every C library has that can load it: where the variables
  // of a thread are, and how long a page is.
  const needed = binary.imports.filter(({ weak }) => !weak).map(({ name }) => name);
  assertEquals(needed, [file.includes("arm64") ? "getauxval" : "__tls_get_addr"]);
}

function checkMacos(binary: Binary): void {
  const { type, name, needs, oldest } = binary;
  assertEquals({ type, name, needs, oldest }, {
    type: 6, // a dynamic library
    name: "@rpath/libbus1.dylib",
    needs: ["/usr/lib/libSystem.B.dylib"],
    oldest: 11 << 16,
  });
  checkExports(binary, "_");
}

function checkExports(binary: Binary, prefix: string): void {
  // The linker exports two names of its own on macOS. Who looks for them there finds those of the file that he is in.
  const own = ["___dso_handle", "__mh_dylib_header"];
  assertEquals(
    [...binary.exports.keys()].filter((name) => !own.includes(name)).sort(),
    [...promised].map((name) => prefix + name).sort(),
  );
}

for (const file of files.filter((file) => !file.endsWith("supervisor"))) {
  Deno.test(`${file} is of the ABI that src/port/abi.ts describes`, async () => {
    const bytes = await read(file);
    const { exports, format } = readBinary(bytes);
    const start = exports.get(format === "ELF" ? "bus1_abi" : "_bus1_abi")!;
    const code = new DataView(bytes.buffer, start, 32);
    assertEquals(file.includes("arm64") ? answerOfArm64(code) : answerOfX64(code), ABI);
  });
}

/** The number that a function answers which does nothing else but, perhaps, save the frame pointer: `mov eax, N`. */
function answerOfX64(code: DataView): number {
  const start = code.getUint32(0) === 0x55_48_89_e5 ? 4 : 0;
  assertEquals(code.getUint8(start), 0xb8);
  return code.getUint32(start + 1, true);
}

/** The same: `mov w0, LOW` and `movk w0, HIGH, lsl 16`, before it returns. */
function answerOfArm64(code: DataView): number {
  const words = Array.from({ length: 8 }, (_, i) => code.getUint32(4 * i, true));
  const before = words.slice(0, words.indexOf(0xd65f_03c0));
  const [low, high] = [0x5280_0000, 0x72a0_0000].map((instruction) => {
    const found = before.filter((word) => ((word & 0xffe0_001f) >>> 0) === instruction);
    assertEquals(found.length, 1);
    return found[0] >>> 5 & 0xffff;
  });
  return (high << 16 | low) >>> 0;
}

// Apple's processors run no code that is not signed; a signature that names nobody will do. All of it is big-endian: a
// list of parts, of which the code directory has a hash of each page of the file.
Deno.test("macos-arm64/libbus1.dylib has a signature, and its hashes are those of the file", async () => {
  const bytes = await read("macos-arm64/libbus1.dylib");
  const { start, size } = readBinary(bytes).signature!;
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

Deno.test("the builds are the same bytes, wherever they are made", async () => {
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
