/**
 * SHA-256 by `node:crypto`, for Deno and Node.js: the hash of the web platform (`crypto.subtle`) is asynchronous.
 *
 * @module
 */

import { builtinModule } from "./builtin_module.ts";

interface Hash {
  update(bytes: Uint8Array): Hash;
  digest(encoding: "hex"): string;
}

/** {@linkcode Runtime.sha256}, by `node:crypto`. */
export function sha256(bytes: Uint8Array): string {
  return builtinModule<{ createHash(algorithm: "sha256"): Hash }>("node:crypto").createHash("sha256").update(bytes)
    .digest("hex");
}
