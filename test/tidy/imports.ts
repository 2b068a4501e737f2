/**
 * The imports of the project, in TypeScript and in Zig, and the circles among them.
 *
 * An import counts whether it brings a value or a type, whether it is static or dynamic. A Worker that is started by its
 * URL is not an import: it runs in another isolate.
 *
 * @module
 */

import { posix } from "node:path";
import type { File } from "./project.ts";

/** What each file imports: paths from the root of the repository. */
export type Imports = ReadonlyMap<string, readonly string[]>;

const TYPESCRIPT = /(?:^|[^\w.])(?:from|import)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/gm;
const ZIG = /@import\("([^"]+\.zig)"\)/g;

/** A comment that fills whole lines, and the text of a template, in which imports are examples. */
const NOT_CODE = /^\s*(\/\/|\/?\*).*$|`[^`]*`/gm;

/** Reads the imports of all TypeScript and Zig files. */
export function importsOf(project: readonly File[]): Imports {
  const imports = new Map<string, string[]>();
  for (const [path, text] of project) {
    const pattern = path.endsWith(".ts") ? TYPESCRIPT : path.endsWith(".zig") ? ZIG : undefined;
    if (!pattern) continue;
    const code = text.replace(NOT_CODE, "");
    const found = [...code.matchAll(pattern)].map(([, target]) => posix.join(posix.dirname(path), target!));
    imports.set(path, [...new Set(found)]);
  }
  return imports;
}

/** Returns the imports between folders: each folder with the other folders that its files import from. */
export function foldersOf(imports: Imports): Imports {
  const folders = new Map<string, string[]>();
  for (const [path, targets] of imports) {
    const folder = posix.dirname(path);
    const others = targets.map((target) => posix.dirname(target)).filter((other) => other !== folder);
    folders.set(folder, [...new Set([...folders.get(folder) ?? [], ...others])]);
  }
  return folders;
}

/** Returns the circles: each set of files, or folders, that import each other directly or through others (Tarjan 1972). */
export function circlesOf(imports: Imports): string[][] {
  const circles: string[][] = [];
  const indices = new Map<string, number>();
  const lowest = new Map<string, number>();
  const path: string[] = [];
  const visit = (place: string): number => {
    const index = indices.size;
    indices.set(place, index);
    lowest.set(place, index);
    path.push(place);
    for (const target of imports.get(place) ?? []) {
      if (!indices.has(target)) lowest.set(place, Math.min(lowest.get(place)!, visit(target)));
      else if (path.includes(target)) lowest.set(place, Math.min(lowest.get(place)!, indices.get(target)!));
    }
    if (lowest.get(place) === index) {
      const circle = path.splice(path.indexOf(place));
      if (circle.length > 1) circles.push(circle.sort());
    }
    return lowest.get(place)!;
  };
  for (const place of imports.keys()) if (!indices.has(place)) visit(place);
  return circles;
}
