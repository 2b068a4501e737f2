/**
 * The native engine: the bus of the native library, which all threads of this process share.
 *
 * All state is in the library.
 *
 * @module
 */

import type { Engine, EnginePeer, LiveCounts, OpenOptions, Ticket } from "../../port/engine.ts";
import type { PeerSnapshot } from "../../port/snapshot.ts";
import { openLibrary } from "../../library/library.ts";
import type { Library } from "../../library/runtimes/runtime.ts";
import { inspectOwn, nameBytes, readAll } from "./inspect_reader.ts";
import { NativePeer } from "./native_peer.ts";
import { peerOptions } from "./peer_options.ts";
import { adopt, revoke } from "./tickets.ts";
import { WakeSocket } from "./wake_socket.ts";

/** Opens the native engine, or returns the reason why it does not work here. */
export function openNative(): { engine: Engine } | { reason: string } {
  const opened = openLibrary();
  if ("reason" in opened) return opened;
  const { library, runtime } = opened;
  const number = library.bus1_isolate_open();
  if (number < 0) return { reason: "too many threads of this process use the native library" };
  return { engine: new NativeEngine(library, new WakeSocket(number, library, runtime)) };
}

class NativeEngine implements Engine {
  readonly name = "native";
  readonly #library: Library;
  readonly #wakeSocket: WakeSocket;
  /** Where the library writes the slot and the key of a new peer. */
  readonly #words: Uint32Array = new Uint32Array(2);

  constructor(library: Library, wakeSocket: WakeSocket) {
    this.#library = library;
    this.#wakeSocket = wakeSocket;
  }

  open(options: OpenOptions = {}): EnginePeer | number {
    const name = nameBytes(options.name);
    const words = this.#words;
    const { isolate } = this.#wakeSocket;
    const result = this.#library.bus1_peer_open(isolate, peerOptions(options), name, name.length, words);
    return result < 0 ? result : this.#peer(words[0] ?? 0, words[1] ?? 0);
  }

  adopt(ticket: Ticket): EnginePeer | number {
    return adopt(
      ticket,
      ({ slot, key, serialHigh, serialLow }, out) =>
        this.#library.bus1_peer_adopt(this.#wakeSocket.isolate, slot, key, serialHigh, serialLow, out),
      (slot, key) => this.#peer(slot, key),
    );
  }

  revoke(ticket: Ticket): number {
    return revoke(this.#library, ticket);
  }

  #peer(slot: number, key: number): EnginePeer {
    return new NativePeer({ library: this.#library, wakeSocket: this.#wakeSocket, slot, key });
  }

  liveCounts(): LiveCounts {
    const counts = new Float64Array(5);
    this.#library.bus1_live_counts(counts);
    const [peers = 0, nodes = 0, handles = 0, messages = 0, bytes = 0] = counts;
    return { peers, nodes, handles, messages, bytes };
  }

  inspect(own: readonly EnginePeer[]): PeerSnapshot[] {
    return readAll("native", inspectOwn(own), (buffer, size) => this.#library.bus1_inspect(buffer, size));
  }
}
