/**
 * The documents are correct: every program in them runs and prints what the page states, types hold, commands name what
 * exists, and links resolve. `page.ts` says what the fences of a page mean.
 *
 * Programs run in this runtime. Programs of one file run on the native and on the TypeScript engine, programs with Workers
 * as a user starts them, and programs for a device on an emulated one. Types and C are checked once, in Deno.
 */

import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import process from "node:process";
import { assert, assertEquals, assertStringIncludes, assertThrows, fail } from "@std/assert";
import { tool } from "../../tools/toolchain.ts";
import { commandsOf, complaint } from "./commands.ts";
import { type Page, parsePage, type Program } from "./page.ts";
import { execute, linesOf, ProgramFolder, type Result, root } from "./program_folder.ts";
import { isDeno, test } from "../support/harness.ts";

const TIMEOUT = 90_000;
const IN_DENO = { timeout: TIMEOUT, elsewhere: !isDeno && "Deno checks it" };

async function pageOf(path: string): Promise<Page> {
  return parsePage(path, await readFile(join(root, path), "utf8"));
}

const guide = (await readdir(join(root, "docs"))).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`);
const pages = await Promise.all(["README.md", ...guide.sort(), "CHANGELOG.md", "bench/README.md"].map(pageOf));

/** Fails if a program failed, or printed something else than its page states. */
function judge(page: Page, { program, lines, failure }: Result): void {
  const where = `${page.path}:${program.line}`;
  assertEquals(failure, "", where);
  if (program.unstated) fail(`${where}: the output of this line is not stated: ${program.unstated}`);
  // The order in which threads print is not determined.
  const [printed, stated] = program.hasThreads
    ? [lines.toSorted(), program.prints.toSorted()]
    : [lines, program.prints];
  const isAsStated = printed.length === stated.length &&
    printed.every((line, i) => stated[i] === line || stated[i].startsWith(`${line}: `));
  if (!isAsStated) assertEquals(printed, stated, where);
}

/** Calls `use` with a folder for programs, and removes the folder. */
async function inProgramFolder(use: (folder: ProgramFolder) => Promise<void>): Promise<void> {
  const folder = await ProgramFolder.open();
  try {
    await use(folder);
  } finally {
    await folder.close();
  }
}

function testPrograms(page: Page, what: string, programs: Program[], env: Record<string, string>): void {
  if (programs.length === 0) return;
  const [onDevice] = programs.map((program) => program.onDevice);
  test(`documents: ${page.path}: ${programs.length} programs ${what}`, () =>
    inProgramFolder(async (folder) => {
      for (const result of await folder.runAll(programs, env, onDevice)) judge(page, result);
    }), { timeout: TIMEOUT });
}

for (const page of pages) {
  const programs = page.programs.filter(({ notRun, language }) => notRun === undefined && language === "ts");
  const single = programs.filter(({ hasThreads, onDevice }) => !hasThreads && !onDevice);
  testPrograms(page, "on the native engine", single, { BUS1_ENGINE: "native" });
  testPrograms(page, "on the TypeScript engine", single, { BUS1_ENGINE: "typescript" });
  testPrograms(page, "on a device", programs.filter(({ hasThreads, onDevice }) => !hasThreads && onDevice), {});

  for (const program of programs.filter(({ hasThreads }) => hasThreads)) {
    const names = program.files.map(([name]) => name).join(", ");
    test(
      `documents: ${page.path}:${program.line}: ${names}`,
      () => inProgramFolder(async (folder) => judge(page, await folder.start(program, {}))),
      { timeout: TIMEOUT },
    );
  }

  for (const { line, notRun } of page.programs) {
    if (notRun) test(`documents: ${page.path}:${line}`, () => {}, { skip: notRun });
  }

  for (const program of page.programs.filter(({ language, notRun }) => language === "c" && notRun === undefined)) {
    test(`documents: ${page.path}:${program.line}: ${program.files[0][0]}`, () =>
      inProgramFolder(async (folder) => {
        const [source] = await folder.write(program);
        const executable = source.replace(/\.c$/, "");
        const options = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-I", join(root, "native/include")];
        const library = ["-L", join(root, "native/zig-out/lib"), "-lbus1"];
        const command = [...await tool("zig"), "cc", ...options, source, "-o", executable, ...library];
        const compiled = await execute(command, folder.path);
        assertEquals(compiled.code, 0, compiled.stderr);
        const { code, stdout, stderr } = await folder.runNative(executable, program.onDevice);
        const failure = code === 0 ? "" : `exit code ${code}\n${stderr}`;
        judge(page, { program, lines: linesOf(stdout), failure });
      }), IN_DENO);
  }

  const shell = page.blocks.filter(({ language }) => language === "sh");
  const files = new Set(page.programs.flatMap((program) => program.files.map(([name]) => name)));
  if (shell.length > 0) {
    test(`documents: ${page.path}: its commands name what exists`, async () => {
      for (const { line, code } of shell) {
        for (const command of commandsOf(code)) {
          const wrong = await complaint(command, files);
          if (wrong) fail(`${page.path}:${line}: ${command}: ${wrong}`);
        }
      }
    });
  }
  for (const { line, code, output } of shell.filter(({ info }) => info === "run")) {
    test(`documents: ${page.path}:${line}: commands`, async () => {
      const path = await mkdtemp(join(tmpdir(), "bus1-path-"));
      try {
        for (const name of ["deno", "bun"] as const) {
          const [file] = name === "deno" ? [process.execPath] : await tool(name);
          await symlink(file, join(path, name));
        }
        const env = { PATH: `${path}:${process.env.PATH}` };
        const ran = await execute(["sh", "-ec", code], root, env);
        assertEquals(ran.code, 0, ran.stdout + ran.stderr);
        if (output !== undefined) assertEquals(ran.stdout.trimEnd(), output);
      } finally {
        await rm(path, { recursive: true });
      }
    }, IN_DENO);
  }

  test(`documents: ${page.path}: its links resolve`, async () => {
    for (const { line, target } of page.links) {
      const [file, anchor] = target.split("#");
      if (/^(https?|mailto):/.test(file)) continue;
      const path = file === "" ? page.path : normalize(join(dirname(page.path), file));
      assert(existsSync(join(root, path)), `${page.path}:${line}: ${path} is missing`);
      if (anchor === undefined) continue;
      const there = pages.find((other) => other.path === path) ?? await pageOf(path);
      assert(there.anchors.has(anchor), `${page.path}:${line}: ${path} has no heading #${anchor}`);
    }
  });
}

