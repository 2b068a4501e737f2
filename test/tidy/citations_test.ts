/**
 * Citations: what the code, the tests and the documents refer to is in the repository.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { test } from "../support/harness.ts";
import { type File, readProject } from "./project.ts";

const project = await readProject();
const texts = new Map(project);
const paths = new Set(project.map(([path]) => path));
const folders = new Set(
  [...paths].flatMap((path) => path.split("/").map((_, i, parts) => parts.slice(0, i).join("/"))),
);
const names = new Set([...paths].map((path) => path.split("/").at(-1)!));

const sections = new Set(numbersIn("docs/specification.md", /^## (\d+)\./gm));
const faults = new Set(numbersIn("docs/device_faults.md", /^\| F(\d+) \|/gm));

function numbersIn(path: string, pattern: RegExp): string[] {
  return [...(texts.get(path) ?? "").matchAll(pattern)].map(([, number]) => number!);
}

/** Files that tools make, and those of programs that a text shows. */
const MADE = /^(native\/zig-out|native\/\.|docs\/reference|docs\/playground\/dist|node_modules)(\/|$)/;
const EXAMPLES = /(^|\/)(\w|\w_test|app|hello|main|other|worker)\.ts$/;

/** A document of the project's founders that is not in the repository. */
const OUTSIDE = new RegExp(
  `\\b(${
    ["SP" + "EC", "VIS" + "ION", "KER" + "NEL", "FAC" + "TS", "STY" + "LE", "HOU" + "SE"].join("|")
  })\\.md\\b|\\bSP${"EC"}\\b`,
);

interface Kind {
  name: string;
  /** The files in which it is looked for. */
  files: RegExp;
  /** What the citation looks like; its first group is what is cited. */
  pattern: RegExp;
  resolves(cited: string, from: string): boolean;
  /** A citation that does not resolve. */
  sample: File;
}

const TEXTS = /\.(ts|zig|c|h|pml|md|json|html|css)$|^\.ci\/run$/;
const CODE = /^(mod\.ts$|src\/|native\/|bench\/|tools\/|test\/).*\.(ts|zig|c|h|pml)$/;

const KINDS: readonly Kind[] = [
  {
    name: "a section of the specification",
    files: TEXTS,
    pattern: /\bspecification(?:\.md)?[,:]? \(?sections? (\d+(?:(?:, | and | to )\d+)*)/gi,
    resolves: (cited) => cited.split(/\D+/).every((number) => sections.has(number)),
    sample: ["src/a.ts", "// See the specification, sections 5 and 77.\n"],
  },
  {
    name: "a fault of a device",
    files: TEXTS,
    pattern: /\bF(\d+)\b(?!\.|-)/g,
    resolves: (cited) => faults.has(cited),
    sample: ["src/a.ts", "// Device fault F99 is why.\n"],
  },
  {
    name: "a file by its path",
    files: TEXTS,
    pattern: /(?<![\w./@-])((?:src|native|test|bench|docs|tools)\/[\w./-]*\w\.(?:ts|zig|c|h|md|pml|svg|png))\b/g,
    resolves: (cited, from) =>
      paths.has(cited) || MADE.test(cited) || EXAMPLES.test(cited) ||
      from.startsWith("native/") && (paths.has(`native/${cited}`) || paths.has(`native/src/${cited}`)),
    sample: ["src/a.ts", "// See src/peer/nothing.ts.\n"],
  },
  {
    name: "a folder by its path",
    files: TEXTS,
    pattern: /`((?:src|native|test|bench|docs|tools)\/[\w./-]*)\/`/g,
    resolves: (cited) => folders.has(cited) || MADE.test(cited),
    sample: ["docs/a.md", "It is in `src/nothing/`.\n"],
  },
  {
    name: "a file by its name, in a comment",
    files: CODE,
    pattern: /(?<=^\s*(?:\/\/|\/?\*).*)(?<![\w./*-])((?:\w+\/)?\w+\.(?:zig|ts))\b/gm,
    resolves: (cited) => names.has(cited.split("/").at(-1)!) || EXAMPLES.test(cited),
    sample: ["native/src/a.zig", "// See nothing_there.zig.\n"],
  },
  {
    name: "a document outside the repository",
    files: TEXTS,
    pattern: OUTSIDE,
    resolves: () => false,
    sample: ["src/a.ts", "// SP" + "EC section 5 says why.\n"],
  },
];

/** Returns the citations of a file that do not resolve. */
function complaints(kind: Kind, [path, text]: File): string[] {
  if (!kind.files.test(path)) return [];
  const found: string[] = [];
  for (const match of text.matchAll(new RegExp(kind.pattern, "gm" + (kind.pattern.ignoreCase ? "i" : "")))) {
    const line = text.slice(0, match.index).split("\n").length;
    if (!kind.resolves(match[1] ?? match[0], path)) found.push(`${path}:${line}: ${match[0]}`);
  }
  return found;
}

for (const kind of KINDS) {
  test(`tidy: a citation resolves: ${kind.name}`, () => {
    assertEquals(complaints(kind, kind.sample).length, 1, "the sample does not resolve");
    const cited = project.filter(([path]) => !path.startsWith("test/tidy/") && !/^src\/library\/builds\//.test(path));
    assertEquals(cited.flatMap((file) => complaints(kind, file)), []);
  });
}
