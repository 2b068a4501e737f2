/**
 * A peer of the native library's bus. Calls become calls of the library.
 *
 * @module
 */

import { ERRNO } from "../../port/abi.ts";
import type { EnginePeer, EngineTransaction, Id } from "../../port/engine.ts";
import { type Chunk, RECORD_SIZE } from "../../port/records.ts";
import type { Library } from "../../library/runtimes/runtime.ts";
import { idAt, ids } from "./id_buffer.ts";
import { nameBytes } from "./inspect_reader.ts";
import { SlotPeer } from "./slot_peer.ts";

export class NativePeer extends SlotPeer implements EnginePeer {
  protected override readonly engine = "native";
  override readonly handleSize = 8;
  protected override readonly leastRoom = RECORD_SIZE;

  createNode(other: EnginePeer, out: Id[], name: string | null = null): number {
    const { slot, key } = NativePeer.#address(other);
    const result = name === null
      ? this.library.bus1_node_new(this.slot, this.key, slot, key, ids(2))
      : this.#createNamed(slot, key, nameBytes(name));
    out[0] = idAt(0);
    out[1] = idAt(1);
    return result;
  }

  #createNamed(slot: number, key: number, name: Uint8Array): number {
    return this.library.bus1_node_new_named(this.slot, this.key, slot, key, name, name.length, ids(2));
  }

  copy(handle: Id, other: EnginePeer): number {
    const { slot, key } = NativePeer.#address(other);
    const result = this.library.bus1_handle_copy(this.slot, this.key, handle, slot, key, ids(1));
    return result < 0 ? result : idAt(0);
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
    return result < 0 ? result : new NativeTransaction(this.library, this.slot, this.key, idAt(0));
  }

  kind(id: Id): number {
    return this.library.bus1_kind(this.slot, this.key, id);
  }

  descriptor(): number {
    return this.ended ? -ERRNO.ESHUTDOWN : -ERRNO.EOPNOTSUPP;
  }

  protected override receiveInto(buffer: Uint8Array, offset: number, limit: number): number {
    return this.library.bus1_recv(this.slot, this.key, buffer, offset, buffer.length, limit);
  }

  override handlesOf(chunk: Chunk, at: number, count: number): Id[] {
    return Array.from({ length: count }, (_, i) => chunk.handleAt(at, i));
  }

  look(taken: number, chunk: Uint8Array, limit: number): number {
    return this.library.bus1_look(this.slot, this.key, taken, chunk, chunk.length, limit);
  }

  linger(looks: number): number {
    return this.library.bus1_linger(this.slot, this.key, looks);
  }

  protected override armed(): number {
    return this.library.bus1_arm(this.slot, this.key);
  }

  writable(to: Id, length: number, wake: () => void): number {
    const answer = this.library.bus1_writable(this.slot, this.key, to, length);
    if (answer !== 0) return answer;
    const awaited = this.await(wake);
    // Once more: the first call may have come before there was a wake socket to write to.
    return awaited < 0 ? awaited : this.library.bus1_writable(this.slot, this.key, to, length);
  }

  waitSync(slice: number): number {
    return this.library.bus1_wait(this.slot, this.key, Math.ceil(slice * 1000));
  }
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
