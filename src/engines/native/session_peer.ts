/**
 * A peer of the native library, on whichever bus: what is the same for all of them (native/src/isolate/slot.zig). It goes by the
 * number of a slot and a key; being handed over and ending do not depend on what it is a peer of.
 *
 * @module
 */

import { ERRNO } from "../../port/abi.ts";
import type { EngineName, EnginePeer, Id, Ticket, Totals } from "../../port/engine.ts";
import type { PeerSnapshot } from "../../port/snapshot.ts";
import { formatKey, type Key, parseKey } from "./ticket_key.ts";
import { RecordReader } from "./record_reader.ts";
import type { Port, Waiter } from "./wake_socket.ts";
import type { Library } from "../../library/runtimes/runtime.ts";
import { readName, readPeer, readTotals } from "./inspect_reader.ts";

/** What a peer is reached by. */
export interface Address {
  readonly library: Library;
  readonly port: Port;
  readonly slot: number;
  readonly key: number;
}

/** What {@linkcode Engine.adopt} does: `take` asks the library for the peer, which writes its new key to `out`. */
export function adopt<P>(
  ticket: Ticket,
  take: (key: Key, out: Uint32Array) => number,
  made: (slot: number, key: number) => P,
): P | number {
  const parsed = parseKey(ticket.key);
  if (parsed === null) return -ERRNO.EBADRQC;
  const out = new Uint32Array(1);
  const answer = take(parsed, out);
  return answer < 0 ? answer : made(parsed.slot, out[0]!);
}

/** What {@linkcode Engine.revoke} does. */
export function revoke(library: Library, ticket: Ticket): number {
  const parsed = parseKey(ticket.key);
  if (parsed === null) return -ERRNO.EBADRQC;
  return library.bus1_peer_revoke(parsed.slot, parsed.serialHigh, parsed.serialLow);
}

/** What the peers of this isolate show; none, if one has ended. */
export function inspectOwn(own: readonly EnginePeer[]): PeerSnapshot[] {
  return own.map((peer) => peer.inspect()).filter((seen) => typeof seen !== "number");
}

export abstract class SessionPeer implements Waiter {
  protected abstract readonly engine: EngineName;
  wake: () => void = () => {};
  protected readonly library: Library;
  protected readonly port: Port;
  protected readonly slot: number;
  protected readonly key: number;
  /** Where the library writes the next messages, and where they are read. */
  protected readonly records: RecordReader = new RecordReader();

  constructor({ library, port, slot, key }: Address) {
    this.library = library;
    this.port = port;
    this.slot = slot;
    this.key = key;
  }

  abstract kind(id: Id): number;

  get ended(): boolean {
    return this.kind(0) === -ERRNO.ESHUTDOWN;
  }

  /** Has the isolate's wake socket call `wake` once. */
  protected await(wake: () => void): number {
    this.wake = wake;
    return this.port.await(this);
  }

  /** Asks the library for one wake. */
  protected abstract armed(): number;

  arm(wake: () => void): number {
    const result = this.await(wake);
    if (result < 0) return result;
    const answer = this.armed();
    if (answer < 0) this.port.forget(this);
    return answer;
  }

  disarm(): void {
    this.port.forget(this);
  }

  nameOf(id: Id): string | null {
    return readName((buffer, size) => this.library.bus1_name(this.slot, this.key, id, buffer, size));
  }

  totals(): Totals | number {
    return readTotals((buffer, size) => this.library.bus1_inspect_peer(this.slot, this.key, buffer, size));
  }

  inspect(): PeerSnapshot | number {
    return readPeer(
      this.engine,
      (buffer, size) => this.library.bus1_inspect_peer(this.slot, this.key, buffer, size),
    );
  }

  detach(): string | number {
    const words = new Uint32Array(3);
    const result = this.library.bus1_peer_detach(this.slot, this.key, words);
    if (result < 0) return result;
    this.port.forget(this);
    return formatKey(this.slot, words);
  }

  end(): void {
    this.library.bus1_peer_end(this.slot, this.key);
    this.port.forget(this);
  }
}
