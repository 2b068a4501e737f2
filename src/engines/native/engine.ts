/**
 * The native engine: the port of `engine.ts` over the functions of the native library.
 *
 * All state is the library's; what is here turns calls into calls, and records of received messages into messages.
 *
 * @module
 */

import {
  ERRNO,
  MESSAGE_NODE_RELEASE,
  MESSAGE_USER,
  OPTION_BYTES,
  OPTION_MAX_BYTES,
  OPTION_MAX_MESSAGES,
  OPTION_OBJECTS,
  OPTION_USER,
  OPTIONS,
  RECORD_ACCOUNT,
  RECORD_ID,
  RECORD_N_DATA,
  RECORD_N_TRANSFERS,
  RECORD_SIZE,
  RECORD_TYPE,
} from "../../port/abi.ts";
import type {
  Engine,
  EnginePeer,
  EngineTransaction,
  Id,
  LiveCounts,
  OpenOptions,
  ReceiveSink,
  Ticket,
} from "../../port/engine.ts";
import type { PeerSnapshot } from "../../port/snapshot.ts";
import { Chunk, LAST_CHUNK } from "../../port/chunk.ts";
import { ids, NO_HANDLES, scratch } from "./id_buffer.ts";
import { openLibrary } from "../../library/library.ts";
import { Port } from "./wake_socket.ts";
import type { Library } from "../../library/runtimes/runtime.ts";
import { nameBytes, readAll } from "./inspect_reader.ts";
import { adopt, inspectOwn, revoke, SessionPeer } from "./session_peer.ts";

/** Opens the native engine, or says why it cannot be. */
export function openNative(): { engine: Engine } | { reason: string } {
  const opened = openLibrary();
  if ("reason" in opened) return opened;
  const { library, runtime } = opened;
  const number = library.bus1_port_open();
  if (number < 0) return { reason: "too many threads of this process use the native library" };
  return { engine: new NativeEngine(library, new Port(number, library, runtime)) };
}

/** The bus of this process, shared by all its threads. */
class NativeEngine implements Engine {
  readonly name = "native";
  readonly #library: Library;
  readonly #port: Port;
  readonly #words: Uint32Array = new Uint32Array(2);

  constructor(library: Library, port: Port) {
    this.#library = library;
    this.#port = port;
  }

  open(wake: () => void, { account, maxQueued, name }: OpenOptions = {}): EnginePeer | number {
    const options = new Float64Array(OPTIONS).fill(NaN);
    options[OPTION_USER] = account?.user ?? NaN;
    options[OPTION_OBJECTS] = account?.objects ?? NaN;
    options[OPTION_BYTES] = account?.bytes ?? NaN;
    options[OPTION_MAX_MESSAGES] = maxQueued?.messages ?? NaN;
    options[OPTION_MAX_BYTES] = maxQueued?.bytes ?? NaN;
    const bytes = nameBytes(name);
    const result = this.#library.bus1_peer_open(this.#port.number, options, bytes, bytes.length, this.#words);
    if (result < 0) return result;
    return this.#peer(this.#words[0]!, this.#words[1]!, wake);
  }

  adopt(ticket: Ticket, wake: () => void): EnginePeer | number {
    return adopt(
      ticket,
      ({ slot, key, serialHigh, serialLow }, out) =>
        this.#library.bus1_peer_adopt(this.#port.number, slot, key, serialHigh, serialLow, out),
      (slot, key) => this.#peer(slot, key, wake),
    );
  }

