/**
 * The layers: a file imports from its own layer or from a lower one, in both languages, types included. docs/architecture.md
 * has the picture.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { test } from "../support/harness.ts";
import { circlesOf, foldersOf, type Imports, importsOf } from "./imports.ts";
import { readProject } from "./project.ts";

/** Folders and files, from the lowest layer to the highest. Those beside each other do not import each other. */
type Layers = readonly (readonly string[])[];

const PACKAGE: Layers = [
  ["src/port"], // what an engine is, and the words that all share
  ["src/library"], // finds and opens the shared library
  ["src/uapi", "src/engines/typescript", "src/engines/native"],
  ["src/engines/kernel"],
  ["src/engines"], // which engines there are
  ["src/peer"], // what users hold
  ["src/facade.ts"],
  ["src/typescript.ts", "mod.ts"],
  ["src/graph", "src/adapters", "src/scenarios"],
  ["src/cli"],
];

const LIBRARY: Layers = [
  ["native/src/base"],
  ["native/src/bus"],
  ["native/src/isolate", "native/src/uapi"],
  ["native/src/device", "native/src/supervisor"],
  ["native/src/abi"],
  ["native/src/lib.zig", "native/src/supervisor.zig", "native/src/bindgen.zig", "native/src/core_bench.zig"],
];

/** What may import everything, and is imported by nothing that ships. */
const AROUND = ["bench", "docs", "native/build", "native/corpus", "test", "tools"];
const AROUND_ZIG = [
  ...["native/src/explore", "native/src/fuzz", "native/src/test"],
  ...["native/src/explore.zig", "native/src/fuzz.zig", "native/src/tests.zig"],
  ...["native/src/corpus_writer.zig", "native/src/faulty_library.zig"],
];

/** The nouns of the facade and those of the TypeScript engine: the types of each name each other, as the objects do. */
const NOUNS = [
  ["peer", "node", "handle", "message", "transaction"].map((noun) => `src/peer/${noun}.ts`),
  ["peer", "node", "handle", "message", "transaction"].map((noun) => `src/engines/typescript/${noun}.ts`),
];

/** `src/cli` and `bench` show the same scenarios, which stand in `src/scenarios`; neither imports the other. */
const STRANGERS = [["src/cli", "bench"], ["bench", "src/cli"]] as const;

const isIn = (layer: string, path: string) => path === layer || path.startsWith(`${layer}/`);

/** Returns the folder or file of a layer that a path is in: the longest one. */
function layerOf(layers: Layers, path: string): string | undefined {
  return layers.flat().filter((layer) => isIn(layer, path)).sort((a, b) => b.length - a.length)[0];
}

/** Returns what is wrong with the imports, a line each. */
function complaints(imports: Imports): string[] {
  const found: string[] = [];
  for (const [layers, around] of [[PACKAGE, AROUND], [LIBRARY, AROUND_ZIG]] as const) {
    const heights = new Map(layers.flatMap((names, height) => names.map((layer) => [layer, height])));
    for (const [path, targets] of imports) {
      const layer = layerOf(layers, path);
      if (layer === undefined) continue;
      for (const target of targets) {
        const other = layerOf(layers, target);
        if (other === layer) continue;
        const goesDown = other !== undefined && heights.get(other)! < heights.get(layer)!;
        if (!goesDown && (other !== undefined || [...around, "native/src"].some((place) => isIn(place, target)))) {
          found.push(`${path} imports ${target}, which is not below it`);
        }
      }
    }
  }
  for (const [path, targets] of imports) {
    for (const [from, to] of STRANGERS) {
      const wrong = targets.filter((target) => isIn(from, path) && isIn(to, target));
      found.push(...wrong.map((target) => `${path} imports ${target}`));
    }
  }
  const typescript = new Map([...imports].filter(([path]) => path.endsWith(".ts")));
  for (const circle of circlesOf(typescript)) {
    if (!NOUNS.some((nouns) => circle.every((path) => nouns.includes(path)))) found.push(`circle: ${circle.join(" ")}`);
  }
  found.push(...circlesOf(foldersOf(imports)).map((circle) => `circle of folders: ${circle.join(" ")}`));
  return found;
}

const project = await readProject();

test("tidy: imports go down, and there is no circle", () => {
  assertEquals(complaints(importsOf(project)), []);
});

test("tidy: every file of the product is in a layer", () => {
  const product = project.map(([path]) => path).filter((path) =>
    /^(mod\.ts$|src\/.*\.ts$|native\/src\/.*\.zig$)/.test(path)
  );
  const homeless = product.filter((path) =>
    !layerOf(PACKAGE, path) && !layerOf(LIBRARY, path) && !AROUND_ZIG.some((layer) => isIn(layer, path))
  );
  assertEquals(homeless, []);
  for (const layer of [...PACKAGE, ...LIBRARY].flat()) {
    assert(product.some((path) => isIn(layer, path)), `${layer} is empty`);
  }
});

/** A wrong import of each kind, planted into the files of the project. */
const PLANTED: Record<string, readonly [path: string, text: string]> = {
  "an import upwards": ["src/port/planted.ts", 'import { Peer } from "../peer/peer.ts";\n'],
  "the import of a type upwards": ["src/port/planted.ts", 'export type A = import("../peer/peer.ts").Peer;\n'],
  "an import of a neighbour": ["src/uapi/planted.ts", 'export { a } from "../engines/native/engine.ts";\n'],
  "a dynamic import of a tool": ["src/cli/planted.ts", 'await import("../../tools/toolchain.ts");\n'],
  "an import of the benchmarks by the command line": ["src/cli/planted.ts", 'import "../../bench/run.ts";\n'],
  "an import of the command line by the benchmarks": ["bench/planted.ts", 'import "../src/cli/main.ts";\n'],
  "an import upwards in Zig": ["native/src/base/planted.zig", 'const peer = @import("../bus/peer.zig");\n'],
  "an import of the explorer by the product": ["native/src/bus/planted.zig", '_ = @import("../explore/hooks.zig");\n'],
};

for (const [name, planted] of Object.entries(PLANTED)) {
  test(`tidy: the layers refuse ${name}`, () => {
    const found = complaints(importsOf([...project, planted]));
    assert(found.some((complaint) => complaint.startsWith(planted[0])), found.join("\n"));
  });
}

test("tidy: the layers refuse a circle of files and a circle of folders", () => {
  const files = importsOf([["test/a.ts", 'import "./b.ts";\n'], ["test/b.ts", 'import type { A } from "./a.ts";\n']]);
  assertEquals(complaints(files), ["circle: test/a.ts test/b.ts"]);
  const folders = importsOf([
    ["test/a/1.zig", '_ = @import("../b/1.zig");\n'],
    ["test/b/2.zig", '_ = @import("../a/2.zig");\n'],
  ]);
  assertEquals(complaints(folders), ["circle of folders: test/a test/b"]);
});
