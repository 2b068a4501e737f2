/**
 * Node.js: the only file that names `process.dlopen`.
 *
 * Node.js has no stable FFI, but it loads addons, and the library is one (native/src/abi/napi.zig). The alternatives are worse:
 *
 * - The FFI in Node.js since 26.1 is experimental and warns on standard error. It takes several times as long to pass a
 *   buffer, and nearly all of our calls pass one.
 * - The FFI packages on npm end the process if a Worker is terminated at the wrong moment.
 *
 * @module
 */

import { nodejsFiles } from "./filesystem.ts";
import { sha256 } from "./crypto_hash.ts";
import { watchByNet } from "./net_socket.ts";
import { type Functions, machineOf, type Runtime, type Symbols } from "./runtime.ts";

interface Process {
  versions?: { node?: string };
  platform: string;
  arch: string;
  dlopen(module: { exports: object }, path: string): void;
  getBuiltinModule?: unknown;
}

/** Returns the runtime if it is Node.js. Deno and Bun also claim to be Node.js. */
export function nodejs(): Runtime | null {
  const { process } = globalThis as unknown as { process?: Process };
  const version = process?.versions?.node;
  if (process === undefined || version === undefined || "Deno" in globalThis || "Bun" in globalThis) return null;
  return {
    machine: machineOf(process.platform, process.arch),
    files: nodejsFiles(),
    refusal() {
      if (process.getBuiltinModule !== undefined) return null;
      return `Node.js ${version} is too old for native code: 20.16 is the first that can`;
    },
    open<S extends Symbols>(path: string, symbols: S) {
      const addon: { exports: Partial<Functions<S>> } = { exports: {} };
      process.dlopen(addon, path);
      const missing = Object.keys(symbols).find((name) => !(name in addon.exports));
      if (missing !== undefined) throw new Error(`it has no ${missing} for Node.js`);
      return addon.exports as Functions<S>;
    },
    watch: watchByNet,
    sha256,
  };
}
