/**
 * The kernel engine: the port of `engine.ts` over the native library's bridge to `/dev/bus1`.
 *
 * State is the kernel's, and what the library remembers of it (native/src/device/device_peer.zig). What the uapi, or this device,
 * cannot do as one is refused with the reason, before anything happens: doing it in parts would not be the same.
 *
 * @module
 */

import { ERRNO } from "../../port/abi.ts";
import type { Engine, EnginePeer, EngineTransaction, Id, LiveCounts, OpenOptions, Ticket } from "../../port/engine.ts";
import type { PeerSnapshot } from "../../port/snapshot.ts";
import type { Chunk } from "../../port/records.ts";
import { ids, scratch } from "../native/id_buffer.ts";
import { openLibrary } from "../../library/library.ts";
import { Port } from "../native/wake_socket.ts";
import type { Library } from "../../library/runtimes/runtime.ts";
import { nameBytes, readAll } from "../native/inspect_reader.ts";
import { type Address, adopt, inspectOwn, revoke, SessionPeer } from "../native/session_peer.ts";
import { defaultDevice } from "../../port/environment.ts";
import { bitsOf, describeFaults, probe } from "./probe.ts";
import { KernelTransaction } from "./transaction.ts";

/** Opens the kernel engine, or says why it cannot be. `caution`: what is wrong with the device. */
export function openKernel(): { engine: Engine; caution?: string } | { reason: string } {
  const opened = openLibrary();
  if ("reason" in opened) return opened;
  const { library, runtime } = opened;
  const path = defaultDevice();
  const findings = probe(library, path);
  if ("reason" in findings) return findings;
  const { faults } = findings;
  const number = library.bus1_isolate_open();
  if (number < 0) return { reason: "too many threads of this process use the native library" };
  const engine = new KernelEngine(library, new Port(number, library, runtime), path, bitsOf(faults));
  if (faults.length === 0) return { engine };
  return { engine, caution: `${path} breaks the contract: ${describeFaults(faults)}` };
}

/** The bus of the kernel, or of whoever stands in for it. */
class KernelEngine implements Engine {
  readonly name = "kernel";
  readonly #library: Library;
  readonly #port: Port;
  readonly #path: Uint8Array;
  /** What is wrong with the device, bit by bit. */
  readonly #faults: number;
  readonly #words: Uint32Array = new Uint32Array(2);

  constructor(library: Library, port: Port, path: string, faults: number) {
    this.#library = library;
    this.#port = port;
    this.#path = new TextEncoder().encode(path);
    this.#faults = faults;
  }

