/**
 * The package's own library, made ready while modules are loaded: the only file that awaits at its top level, since
 * `Peer.open` cannot wait. Nothing is done where this isolate could not use it, or is to use another one; and if it is in
 * the cache already, the module that has its bytes is not loaded. What is posted to a Worker meanwhile waits (hold.ts).
 *
 * @module
 */

import { libraryFor } from "./builds.ts";
import { prepare, type Prepared } from "./cache.ts";
import { holdingMessages } from "./deferred_messages.ts";
import { mayUseOwn, runtime } from "./locate.ts";

/** It, or why there is none for this isolate; `null` if this isolate is not to use it. */
export const embedded: Prepared | { reason: string } | null = runtime !== null && mayUseOwn(runtime)
  ? await holdingMessages(() => prepare(runtime!, libraryFor(runtime!.machine)))
  : null;
