/**
 * Finds the native library, verifies it and opens it: once for each isolate, at its first use and not at import, and without
 * a permission prompt of Deno.
 *
 * The first of these is used:
 *
 * 1. the file that `BUS1_LIBRARY` names;
 * 2. in a working copy of the project, the file that `zig build` has made (built_file.ts);
 * 3. the package's own build, unpacked to the cache or to memory (single_instance.ts).
 *
 * @module
 */

import { ABI, SYMBOLS } from "../port/abi.ts";
import { environmentVariable } from "../port/environment.ts";
import { BusError } from "../port/errors.ts";
import { type BuiltFile, builtFile } from "./built_file.ts";
import { LIBRARIES } from "./builds/libraries.ts";
import { cacheFolder } from "./cache.ts";
import { runtime } from "./runtimes/current.ts";
import type { Library, Runtime } from "./runtimes/runtime.ts";
import { openInstance } from "./single_instance.ts";

/** An open library, and the runtime that calls it. */
export interface OpenedLibrary {
  library: Library;
  runtime: Runtime;
  /** The file. */
  path: string;
}

/** The reason why no library is open. */
export interface NoLibrary {
  reason: string;
  /** The file that could not be opened, if there is one. */
  path?: string;
  /** The ABI of the file, if that was wrong. */
  abi?: number;
}

let result: OpenedLibrary | NoLibrary | undefined;

/** Opens the library, or says why it cannot be opened. Later calls return the same result. */
export function openLibrary(): OpenedLibrary | NoLibrary {
  return result ??= runtime === null
    ? { reason: "this runtime is neither Deno, Bun nor Node.js: it cannot call native code" }
    : open(runtime);
}

/** Returns the library for a call that needs it. Throws `BusError` `EOPNOTSUPP` with the reason if it cannot be opened. */
export function requireLibrary(doing: string): Library {
  const result = openLibrary();
  if ("reason" in result) throw new BusError("EOPNOTSUPP", doing, result.reason);
  return result.library;
}

function open(runtime: Runtime): OpenedLibrary | NoLibrary {
  const named = environmentVariable("BUS1_LIBRARY");
  if (named !== undefined) return openFile(runtime, named);
  const built = builtFile(runtime, `lib/libbus1${runtime.machine.startsWith("macos") ? ".dylib" : ".so"}`);
  return (built && openBuilt(runtime, built)) ?? openOwn(runtime);
}

/** Opens the file that `zig build` has made; returns `null` if it turns out not to exist. */
function openBuilt(runtime: Runtime, { path, isThere }: BuiltFile): OpenedLibrary | NoLibrary | null {
  if (isThere) return openFile(runtime, path);
  if (runtime.refusal(path) !== null) return null;
  const result = openFile(runtime, path);
  return "reason" in result && /no such file/i.test(result.reason) ? null : result;
}

/** Opens the package's own build. */
function openOwn(runtime: Runtime): OpenedLibrary | NoLibrary {
  const refusal = refusalOfOwn(runtime);
  if (refusal !== null) return { reason: refusal };
  const build = LIBRARIES[runtime.machine];
  if (build === undefined) {
    const machines = Object.keys(LIBRARIES).join(", ");
    return {
      reason: `the package has no native build for ${runtime.machine}, only for ${machines}; ` +
        "BUS1_LIBRARY can name another library",
    };
  }
  const result = openInstance(runtime, build, (path) => openFile(runtime, path));
  return "library" in result
    ? result
    : { ...result, reason: `the package's own library cannot be opened: ${result.reason}` };
}

/** Returns why no library may be opened, neither from memory nor from the cache; `null` if one of them is permitted. */
function refusalOfOwn(runtime: Runtime): string | null {
  const refusal = runtime.refusal();
  if (refusal === null) return null;
  const folder = cacheFolder(runtime.machine);
  return "path" in folder && runtime.refusal(folder.path) === null ? null : refusal;
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
