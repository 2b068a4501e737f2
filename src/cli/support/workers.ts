/**
 * Workers of the commands: the URLs of their modules, and whether one can be started here.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import type { EngineName } from "../../../mod.ts";
import { flagFor, isPermitted, type PermissionQuery, targetOf } from "./permissions.ts";

/**
 * Returns the URL of a module in the folder of `base`, the URL of another module. The name has no extension: it is the same
 * as that of `base`, because in npm's form of this package the modules are JavaScript.
 */
export function moduleBeside(base: string, name: string): URL {
  return new URL(`${name}${/\.\w+$/.exec(base)?.[0] ?? ".ts"}`, base);
}

/** Returns the permission that Deno needs to start Workers of this package. */
export function workerPermission(): PermissionQuery {
  const root = new URL("../../../", import.meta.url);
  if (root.protocol === "file:") return { name: "read", path: fileURLToPath(root) };
  return { name: "import", host: `${root.hostname}:${root.port || 443}` };
}

/** Returns the reason why no Worker can be started here, and what would help; `null` if one can. */
export function workerRefusal(): string | null {
  if (!("Worker" in globalThis)) return "Node.js does not have the web's Workers, which Deno and Bun have";
  const needed = workerPermission();
  if (isPermitted(needed)) return null;
  return `Deno may not load the module of a Worker: ${flagFor(needed.name, [targetOf(needed) ?? null])} permits it`;
}

/** Whether peers of an engine can move to another isolate, and so to a Worker. */
export function crossesIsolates(engine: EngineName): boolean {
  return engine !== "typescript";
}
