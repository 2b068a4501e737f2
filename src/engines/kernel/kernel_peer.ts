/**
 * A peer on the kernel's device. What the uapi or this device cannot do atomically is refused with the reason, before
 * anything happens: doing it in parts would not be the same.
 *
 * @module
 */

import { ERRNO } from "../../port/abi.ts";
import type { EnginePeer, EngineTransaction, Id } from "../../port/engine.ts";
import type { Chunk } from "../../port/records.ts";
import { idAt, ids } from "../native/id_buffer.ts";
import { nameBytes } from "../native/inspect_reader.ts";
import { type Address, SlotPeer } from "../native/slot_peer.ts";
import { KernelTransaction, type OneCommand } from "./transaction.ts";

/** What a device with certain faults cannot do. */
const CANNOT = {
  severalDestinations: "this device cannot send to several handles at once (F2), and one by one would not be the same",
  severalTransfers: "this device cannot send several handles along (F1, F2): trying would kill this thread (F5)",
  severalReleases: "this device cannot release several at once (F2), and one by one would not be the same",
  uncertainTransfer:
    "another process may have this peer too, and on this device (F5) the transfer of a handle that it " +
    "has released would kill this thread",
  uncertainId:
    "the id may have come through another process, and asking this device for an id that it does not know would " +
    "kill this thread (F5)",
  roomTold: "the device does not report when there is room in a queue",
  otherDevice: "the two peers are not on the same device",
} as const;

/** A peer on the device. */
export class KernelPeer extends SlotPeer implements EnginePeer, OneCommand {
  protected override readonly engine = "kernel";
  override readonly handleSize = 0;
  /** A receive that does not fit costs a system call for nothing. */
  protected override readonly leastRoom = 1 << 10;
  refusal = "";
  readonly #faults: number;

  constructor(address: Address, faults: number) {
    super(address);
    this.#faults = faults;
  }

  /** Records the reason why something cannot be done. Returns the errno for it. */
  refuse(why: string): number {
    this.refusal = why;
    return -ERRNO.EOPNOTSUPP;
  }

  /** Adds the reason to a result of the library that has none. */
  #answer(answer: number, why: string): number {
    return answer === -ERRNO.EOPNOTSUPP ? this.refuse(why) : answer;
  }

  #has(fault: number): boolean {
    return (this.#faults & 1 << fault) !== 0;
  }

  descriptor(): number {
    return this.library.bus1_device_fd(this.slot, this.key);
  }

  createNode(other: EnginePeer, out: Id[], name: string | null = null): number {
    const { slot, key } = KernelPeer.#address(other);
    const bytes = nameBytes(name);
    const answer = this.library.bus1_device_node(this.slot, this.key, slot, key, bytes, bytes.length, ids(2));
    out[0] = idAt(0);
    out[1] = idAt(1);
    return this.#answer(answer, CANNOT.otherDevice);
  }

  copy(handle: Id, other: EnginePeer): number {
    const { slot, key } = KernelPeer.#address(other);
    const answer = this.library.bus1_device_copy(this.slot, this.key, handle, slot, key, ids(1));
    return answer < 0 ? this.#answer(answer, CANNOT.otherDevice) : idAt(0);
  }

  static #address(peer: EnginePeer): { slot: number; key: number } {
    const other = peer as KernelPeer;
    return { slot: other.slot, key: other.key };
  }

  send(to: Id, data: Uint8Array, length: number): number {
    return this.library.bus1_device_send(this.slot, this.key, to, data, length);
  }

  sendMany(to: readonly Id[], data: Uint8Array, length: number, handles: readonly Id[]): number {
    const answer = this.library.bus1_device_send_many(
      this.slot,
      this.key,
      ids(to.length + handles.length, to, handles),
      to.length,
      handles.length,
      data,
      length,
    );
    return answer < 0 ? this.#answer(answer, this.#whyNotSent(to.length, handles.length)) : answer;
  }

  /** Checks whether that could be sent, after `before` other destinations in the same message. */
  checkSend(before: number, to: readonly Id[], handles: readonly Id[]): number {
    const answer = this.library.bus1_device_check_send(
      this.slot,
      this.key,
      ids(to.length + handles.length, to, handles),
      to.length,
      handles.length,
    );
    if (answer < 0) return this.#answer(answer, this.#whyNotSent(to.length, handles.length));
    return before > 0 && to.length > 0 && this.#has(2) ? this.refuse(CANNOT.severalDestinations) : answer;
  }

  #whyNotSent(destinations: number, transfers: number): string {
    if (destinations > 1 && this.#has(2)) return CANNOT.severalDestinations;
    return transfers > 1 ? CANNOT.severalTransfers : CANNOT.uncertainTransfer;
  }

  release(released: readonly Id[]): number {
    const buffer = ids(released.length, released);
    const answer = this.library.bus1_device_release(this.slot, this.key, buffer, released.length);
    return this.#answer(answer, CANNOT.severalReleases);
  }

  /** Checks whether these could be released at once, together with `before`, if that is an id. */
  checkRelease(before: Id | undefined, released: readonly Id[]): number {
    const buffer = ids(released.length, released);
    const answer = this.library.bus1_device_check_release(this.slot, this.key, buffer, released.length);
    const several = before !== undefined && released.some((id) => id !== before);
    if (answer >= 0 && several && this.#has(2)) return this.refuse(CANNOT.severalReleases);
    return this.#answer(answer, CANNOT.severalReleases);
  }

  transaction(): EngineTransaction | number {
    return this.ended ? -ERRNO.ESHUTDOWN : new KernelTransaction(this);
  }

  kind(id: Id): number {
    return this.#answer(this.library.bus1_device_kind(this.slot, this.key, id), CANNOT.uncertainId);
  }

  protected override receiveInto(buffer: Uint8Array, offset: number, limit: number): number {
    return this.library.bus1_device_recv(this.slot, this.key, buffer, offset, buffer.length, limit);
  }

  /** Only the last message of a receive has handles, and the library keeps them until the next call. */
  override handlesOf(_chunk: Chunk, _at: number, count: number): Id[] | null {
    const buffer = ids(count);
    const answer = this.library.bus1_device_transfers(this.slot, this.key, buffer, count);
    return answer < 0 ? null : Array.from(buffer.subarray(0, count));
  }

  protected override armed(): number {
    return this.library.bus1_device_arm(this.slot, this.key);
  }

  writable(to: Id): number {
    const answer = this.kind(to);
    return answer < 0 ? answer : this.refuse(CANNOT.roomTold);
  }

  waitSync(slice: number): number {
    return this.library.bus1_device_wait(this.slot, this.key, Math.ceil(slice * 1000));
  }
}