  revoke(ticket: Ticket): number {
    return revoke(this.#library, ticket);
  }

  #peer(slot: number, key: number, wake: () => void): EnginePeer {
    return new NativePeer({ library: this.#library, port: this.#port, slot, key }, wake);
  }

  liveCounts(): LiveCounts {
    const counts = new Float64Array(5);
    this.#library.bus1_live_counts(counts);
    const [peers, nodes, handles, messages, bytes] = counts as unknown as [number, number, number, number, number];
    return { peers, nodes, handles, messages, bytes };
  }

  inspect(own: readonly EnginePeer[]): PeerSnapshot[] {
    const seen = inspectOwn(own);
    return readAll("native", seen, (buffer, size) => this.#library.bus1_inspect(buffer, size));
  }
}

class NativePeer extends SessionPeer implements EnginePeer {
  protected override readonly engine = "native";

  createNode(other: EnginePeer, out: Id[], name: string | null = null): number {
    const { slot, key } = NativePeer.#address(other);
    const result = name === null
      ? this.library.bus1_node_new(this.slot, this.key, slot, key, ids(2))
      : this.#createNamed(slot, key, nameBytes(name));
    out[0] = scratch[0]!;
    out[1] = scratch[1]!;
    return result;
  }

  #createNamed(slot: number, key: number, name: Uint8Array): number {
    return this.library.bus1_node_new_named(this.slot, this.key, slot, key, name, name.length, ids(2));
  }

  copy(handle: Id, other: EnginePeer): number {
    const { slot, key } = NativePeer.#address(other);
    const result = this.library.bus1_handle_copy(this.slot, this.key, handle, slot, key, ids(1));
    return result < 0 ? result : scratch[0]!;
  }

  static #address(peer: EnginePeer): { slot: number; key: number } {
    const native = peer as NativePeer;
    return { slot: native.slot, key: native.key };
  }

  send(to: Id, data: Uint8Array, length: number): number {
    return this.library.bus1_send(this.slot, this.key, to, data, length);
  }

  sendEach(to: Id, frames: Uint8Array, size: number): number {
    return this.library.bus1_send_each(this.slot, this.key, to, frames, size);
  }

  sendMany(to: readonly Id[], data: Uint8Array, length: number, handles: readonly Id[]): number {
    return this.library.bus1_send_many(
      this.slot,
      this.key,
      ids(to.length + handles.length, to, handles),
      to.length,
      handles.length,
      data,
      length,
    );
  }

  release(released: readonly Id[]): number {
    return this.library.bus1_release(this.slot, this.key, ids(released.length, released), released.length);
  }

  transaction(): EngineTransaction | number {
    const result = this.library.bus1_op_new(this.slot, this.key, ids(1));
    return result < 0 ? result : new NativeTransaction(this.library, this.slot, this.key, scratch[0]!);
  }

  kind(id: Id): number {
    return this.library.bus1_kind(this.slot, this.key, id);
  }

  receive(limit: number, sink: ReceiveSink): number {
    if (this.offset + RECORD_SIZE > this.chunk.bytes.length) this.nextChunk();
    const chunk = this.chunk;
    const offset = this.offset;
    const received = this.library.bus1_recv(this.slot, this.key, chunk.bytes, offset, chunk.bytes.length, limit);
    if (received > 0) this.offset = deliver(chunk, offset, received, sink);
    else if (received === -ERRNO.EMSGSIZE) return this.#receiveLarge(chunk.numbers[offset >> 3]!, limit, sink);
    return received;
  }

  /** The first message has no room in what is left of the chunk. */
  #receiveLarge(size: number, limit: number, sink: ReceiveSink): number {
    if (size * 4 <= LAST_CHUNK) {
      do this.nextChunk(); while (this.chunk.bytes.length < size);
      return this.receive(limit, sink);
    }
    // One of its own.
    const chunk = Chunk.large(size);
    if (chunk === null) return -ERRNO.ENOMEM;
    const received = this.library.bus1_recv(this.slot, this.key, chunk.bytes, 0, size, 1);
    if (received > 0) deliver(chunk, 0, received, sink);
    return received;
  }

  look(taken: number, chunk: Chunk, limit: number): number {
    return this.library.bus1_look(this.slot, this.key, taken, chunk.bytes, chunk.bytes.length, limit);
  }

  linger(looks: number): number {
    return this.library.bus1_linger(this.slot, this.key, looks);
  }

  protected override armed(): number {
    return this.library.bus1_arm(this.slot, this.key);
  }

  writable(to: Id, length: number): number {
    const answer = this.library.bus1_writable(this.slot, this.key, to, length);
    if (answer !== 0) return answer;
    const awaited = this.port.await(this);
    // Once more: before there was a socket nobody could write to it.
    return awaited < 0 ? awaited : this.library.bus1_writable(this.slot, this.key, to, length);
  }

  waitSync(slice: number): number {
    return this.library.bus1_wait(this.slot, this.key, Math.ceil(slice * 1000));
  }
}

/** Reads `count` records from `offset` on; answers where they end. */
function deliver(chunk: Chunk, offset: number, count: number, sink: ReceiveSink): number {
  const { bytes, words, numbers } = chunk;
  for (let i = 0; i < count; i++) {
    const word = offset >> 2;
    const id = numbers[(offset + RECORD_ID) >> 3]!;
    const type = words[word + RECORD_TYPE];
    const account = words[word + RECORD_ACCOUNT]!;
    offset += RECORD_SIZE;
    if (type === MESSAGE_USER) {
      const transfers = words[word + RECORD_N_TRANSFERS]!;
      let handles = NO_HANDLES;
      if (transfers > 0) {
        handles = Array.from(numbers.subarray(offset >> 3, (offset >> 3) + transfers));
        offset += transfers * 8;
      }
      const end = offset + words[word + RECORD_N_DATA]!;
      sink.message(id, bytes, offset, end, handles, account);
      offset = (end + 7) & ~7; // wrong beyond 2 GiB, in a chunk of its own, where nothing follows
    } else if (type === MESSAGE_NODE_RELEASE) {
      sink.nodeRelease(id);
    } else {
      sink.handleRelease(id);
    }
  }
  return offset;
}

class NativeTransaction implements EngineTransaction {
  readonly #library: Library;
  readonly #slot: number;
  readonly #key: number;
  readonly #id: number;

  constructor(library: Library, slot: number, key: number, id: number) {
    this.#library = library;
    this.#slot = slot;
    this.#key = key;
    this.#id = id;
  }

  send(to: readonly Id[], data: Uint8Array, length: number, handles: readonly Id[]): number {
    return this.#library.bus1_op_send(
      this.#slot,
      this.#key,
      this.#id,
      ids(to.length + handles.length, to, handles),
      to.length,
      handles.length,
      data,
      length,
    );
  }

  release(released: readonly Id[]): number {
    return this.#library.bus1_op_release(
      this.#slot,
      this.#key,
      this.#id,
      ids(released.length, released),
      released.length,
    );
  }

  commit(): number {
    return this.#library.bus1_op_commit(this.#slot, this.#key, this.#id);
  }

  abort(): void {
    this.#library.bus1_op_free(this.#slot, this.#key, this.#id);
  }
}
