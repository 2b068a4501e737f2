/**
 * Every example of every command's `--help` is run as written, by a shell, in a folder that has what the examples name: the
 * package, installed as a user has it, and a program that uses it.
 *
 * In Deno `jsr:@bus1/bus1/cli` is this copy, by `links` in the folder's deno.json, since JSR cannot be reached. In Bun the
 * examples that begin with `bun` are run as written, and the others with a `deno` on PATH that starts Bun. Nothing else is
 * replaced.
 *
 * A command that is added to commands.ts is tested with the others; `PRINTS` then needs the output of its examples.
 */

import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { commands, overview } from "../../src/cli/commands.ts";
import { execute, ROOT } from "../support/command.ts";
import { isDeno, test } from "../support/harness.ts";

/** How examples call the command line: by Deno, or by Bun. */
const BY_DENO = /\bdeno run (-A )?jsr:@bus1\/bus1\/cli\b/, BY_BUN = /^bun node_modules\/@bus1\/bus1\/\S+\b/;

/** The output of an example, and its end if that is not exit code 0. The first entry that fits a line counts. */
const PRINTS: [line: RegExp, stdout: RegExp, ending?: { code: number; stderr: RegExp }][] = [
  [/ --json\b/, /^\{\n[^]*\n\}\n$/],
  [/ help \w+/, /^Usage: /],
  [/cli run --quirks rfc .* doctor$/, /\n {15}faulty: 11 faults\n[^]*\nIt works: /],
  [/cli run .* doctor$/, /\n {15}works: [^]*\nIt works: programs take the engine kernel\.\n$/],
  [/^deno run jsr:.* doctor$/, isDeno ? /\nIt works: programs take the engine typescript\.\n$/ : /\nIt works: /],
  [/ doctor$/, /\nIt works: programs take the engine native\.\n$/],
  [/ graph --format mermaid$/, /^flowchart LR\n[^]* subgraph p1\["broker /],
  [/ graph --format json .*app\.ts$/, /^\{\n[^]*"nodes": \[\n[^]*\n\}\n$/, { code: 0, stderr: /^hello over the / }],
  [/ graph --out bus\.svg app\.ts$/, /^hello over the /],
  [/ graph --out bus\.svg$/, /^$/],
  [/ demo\b/, /\n\d text files, [^]*, the same result\.\n\n.* messages of 64 bytes [^]*\n$/],
  [/ bench .*--svg/, /\nOne way, 64 B\n[^]*\nDrawn: /],
  [/^BUS1_ENGINE=typescript .* bench\b/, /\nOne isolate, 64 KiB\n/],
  [/ bench\b/, /\nOne way, 64 B\n[^]*\nOne isolate, 64 KiB\n/],
  [/cli run --quirks rfc .* conformance$/, /\n\/dev\/bus1 does not keep the contract: /, { code: 1, stderr: /^$/ }],
  [/cli run .* conformance\b/, /\n\/dev\/bus1 keeps the contract: /],
  [/ conformance$/, /^$/, { code: 1, stderr: /^bus1: conformance: \/dev\/bus1 cannot be tested: ENOENT/ }],
  [/cli run .*\bapp\.ts$/, /^hello over the kernel engine\n$/],
  [/cli run .*\.\/client'$/, /^(hello over the kernel engine\n){1,2}$/],
  [/cli run -- bash -i$/, /^$/, { code: 0, stderr: /./ }],
];

const texts: Record<string, string> = Object.fromEntries(
  await Promise.all(Object.entries(commands).map(async ([name, { load }]) => [name, (await load()).help])),
);
texts[""] = overview;

/** Returns the examples in a help text, without their comments. */
function examplesOf(help: string): string[] {
  const section = /\nExamples:\n((?: {2}.*\n)+)/.exec(help)?.[1] ?? "";
  return section.split("\n").map((line) => line.replace(/(^|\s+)#( .*)?$/, "").trim()).filter((line) => line !== "");
}

/** A program of a user. */
const APP = `
import { Peer } from "@bus1/bus1";

using server = Peer.open();
using client = Peer.open();
const { handle } = server.createNode({ for: client });
client.send(handle, "hello over the");
const message = await server.receive();
if (message.type === "message") console.log(message.text(), server.engine, "engine");
`;

/** Makes the folder in which the examples run. Returns their environment. */
async function furnish(folder: string): Promise<Record<string, string>> {
  const { name, exports, version } = JSON.parse(await readFile(join(ROOT, "deno.json"), "utf8"));
  const write = async (path: string, text: string, mode = 0o644) => {
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), text);
    await chmod(join(folder, path), mode);
  };
  await write("app.ts", APP);
  await write("server", "#!/bin/sh\nexec deno run -A app.ts\n", 0o755);
  await write("client", "#!/bin/sh\nexec deno run -A app.ts\n", 0o755);
  await write("src/one.txt", "one text\n");
  for (const [i, text] of ["two", "three", "four"].entries()) await write(`src/more/${i}.txt`, `${text}\n`);

  // As `deno add jsr:@bus1/bus1` and `bunx jsr add @bus1/bus1` would leave it; but links in place of copies.
  if (isDeno) {
    const imports = { [name]: `jsr:${name}@${version}` };
    await write("deno.json", JSON.stringify({ imports, links: [ROOT], lock: false, nodeModulesDir: "none" }));
  } else {
    const installed = join("node_modules", name);
    await write(join(installed, "package.json"), JSON.stringify({ name, version, type: "module", exports }));
    for (const part of ["mod.ts", "src", "native", "deno.json"]) {
      await symlink(join(ROOT, part), join(folder, installed, part));
    }
  }

  const runtime = process.execPath;
  await mkdir(join(folder, "bin"));
  if (isDeno) {
    await symlink(runtime, join(folder, "bin", "deno"));
  } else {
    await symlink(runtime, join(folder, "bin", "bun"));
    await write("bin/deno", asBun(runtime, join(folder, "node_modules", name, exports["./cli"])), 0o755);
  }
  return { PATH: `${join(folder, "bin")}:${process.env.PATH}` };
}

/** Returns a script that runs the program of `deno run` in Bun. */
function asBun(bun: string, main: string): string {
  return `#!/bin/sh
[ "$1" = run ] || { echo "what is deno $1?" >&2; exit 1; }
shift
while [ "\${1#-}" != "$1" ]; do shift; done
[ "$1" != jsr:@bus1/bus1/cli ] || { shift; set -- "${main}" "$@"; }
exec "${bun}" "$@"
`;
}

for (const [name, help] of Object.entries(texts)) {
  const title = name || "the overview";
  const examples = examplesOf(help);

  test(`examples: those of ${title} are whole commands, as a user types them`, () => {
    assertNotEquals(examples, [], `the help of ${title} has no example`);
    for (const line of examples) {
      assert(BY_DENO.test(line) || BY_BUN.test(line), line);
      if (name !== "") assertMatch(line, new RegExp(`(/cli|main) ${name}\\b`), "it is about this command");
    }
  });

  for (const line of examples) {
    test(`example: ${line}`, async () => {
      const folder = await mkdtemp(join(tmpdir(), "bus1-example-"));
      try {
        const env = { ...await furnish(folder), HOME: process.env.HOME ?? folder };
        const { code, stdout, stderr } = await execute(["sh", "-c", line], { cwd: folder, env, timeout: 170_000 });
        const files = [...line.matchAll(/ --(?:svg|log|out) (\S+)/g)].map(([, file]) => file);
        const usual = files.length > 0 ? /^/ : /./;
        const [, wanted = usual, ending = { code: 0, stderr: /^$|smoke run/ }] = PRINTS.find(([fits]) =>
          fits.test(line)
        ) ?? [];
        assertEquals(code, ending.code, stdout + stderr);
        assertMatch(stdout, wanted);
        assertMatch(stderr, ending.stderr);
        for (const file of files) {
          const written = file.endsWith(".svg") ? /^<svg [^]*<\/svg>\n$/ : /./;
          assertMatch(await readFile(join(folder, file), "utf8"), written, file);
        }
      } finally {
        await rm(folder, { recursive: true });
      }
    }, { timeout: 180_000, elsewhere: isDeno && BY_BUN.test(line) && "it is for Bun" });
  }
}
