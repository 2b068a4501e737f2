/**
 * Where the modules of this package's Workers are, and whether a Worker may be started without a question to the user.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { isPermitted, type PermissionQuery } from "./permissions.ts";

/**
 * The URL of a module beside the one whose URL is `base`; it is named without its extension, which is that of the other:
 * npm's form of this package holds JavaScript.
 */
export function moduleBeside(base: string, name: string): URL {
  return new URL(`${name}${/\.\w+$/.exec(base)?.[0] ?? ".ts"}`, base);
}

/** What Deno wants to be permitted before it starts Workers of this package. */
export function workerPermission(): PermissionQuery {
  const root = new URL("../../", import.meta.url);
  if (root.protocol === "file:") return { name: "read", path: fileURLToPath(root) };
  return { name: "import", host: `${root.hostname}:${root.port || 443}` };
}

/** Why no Worker can be started here, and what would help; `null` if one can. */
export function workerRefusal(): string | null {
  if (!("Worker" in globalThis)) return "Node.js has no Workers of the web, as Deno and Bun have";
  const needed = workerPermission();
  if (isPermitted(needed)) return null;
  return `Deno may not load the module of a Worker: ${flagOf(needed)} permits it`;
}

/** The flag that grants a permission. */
export function flagOf({ name, path, variable, kind, host }: PermissionQuery): string {
  const what = path ?? variable ?? kind ?? host;
  return `--allow-${name}${what === undefined ? "" : `=${what}`}`;
}
