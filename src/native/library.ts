/**
 * Finds the native library, makes sure that it is the right one, and opens it: once for each isolate, when it is first
 * needed, never at import, and without ever making Deno ask for a permission.
 *
 * `BUS1_LIBRARY` names another file than the one that `zig build` makes.
 *
 * @module
 */

import { ABI, SYMBOLS } from "../abi.ts";
import { environmentVariable } from "../environment.ts";
import { BusError } from "../errors.ts";
import { bun } from "./bun.ts";
import { deno } from "./deno.ts";
import { node } from "./node.ts";
import type { Library, Runtime } from "./runtime.ts";

/** The library, and the runtime that called it in. */
export interface OpenedLibrary {
  library: Library;
  runtime: Runtime;
  /** The file. */
  path: string;
}

/** Why there is no library. */
export interface NoLibrary {
  reason: string;
  /** The file that was to be opened, if there is one. */
  path?: string;
  /** Its ABI, if that was wrong. */
  abi?: number;
}

let opened: OpenedLibrary | NoLibrary | undefined;

/** Opens the library, or says why it cannot be; later calls give the same answer. */
export function openLibrary(): OpenedLibrary | NoLibrary {
  return opened ??= open();
}

/** The library, for a call that cannot do without it. `BusError` `EOPNOTSUPP` with the reason if it cannot be opened. */
export function requireLibrary(doing: string): Library {
  const result = openLibrary();
  if ("reason" in result) throw new BusError("EOPNOTSUPP", doing, result.reason);
  return result.library;
}

function open(): OpenedLibrary | NoLibrary {
  const runtime = bun() ?? deno() ?? node();
  if (runtime === null) return { reason: "this runtime is neither Deno, Bun nor Node.js: it cannot call native code" };
  const path = libraryPath();
  if (path === null) {
    return { reason: "no native library comes with this copy of the package; BUS1_LIBRARY can name one" };
  }
  const refusal = runtime.refusal(path);
  if (refusal !== null) return { reason: refusal, path };
  let library;
  try {
    library = runtime.open(path, SYMBOLS);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { reason: `the native library ${path} cannot be opened (run "deno task build" to make it): ${why}`, path };
  }
  const found = library.bus1_abi();
  if (found !== ABI) {
    const reason = `the native library ${path} is of another version: its ABI is ${found}, and must be ${ABI}`;
    return { reason, path, abi: found };
  }
  return { library, runtime, path };
}

function libraryPath(): string | null {
  const named = environmentVariable("BUS1_LIBRARY");
  if (named !== undefined) return named;
  const url = new URL("../../native/zig-out/lib/libbus1.so", import.meta.url);
  return url.protocol === "file:" ? decodeURIComponent(url.pathname) : null;
}
