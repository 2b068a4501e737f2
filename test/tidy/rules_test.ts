/**
 * The tree stays clean: what a reviewer would say of every change is said here.
 *
 * Each rule has a sample that breaks it, and is tested on that first: a rule that can no longer complain fails.
 */

import { readFile } from "node:fs/promises";
import { assert, assertEquals } from "@std/assert";
import { test } from "../support/harness.ts";
import { readProject } from "./project.ts";

interface Rule {
  name: string;
  /** The files that it is for; all by default. */
  files?: RegExp;
  /** The files that it is not for. */
  except?: RegExp;
  /** What must not be found in a line, */
  line?: RegExp;
  /** or says whether a file is as it should be. */
  file?: (text: string, path: string) => boolean;
  /** A file that breaks it. */
  sample: { path: string; text: string };
}

/** Files that others write. */
const FOREIGN = /^(LICENSE|package-lock\.json)$/;

const TOP_LEVEL = new Set([
  ...[
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "bench",
    "bunfig.toml",
    "deno.json",
    "deno.lock",
    "docs",
    "mod.ts",
    "native",
  ],
  ...["package-lock.json", "package.json", "src", "test", "tools", "tsconfig.json"],
]);

/** The first line of a file of each kind that says why it is there. */
const OPENINGS: Record<string, RegExp> = { ts: /^(\/\*\*|\/\/ Generated )/, zig: /^\/\/!/, c: /^\/\*/, h: /^\/\*/ };

/** The files of which the canaries (native/src/explore/canaries.zig) weaken every order. */
const explored = [...(await readFile(new URL("../../native/src/explore.zig", import.meta.url), "utf8"))
  .matchAll(/^ +"(\w+\/\w+\.zig)",$/gm)].map(([, file]) => file);

// The words are put together here, so that this file does not break the rules itself.
const rules: Rule[] = [
  {
    name: "nothing is left to do later",
    except: FOREIGN,
    line: new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "XX" + "X"].join("|")})\\b`),
    sample: { path: "src/a.ts", text: "// TO" + "DO: more\n" },
  },
  {
    name: "no registry is named by its host",
    line: new RegExp(["registry\\.np" + "mjs", "py" + "pi\\.org", "python" + "hosted\\."].join("|")),
    sample: { path: "package-lock.json", text: '"resolved": "https://registry.np' + 'mjs.org/x"\n' },
  },
  {
    name: "no path of a particular machine",
    line: /(^|[\s"'`(=])\/(home|root|work|Users)\//,
    sample: { path: "native/build.zig", text: "//! see `/ho" + "me/me/x`\n" },
  },
  {
    name: "no white space at the end of a line",
    except: FOREIGN,
    line: /\s$/,
    sample: { path: "README.md", text: "two blanks  \n" },
  },
  {
    name: "a file ends with one line end",
    except: FOREIGN,
    file: (text) => text === "" || /[^\n]\n$/.test(text),
    sample: { path: "README.md", text: "more\n\n" },
  },
  {
    name: "no file is longer than 600 lines",
    except: FOREIGN,
    file: (text) => text.split("\n").length <= 601,
    sample: { path: "src/a.ts", text: "/** Long. */\n" + "a();\n".repeat(600) },
  },
  {
    name: "a source file opens with why it is there",
    files: /\.(ts|zig|c|h)$/,
    except: /^test\/programs\/examples\//, // programs as their readers type them
    file: (text, path) => OPENINGS[path.split(".").pop()!].test(text),
    sample: { path: "src/a.ts", text: 'import "x";\n' },
  },
  {
    name: "files have names in snake_case",
    files: /^(src|native|test|bench|tools)\//,
    except: /(^|\/)README\.md$/,
    file: (_, path) => path.split("/").every((part) => /^[a-z0-9_]+(\.[a-z0-9_]+)*$/.test(part)),
    sample: { path: "src/aPeer.ts", text: "" },
  },
  {
    name: "only src/library/runtimes/deno.ts names Deno.dlopen",
    files: /^(mod\.ts$|src\/)/,
    except: /^src\/library\/runtimes\/deno\.ts$/,
    line: /\bDeno\.dlopen\b/,
    sample: { path: "src/peer/peer.ts", text: "Deno.dlopen(path);\n" },
  },
  {
    name: "only src/library/runtimes/bun.ts names bun:ffi",
    files: /^(mod\.ts$|src\/)/,
    except: /^src\/library\/runtimes\/bun\.ts$/,
    line: /bun:ffi/,
    sample: { path: "src/library/runtimes/deno.ts", text: 'import "bun:ffi";\n' },
  },
  {
    name: "only src/library/runtimes/nodejs.ts names process.dlopen",
    files: /^(mod\.ts$|src\/)/,
    except: /^src\/library\/runtimes\/nodejs\.ts$/,
    line: /\bprocess\.dlopen\b/,
    sample: { path: "src/library/runtimes/deno.ts", text: "process.dlopen(module, path);\n" },
  },
  {
    name: "the package imports files only, but for what runs in Deno and Bun alone",
    files: /^(mod\.ts$|src\/)/,
    except: /^src\/(cli|library)\//,
    line: /^(import|export|\}).* from "[^.]|^import "[^.]|\bimport\("[^.]/,
    sample: { path: "src/engines/typescript/queue.ts", text: 'import { open } from "node:fs";\n' },
  },
  {
    name: "the explorer looks at every memory order of the library",
    files: /^native\/src\/(base|bus|isolate|device|uapi|abi)\/[a-z_]+\.zig$/,
    except: /_test\.zig$/,
    file: (text, path) =>
      !/\.(acquire|release|acq_rel|seq_cst)[,)]/.test(text) || explored.includes(path.split("/").slice(2).join("/")),
    sample: { path: "native/src/bus/a.zig", text: "//! Why.\n_ = word.load(.acquire);\n" },
  },
  {
    name: "no test shuts the others out",
    files: /^test\//,
    line: new RegExp("\\b(test|describe|it)\\.on" + "ly\\b"),
    sample: { path: "test/a_test.ts", text: "test.on" + "ly();\n" },
  },
  {
    name: "the top level holds what it should and nothing else",
    file: (_, path) => TOP_LEVEL.has(path.split("/")[0]),
    sample: { path: "notes.txt", text: "" },
  },
];

/** Says where a file breaks a rule. */
function complaints(rule: Rule, path: string, text: string): string[] {
  if (rule.files?.test(path) === false || rule.except?.test(path)) return [];
  const found = rule.file?.(text, path) === false ? [path] : [];
  if (rule.line) {
    text.split("\n").forEach((line, i) => rule.line!.test(line) && found.push(`${path}:${i + 1}: ${line}`));
  }
  return found;
}

const project = await readProject();

test("tidy: the files of the project are found", () => {
  const paths = project.map(([path]) => path);
  for (const path of ["mod.ts", "src/peer/peer.ts", "native/build.zig", "test/tidy/rules_test.ts", ".ci/run"]) {
    assert(paths.includes(path), path);
  }
  assert(!paths.some((path) => path.includes("node_modules")));
});

for (const rule of rules) {
  test(`tidy: ${rule.name}`, () => {
    assertEquals(complaints(rule, rule.sample.path, rule.sample.text).length, 1, "the sample breaks the rule");
    assertEquals(project.flatMap(([path, text]) => complaints(rule, path, text)), []);
  });
}
