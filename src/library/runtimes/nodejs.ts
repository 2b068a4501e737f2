/**
 * Node.js: the only file that names `process.dlopen`.
 *
 * Node.js cannot call any C as Deno and Bun can. But the library is an addon too (native/src/abi/napi.zig), and needs nothing
 * else there. The FFI that Node.js has of its own since 26.1 is experimental, says so on standard error wherever it is used,
 * and takes several times as long to pass a buffer, as nearly all of our calls do. Those that packages bring end the
 * process if a Worker is terminated at the wrong moment.
 *
 * @module
 */

import { nodeFiles } from "../filesystem.ts";
import { type Functions, machineOf, type Runtime, type Symbols } from "./runtime.ts";
import { watchByNet } from "./node_socket.ts";

interface Process {
  versions?: { node?: string };
  platform: string;
  arch: string;
  dlopen(module: { exports: object }, path: string): void;
  getBuiltinModule?: unknown;
}

/** The runtime, if it is this one: Deno and Bun say that they are Node.js, too. */
export function node(): Runtime | null {
  const { process } = globalThis as unknown as { process?: Process };
  const version = process?.versions?.node;
  if (process === undefined || version === undefined || "Deno" in globalThis || "Bun" in globalThis) return null;
  return {
    machine: machineOf(process.platform, process.arch),
    files: nodeFiles(),
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
  };
}
