/**
 * A peer in a slot of the native library (native/src/isolate/slot.zig): on the library's own bus or on the kernel's. Receiving
 * records, waking, detaching and ending are the same for both.
 *
 * @module
 */

import { ERRNO, MAX_DATA } from "../../port/abi.ts";
import { alignUp } from "../../port/bytes.ts";
import type { EngineName, Id, MessageFactory, Totals } from "../../port/engine.ts";
import { Chunk, LAST_CHUNK, RECORD_SIZE } from "../../port/records.ts";
import type { PeerSnapshot } from "../../port/snapshot.ts";
import { formatKey } from "./tickets.ts";
import { type HandleSource, RecordReader } from "./record_reader.ts";
import type { Waiter, WakeSocket } from "./wake_socket.ts";
import type { Library } from "../../library/runtimes/runtime.ts";
import { readName, readPeer, readTotals } from "./inspect_reader.ts";

/** The place of a peer, and what it needs of its isolate. */
export interface Address {
  readonly library: Library;
  readonly wakeSocket: WakeSocket;
  readonly slot: number;
  readonly key: number;
}

/** The size of the largest record without handles. */
const LARGEST = alignUp(RECORD_SIZE + MAX_DATA);

export abstract class SlotPeer implements Waiter, HandleSource {
  protected abstract readonly engine: EngineName;
  wake: () => void = () => {};
  protected readonly library: Library;
  readonly #wakeSocket: WakeSocket;
  readonly slot: number;
  readonly key: number;
  /** Where the library writes the next messages, and where they are read. */
  readonly #records: RecordReader = new RecordReader();

  constructor({ library, wakeSocket, slot, key }: Address) {
    this.library = library;
    this.#wakeSocket = wakeSocket;
    this.slot = slot;
    this.key = key;
  }

  abstract kind(id: Id): number;

  get ended(): boolean {
    return this.kind(0) === -ERRNO.ESHUTDOWN;
  }

  abstract readonly handleSize: number;
  /** With less room than this left in a chunk, the next one is begun. */
  protected abstract readonly leastRoom: number;

  /**
   * Has the library receive up to `limit` messages into `buffer`, from `offset` on. Returns how many; `-EMSGSIZE` if the
   * first has no room, and then the size that it needs is written at `offset`, or 0 if that is not known.
   */
  protected abstract receiveInto(buffer: Uint8Array, offset: number, limit: number): number;

  abstract handlesOf(chunk: Chunk, at: number, count: number): Id[] | null;

  receive<M>(factory: MessageFactory<M>): M | number {
    const received = this.#fetch(1);
    if (received > 0) return this.#records.next(factory, this) ?? -ERRNO.ESHUTDOWN;
    return received === -ERRNO.EMSGSIZE ? this.#receiveAlone(this.#sizeOfNext(), factory) : received;
  }

  receiveMany<M>(limit: number, factory: MessageFactory<M>, into: M[]): number {
    const received = this.#fetch(limit);
    for (let i = 0; i < received; i++) {
      const message = this.#records.next(factory, this);
      if (message === null) return -ERRNO.ESHUTDOWN;
      into.push(message);
    }
    if (received !== -ERRNO.EMSGSIZE) return received;
    const message = this.#receiveAlone(this.#sizeOfNext(), factory);
    if (typeof message === "number") return message;
    into.push(message);
    return 1;
  }

  /** Receives up to `limit` messages as records; `-EMSGSIZE` if the first needs a chunk of its own. */
  #fetch(limit: number): number {
    const records = this.#records;
    if (records.room < this.leastRoom) records.renew();
    const received = this.receiveInto(records.chunk.bytes, records.offset, limit);
    if (received !== -ERRNO.EMSGSIZE || this.#sizeOfNext() * 4 > LAST_CHUNK) return received;
    records.renew(this.#sizeOfNext());
    return this.#fetch(limit); // the size may have been a guess
  }

  /** Returns the size that the first message needs, or a guess if it is not known. */
  #sizeOfNext(): number {
    return this.#records.neededSize || 2 * this.#records.room;
  }

  /** Receives one message into a chunk of its own. */
  #receiveAlone<M>(size: number, factory: MessageFactory<M>): M | number {
    const chunk = Chunk.large(size);
    if (chunk === null) return -ERRNO.ENOMEM;
    const alone = new RecordReader(chunk);
    const received = this.receiveInto(chunk.bytes, 0, 1);
    if (received === -ERRNO.EMSGSIZE && size < LARGEST) {
      return this.#receiveAlone(alone.neededSize || Math.min(2 * size, LARGEST), factory);
    }
    return received > 0 ? alone.next(factory, this) ?? -ERRNO.ESHUTDOWN : received;
  }

  /** Asks the library for one wake. */
  protected abstract armed(): number;

  /** Has the isolate's wake socket call `wake` once. */
  protected await(wake: () => void): number {
    this.wake = wake;
    return this.#wakeSocket.await(this);
  }

  arm(wake: () => void): number {
    const result = this.await(wake);
    if (result < 0) return result;
    const answer = this.armed();
    if (answer < 0) this.#wakeSocket.forget(this);
    return answer;
  }

  disarm(): void {
    this.#wakeSocket.forget(this);
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
    this.#wakeSocket.forget(this);
    return formatKey(this.slot, words);
  }

  end(): void {
    this.library.bus1_peer_end(this.slot, this.key);
    this.#wakeSocket.forget(this);
  }
}
