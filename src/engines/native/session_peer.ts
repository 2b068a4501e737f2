/**
 * A peer of the native library, on whichever bus: what is the same for all of them (native/src/isolate/slot.zig). It goes by the
 * number of a slot and a key; being handed over and ending do not depend on what it is a peer of.
 *
 * @module
 */

import { BUS1_MESSAGE_TYPE_NODE_RELEASE, BUS1_MESSAGE_TYPE_USER, ERRNO, MAX_DATA } from "../../port/abi.ts";
import { alignUp } from "../../port/bytes.ts";
import type { EngineName, EnginePeer, Id, ReceiveSink, Ticket, Totals } from "../../port/engine.ts";
import { Chunk, LAST_CHUNK, NO_CHUNK, RECORD_SIZE } from "../../port/records.ts";
import type { PeerSnapshot } from "../../port/snapshot.ts";
import { NO_HANDLES } from "./id_buffer.ts";
import { formatKey, type Key, parseKey } from "./ticket_key.ts";
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

/** The size of the largest record without handles. */
const LARGEST = alignUp(RECORD_SIZE + MAX_DATA);

export abstract class SessionPeer implements Waiter {
  protected abstract readonly engine: EngineName;
  readonly wake: () => void;
  protected readonly library: Library;
  protected readonly port: Port;
  protected readonly slot: number;
  protected readonly key: number;
  /** Where the next messages go: from `#offset` on. */
  #chunk: Chunk = NO_CHUNK;
  #offset = 0;

  constructor({ library, port, slot, key }: Address, wake: () => void) {
    this.library = library;
    this.port = port;
    this.slot = slot;
    this.key = key;
    this.wake = wake;
  }

  /** How many bytes a handle takes in the record of its message. */
  protected abstract readonly handleSize: number;
  /** With less room than this left in a chunk, the next one is begun. */
  protected abstract readonly leastRoom: number;

  /**
   * Has the library receive up to `limit` messages into `buffer`, from `offset` on. Returns how many; `-EMSGSIZE` if the
   * first has no room, and then the size that it needs is written at `offset`, or 0 if that is not known.
   */
  protected abstract receiveInto(buffer: Uint8Array, offset: number, limit: number): number;

  /** The handles that came with the message at `at`; `null` if the peer has ended meanwhile. */
  protected abstract handlesOf(chunk: Chunk, at: number, count: number): Id[] | null;

  receive(limit: number, sink: ReceiveSink): number {
    if (this.#offset + this.leastRoom > this.#chunk.bytes.length) this.#nextChunk();
    const chunk = this.#chunk;
    const received = this.receiveInto(chunk.bytes, this.#offset, limit);
    if (received === -ERRNO.EMSGSIZE) return this.#receiveLarge(chunk.numberAt(this.#offset), limit, sink);
    return received > 0 ? this.#deliver(chunk, this.#offset, received, sink) : received;
  }

  #nextChunk(): void {
    this.#chunk = this.#chunk.next();
    this.#offset = 0;
  }

  /** The first message has no room in what is left of the chunk. `needed`: its size, 0 if that is not known. */
  #receiveLarge(needed: number, limit: number, sink: ReceiveSink): number {
    const size = needed > 0 ? needed : 2 * (this.#chunk.bytes.length - this.#offset);
    if (size * 4 > LAST_CHUNK) return this.#receiveAlone(size, sink);
    do this.#nextChunk(); while (this.#chunk.bytes.length < size);
    return this.receive(limit, sink);
  }

  /** Receives one message into a chunk of its own. */
  #receiveAlone(size: number, sink: ReceiveSink): number {
    const chunk = Chunk.large(size);
    if (chunk === null) return -ERRNO.ENOMEM;
    const received = this.receiveInto(chunk.bytes, 0, 1);
    if (received === -ERRNO.EMSGSIZE && size < LARGEST) {
      return this.#receiveAlone(chunk.numberAt(0) || Math.min(2 * size, LARGEST), sink);
    }
    return received > 0 ? this.#deliver(chunk, 0, received, sink) : received;
  }

  /** Reads `count` records from `at` on. Returns how many, or an errno if the peer has ended meanwhile. */
  #deliver(chunk: Chunk, at: number, count: number, sink: ReceiveSink): number {
    for (let i = 0; i < count; i++) {
      const id = chunk.idAt(at);
      const type = chunk.typeAt(at);
      if (type === BUS1_MESSAGE_TYPE_USER) {
        const handleCount = chunk.handleCountAt(at);
        const handles = handleCount > 0 ? this.handlesOf(chunk, at, handleCount) : NO_HANDLES;
        if (handles === null) {
          this.#nextChunk(); // what was delivered before keeps this one
          return -ERRNO.ESHUTDOWN;
        }
        const start = at + RECORD_SIZE + handleCount * this.handleSize;
        const end = start + chunk.lengthAt(at);
        sink.message(id, chunk.bytes, start, end, handles, chunk.accountAt(at));
        at = alignUp(end);
      } else {
        if (type === BUS1_MESSAGE_TYPE_NODE_RELEASE) sink.nodeRelease(id);
        else sink.handleRelease(id);
        at += RECORD_SIZE;
      }
    }
    if (chunk === this.#chunk) this.#offset = at;
    return count;
  }

  /** Asks the library for one wake. */
  protected abstract armed(): number;

  arm(): number {
    const result = this.port.await(this);
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