test("documents: the types of all programs hold", () =>
  inProgramFolder(async (folder) => {
    const written: string[] = [];
    for (const page of pages) {
      for (const program of page.programs.filter(({ language, notRun }) => language === "ts" && !notRun)) {
        const files = program.files.map((
          [name, text],
        ): [string, string] => [`${page.path.replace(/\W/g, "_")}/${name}`, text]);
        written.push(...await folder.write({ ...program, files }));
      }
    }
    const isWorker = (path: string) => /worker\w*\.ts$/.test(path);
    for (
      const [config, files] of [
        ["deno.json", written.filter((path) => !isWorker(path))],
        ["worker.json", written.filter(isWorker)],
      ] as const
    ) {
      const command = [...await tool("deno"), "check", "--quiet", "--config", join(folder.path, config), ...files];
      const ran = await execute(command, folder.path);
      assertEquals(ran.code, 0, ran.stdout + ran.stderr);
    }
  }), IN_DENO);

test("documents: the index names every page; each page states its purpose, and what to read next", () => {
  const index = pages.find(({ path }) => path === "docs/README.md")!;
  for (const page of pages.filter(({ path }) => path.startsWith("docs/") && path !== index.path)) {
    assert(
      index.links.some(({ target }) => `docs/${target}` === page.path),
      `docs/README.md does not name ${page.path}`,
    );
    assertStringIncludes(page.text.split("\n\n")[1], "After this page you can ", page.path);
    const last = page.text.slice(page.text.lastIndexOf("\n## "));
    assert(last.startsWith("\n## Next\n") && last.includes("]("), `${page.path} does not end with what to read next`);
  }
});

test("documents: the README has at most 200 lines", () => {
  const { text } = pages[0];
  assert(text.split("\n").length <= 201, `${text.split("\n").length - 1} lines`);
  for (const task of ["demo", "test"]) assertStringIncludes(text, `npx -y deno@2 task ${task} `);
});

// The tests above depend on these functions.

