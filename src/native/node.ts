/**
 * Node.js: the only file that names koffi, the package by which it calls native code. Whoever wants the native engine
 * there installs it; nothing here depends on it.
 *
 * Node.js has an FFI of its own since 26.1. It is experimental, says so on standard error wherever it is used, and takes
 * several times as long as koffi to pass a buffer, which nearly all of our calls do: so it is not used.
 *
 * Koffi passes the memory of a typed array itself, for the time of the call.
 *
 * @module
 */

import { builtinModule, type Functions, type Runtime, type Symbols } from "./runtime.ts";
import { watchByNet } from "./socket.ts";

interface Koffi {
  version: string;
  load(path: string): { func(name: string, result: string, parameters: string[]): unknown };
}

interface Process {
  versions?: { node?: string };
  argv: (string | undefined)[];
  cwd(): string;
  getBuiltinModule?: unknown;
}

interface Module {
  createRequire(from: string): (name: string) => unknown;
}

/** Its calls differ in older ones. */
const KOFFI_MAJOR = 3;

const HELP = `"npm install koffi" gives Node.js the native engine`;

const TYPES = { u32: "uint32_t", i32: "int32_t", f64: "double", void: "void", buffer: "void *" };

/** The runtime, if it is this one: Deno and Bun say that they are Node.js, too. */
export function node(): Runtime | null {
  const { process } = globalThis as { process?: Process };
  if (process?.versions?.node === undefined || "Deno" in globalThis || "Bun" in globalThis) return null;
  let koffi: Koffi;
  return {
    refusal() {
      if (process.getBuiltinModule === undefined) {
        return `Node.js ${process.versions!.node} is too old to call native code: 20.16 is the first that can`;
      }
      const found = findKoffi(process);
      if (typeof found === "string") return found;
      koffi = found;
      return null;
    },
    open<S extends Symbols>(path: string, symbols: S) {
      const library = koffi.load(path);
      const described = Object.entries(symbols).map(([name, { parameters, result }]) =>
        [name, library.func(name, TYPES[result], parameters.map((type) => TYPES[type]))] as const
      );
      return Object.fromEntries(described) as Functions<S>;
    },
    watch: watchByNet,
  };
}

/**
 * Looks for koffi beside this package, where npm puts it; from the program that runs, since other package managers show
 * a package only what it depends on itself; and, for a program without a file, from the current folder. Answers why
 * there is none, otherwise.
 */
function findKoffi(process: Process): Koffi | string {
  const { createRequire } = builtinModule<Module>("node:module");
  for (const from of [import.meta.url, process.argv[1], `${process.cwd()}/`]) {
    try {
      const koffi = createRequire(from!)("koffi") as Koffi;
      if (parseInt(koffi.version) >= KOFFI_MAJOR) return koffi;
      return `koffi ${koffi.version} is too old: ${HELP}`;
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      // There is none, or `from` is no file: a bundle, or a program that was not read from one.
      if (code === "MODULE_NOT_FOUND" || code === "ERR_INVALID_ARG_VALUE" || code === "ERR_INVALID_ARG_TYPE") continue;
      return `koffi cannot be loaded: ${message}`;
    }
  }
  return `the package koffi is not installed: ${HELP}`;
}
