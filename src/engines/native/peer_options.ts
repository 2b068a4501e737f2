/**
 * The options of a peer, as the library takes them.
 *
 * @module
 */

import { PEER_OPTIONS } from "../../port/abi.ts";
import type { OpenOptions } from "../../port/engine.ts";

/** Returns the options as `bus1_peer_open` takes them: NaN stands for the default. */
export function peerOptions({ account, maxQueued }: OpenOptions = {}): Float64Array {
  const options = new Float64Array(PEER_OPTIONS.size / Float64Array.BYTES_PER_ELEMENT);
  const set = (offset: number, value = NaN) => options[offset / Float64Array.BYTES_PER_ELEMENT] = value;
  set(PEER_OPTIONS.user, account?.user);
  set(PEER_OPTIONS.objects, account?.objects);
  set(PEER_OPTIONS.bytes, account?.bytes);
  set(PEER_OPTIONS.max_messages, maxQueued?.messages);
  set(PEER_OPTIONS.max_bytes, maxQueued?.bytes);
  return options;
}
