/**
 * Finds the native library, makes sure that it is the right one, and opens it: once for each isolate, when it is first
 * needed, never at import, and without ever making Deno ask for a permission.
 *
 * `BUS1_LIBRARY` names another file than the package's own, which is unpacked (cache.ts, memory.ts, instance.ts); in a working copy of
 * the project the one that `zig build` has made comes first.
 *
 * @module
 */

import { ABI, SYMBOLS } from "../port/abi.ts";
import { environmentVariable } from "../port/environment.ts";
import { BusError } from "../port/errors.ts";
import { embedded } from "./embedded.ts";
import { openInstance } from "./single_instance.ts";
import { type BuiltFile, builtLibrary, runtime } from "./locate.ts";
import type { Library, Runtime } from "./runtimes/runtime.ts";

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

let result: OpenedLibrary | NoLibrary | undefined;

/** Opens the library, or says why it cannot be; later calls give the same answer. */
export function openLibrary(): OpenedLibrary | NoLibrary {
  return result ??= runtime === null
    ? { reason: "this runtime is neither Deno, Bun nor Node.js: it cannot call native code" }
    : open(runtime);
}

/** The library, for a call that cannot do without it. `BusError` `EOPNOTSUPP` with the reason if it cannot be opened. */
export function requireLibrary(doing: string): Library {
  const result = openLibrary();
  if ("reason" in result) throw new BusError("EOPNOTSUPP", doing, result.reason);
  return result.library;
}

function open(runtime: Runtime): OpenedLibrary | NoLibrary {
  const named = environmentVariable("BUS1_LIBRARY");
  if (named !== undefined) return openFile(runtime, named);
  const built = builtLibrary(runtime);
  return (built && openBuilt(runtime, built)) ?? openOwn(runtime);
}

/** Opens what `zig build` has made; `null` if it turns out that it has not. */
function openBuilt(runtime: Runtime, { path, isThere }: BuiltFile): OpenedLibrary | NoLibrary | null {
  if (isThere) return openFile(runtime, path);
  if (runtime.refusal(path) !== null) return null;
  const result = openFile(runtime, path);
  return "reason" in result && /no such file/i.test(result.reason) ? null : result;
}

/** Opens the package's own, from wherever it can be put. */
function openOwn(runtime: Runtime): OpenedLibrary | NoLibrary {
  if (embedded === null) return { reason: runtime.refusal() ?? "the library that zig build had made is gone" };
  if ("reason" in embedded) return { reason: `${embedded.reason}; BUS1_LIBRARY can name another library` };
  const result = openInstance(runtime, embedded, (path) => openFile(runtime, path));
  return "library" in result
    ? result
    : { ...result, reason: `the package's own library cannot be opened: ${result.reason}` };
}

function openFile(runtime: Runtime, path: string): OpenedLibrary | NoLibrary {
  const refusal = runtime.refusal(path);
  if (refusal !== null) return { reason: refusal, path };
  let library;
  try {
    library = runtime.open(path, SYMBOLS);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { reason: `the native library ${path} cannot be opened: ${why}`, path };
  }
  const found = library.bus1_abi();
  if (found === ABI) return { library, runtime, path };
  const reason = `the native library ${path} is of another version: its ABI is ${found}, and must be ${ABI}`;
  return { reason, path, abi: found };
}