  open(wake: () => void, { account, maxQueued, name }: OpenOptions = {}): EnginePeer | number {
    if (account !== undefined || maxQueued !== undefined) return -ERRNO.EOPNOTSUPP;
    const path = this.#path;
    const bytes = nameBytes(name);
    const { number } = this.#port;
    const [faults, words] = [this.#faults, this.#words];
    const open = this.#library.bus1_device_open;
    return this.#made(open(number, path, path.length, faults, bytes, bytes.length, words), wake);
  }

  take(fd: number, wake: () => void, name?: string | null): EnginePeer | number {
    const bytes = nameBytes(name);
    const [faults, words] = [this.#faults, this.#words];
    const take = this.#library.bus1_device_take;
    return this.#made(take(this.#port.number, fd, faults, bytes, bytes.length, words), wake);
  }

  #made(result: number, wake: () => void): EnginePeer | number {
    return result < 0 ? result : this.#peer(this.#words[0]!, this.#words[1]!, wake);
  }

  #peer(slot: number, key: number, wake: () => void): EnginePeer {
    return new KernelPeer({ library: this.#library, port: this.#port, slot, key }, this.#faults, wake);
  }

  adopt(ticket: Ticket, wake: () => void): EnginePeer | number {
    return adopt(
      ticket,
      ({ slot, key, serialHigh, serialLow }, out) =>
        this.#library.bus1_device_adopt(this.#port.number, slot, key, serialHigh, serialLow, out),
      (slot, key) => this.#peer(slot, key, wake),
    );
  }

  revoke(ticket: Ticket): number {
    return revoke(this.#library, ticket);
  }

  liveCounts(): LiveCounts {
    const counts = new Float64Array(3);
    this.#library.bus1_device_counts(counts);
    const [peers, nodes, handles] = counts as unknown as [number, number, number];
    return { peers, nodes, handles, messages: 0, bytes: 0 };
  }

  inspect(own: readonly EnginePeer[]): PeerSnapshot[] {
    const seen = inspectOwn(own);
    return readAll("kernel", seen, (buffer, size) => this.#library.bus1_inspect_devices(buffer, size));
  }
}

/** What a device with certain faults cannot do. */
const CANNOT = {
  severalDestinations: "this device cannot send to several handles at once (F2), and one by one would not be the same",
  severalTransfers: "this device cannot send several handles along (F1, F2): trying would kill this thread (F5)",
  severalReleases: "this device cannot release several at once (F2), and one by one would not be the same",
  uncertainTransfer:
    "another process may have this peer too, and on this device (F5) the transfer of a handle that it " +
    "has released would kill this thread",
  uncertainId: "the id may have come by another process, and asking this device for one that it does not know would " +
    "kill this thread (F5)",
  roomTold: "the device does not tell when there is room in a queue",
  otherDevice: "the two peers are not on the same device",
} as const;

/** A peer on the device. */
export class KernelPeer extends SessionPeer implements EnginePeer {
  protected override readonly engine = "kernel";
  protected override readonly handleSize = 0;
  /** A receive with too little room costs a system call in vain. */
  protected override readonly leastRoom = 1 << 10;
  refusal = "";
  readonly #faults: number;

  constructor(address: Address, faults: number, wake: () => void) {
    super(address, wake);
    this.#faults = faults;
  }

  /** Says why something cannot be done. */
  refuse(why: string): number {
    this.refusal = why;
    return -ERRNO.EOPNOTSUPP;
  }

  /** The answer of the library, which knows what cannot be done, but not in words. */
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
    out[0] = scratch[0]!;
    out[1] = scratch[1]!;
    return this.#answer(answer, CANNOT.otherDevice);
  }

  copy(handle: Id, other: EnginePeer): number {
    const { slot, key } = KernelPeer.#address(other);
    const answer = this.library.bus1_device_copy(this.slot, this.key, handle, slot, key, ids(1));
    return answer < 0 ? this.#answer(answer, CANNOT.otherDevice) : scratch[0]!;
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

  /** Whether that could be sent, after `before` other destinations in the same message. */
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

  /** Whether these could be released as one, together with `before`, if that is an id. */
  checkRelease(before: Id | undefined, released: readonly Id[]): number {
    const buffer = ids(released.length, released);
    const answer = this.library.bus1_device_check_release(this.slot, this.key, buffer, released.length);
    const several = before !== undefined && released.some((id) => id !== before);
    if (answer >= 0 && several && this.#has(2)) return this.refuse(CANNOT.severalReleases);
    return this.#answer(answer, CANNOT.severalReleases);
  }

  transaction(): EngineTransaction | number {
    return this.kind(0) === -ERRNO.ESHUTDOWN ? -ERRNO.ESHUTDOWN : new KernelTransaction(this);
  }

  kind(id: Id): number {
    return this.#answer(this.library.bus1_device_kind(this.slot, this.key, id), CANNOT.uncertainId);
  }

  protected override receiveInto(buffer: Uint8Array, offset: number, limit: number): number {
    return this.library.bus1_device_recv(this.slot, this.key, buffer, offset, buffer.length, limit);
  }

  /** Only the last message of a receive has handles, and the library keeps them until the next call. */
  protected override handlesOf(_chunk: Chunk, _at: number, count: number): Id[] | null {
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