const SAMPLE = `# A page, of \`sorts\`

See [there](other.md#an-anchor), not \`[this](nowhere.md)\`.

<!-- setup
const hidden = 1;
-->
\`\`\`ts
console.log(hidden); // 1: as it stands above
\`\`\`

\`\`\`ts main.ts
console.log("one"); // one
\`\`\`

\`\`\`ts worker.ts device
console.log("two");
\`\`\`
\`\`\`output
two
one
\`\`\`

\`\`\`ts main.ts
console.log("another");
\`\`\`

\`\`\`ts not run: it is only a sketch
sketch();
\`\`\`
`;

test("documents: a page is parsed", () => {
  const page = parsePage("sample.md", SAMPLE);
  assertEquals([...page.anchors], ["a-page-of-sorts"]);
  assertEquals(page.links, [{ line: 3, target: "other.md#an-anchor" }]);
  const [single, threads, unstated, sketch] = page.programs;
  assertEquals(page.programs.length, 4);
  assertEquals(single.files, [[
    "line_8.ts",
    "const hidden = 1;\n{\nconsole.log(hidden); // 1: as it stands above\n}\n",
  ]]);
  assertEquals([single.hasThreads, single.prints], [false, ["1: as it stands above"]]);
  assertEquals(threads.files.map(([name]) => name), ["main.ts", "worker.ts"]);
  assertEquals([threads.onDevice, threads.hasThreads, threads.prints], [true, true, ["two", "one"]]);
  assertEquals(unstated.unstated, 'console.log("another");');
  assertEquals(sketch.notRun, "it is only a sketch");
  assertThrows(() => parsePage("sample.md", "```ts\nopen"), Error, "is not closed");
  assertThrows(() => parsePage("sample.md", "```ts natve\n```\n"), Error, "natve");
});

test(
  "documents: a program that fails, leaks, or prints something else is found",
  () =>
    inProgramFolder(async (folder) => {
      const text = (code: string) => `\`\`\`ts\nimport { Peer } from "@bus1/bus1";\n${code}\n\`\`\`\n`;
      const page = parsePage(
        "sample.md",
        [
          text('using peer = Peer.open();\nconsole.log("well", peer.engine.length > 0); // well true'),
          text('console.log("other"); // one'),
          text("console.log(1);"),
          text("Peer.open().createNode().handle.release();"),
          text('throw new Error("on purpose");'),
          text('console.log("more"); // more: for a reason\nprocess.exit(0);').replace(
            "import",
            'import process from "node:process";\nimport',
          ),
          text(""),
        ].join("\n"),
      );
      const results = await folder.runAll(page.programs, {});
      const said = results.map((one) => {
        try {
          judge(page, one);
          return "";
        } catch (error) {
          return (error as Error).message;
        }
      });
      const [well, other, unstated, leaks, throws, exits, never] = said;
      assertEquals(well, "");
      assertStringIncludes(other, "sample.md:7");
      assertStringIncludes(unstated, "is not stated");
      assertStringIncludes(leaks, "leaves behind");
      assertStringIncludes(throws, "on purpose");
      assertStringIncludes(exits, "did not run to its end");
      assertStringIncludes(never, "did not run to its end");
    }),
  { timeout: TIMEOUT },
);

test("documents: a command that names something missing is found", async () => {
  const wrong: Record<string, string> = {
    "deno task nonsense": "no task",
    "npx -y deno@2 task nonsense": "no task",
    "deno run -A nothing.ts": "is missing",
    "deno run -A src/cli/main.ts nonsense": "no command",
    "bun src/cli/main.ts conformance --nonsense": "no option",
    "deno run -A src/cli/main.ts run --log a -- deno run -A src/cli/main.ts conformance --nonsense": "no option",
    "deno add jsr:@bus1/other": "another package",
    "nonsense": "is unknown",
    "zig cc -I native/nothing a.c": "native/nothing",
  };
  for (const [command, why] of Object.entries(wrong)) {
    assertStringIncludes(await complaint(command, new Set(["a.c"])) ?? "nothing", why);
  }
  const right = [
    "BUS1_ENGINE=native deno run -A app.ts",
    "deno run -A src/cli/main.ts run --log peers.log sh -c './server & ./client'",
    "bunx jsr add @bus1/bus1",
  ];
  for (const command of right) assertEquals(await complaint(command, new Set(["app.ts"])), undefined);
});
