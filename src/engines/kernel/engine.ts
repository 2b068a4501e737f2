/**
 * The kernel engine: the bus behind `/dev/bus1`, through the native library's bridge to it.
 *
 * State is in the kernel. The library remembers the ids of its peers (native/src/device/device_peer.zig).
 *
 * @module
 */

import { ERRNO } from "../../port/abi.ts";
import type { Engine, EnginePeer, LiveCounts, OpenOptions, Ticket } from "../../port/engine.ts";
import { defaultDevice } from "../../port/environment.ts";
import type { PeerSnapshot } from "../../port/snapshot.ts";
import { openLibrary } from "../../library/library.ts";
import type { Library } from "../../library/runtimes/runtime.ts";
import { inspectOwn, nameBytes, readAll } from "../native/inspect_reader.ts";
import { adopt, revoke } from "../native/tickets.ts";
import { WakeSocket } from "../native/wake_socket.ts";
import { KernelPeer } from "./kernel_peer.ts";
import { bitsOf, describeFaults, probe } from "./probe.ts";

/** Opens the kernel engine, or returns the reason why it does not work here. `caution`: the faults of the device. */
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
  const engine = new KernelEngine(library, new WakeSocket(number, library, runtime), path, bitsOf(faults));
  if (faults.length === 0) return { engine };
  return { engine, caution: `${path} breaks the contract: ${describeFaults(faults)}` };
}

/** The bus of the kernel, or of a device that emulates it. */
class KernelEngine implements Engine {
  readonly name = "kernel";
  readonly #library: Library;
  readonly #wakeSocket: WakeSocket;
  readonly #path: Uint8Array;
  /** The faults of the device, as the library takes them. */
  readonly #faults: number;
  /** Where the library writes the slot and the key of a new peer. */
  readonly #words: Uint32Array = new Uint32Array(2);

  constructor(library: Library, wakeSocket: WakeSocket, path: string, faults: number) {
    this.#library = library;
    this.#wakeSocket = wakeSocket;
    this.#path = new TextEncoder().encode(path);
    this.#faults = faults;
  }

  open({ account, maxQueued, name }: OpenOptions = {}): EnginePeer | number {
    if (account !== undefined || maxQueued !== undefined) return -ERRNO.EOPNOTSUPP;
    const path = this.#path;
    const bytes = nameBytes(name);
    const { isolate } = this.#wakeSocket;
    const [faults, words] = [this.#faults, this.#words];
    const open = this.#library.bus1_device_open;
    return this.#made(open(isolate, path, path.length, faults, bytes, bytes.length, words));
  }

  take(fd: number, name?: string | null): EnginePeer | number {
    const bytes = nameBytes(name);
    const [faults, words] = [this.#faults, this.#words];
    const take = this.#library.bus1_device_take;
    return this.#made(take(this.#wakeSocket.isolate, fd, faults, bytes, bytes.length, words));
  }

  #made(result: number): EnginePeer | number {
    return result < 0 ? result : this.#peer(this.#words[0] ?? 0, this.#words[1] ?? 0);
  }

  #peer(slot: number, key: number): EnginePeer {
    return new KernelPeer({ library: this.#library, wakeSocket: this.#wakeSocket, slot, key }, this.#faults);
  }

  adopt(ticket: Ticket): EnginePeer | number {
    return adopt(
      ticket,
      ({ slot, key, serialHigh, serialLow }, out) =>
        this.#library.bus1_device_adopt(this.#wakeSocket.isolate, slot, key, serialHigh, serialLow, out),
      (slot, key) => this.#peer(slot, key),
    );
  }

  revoke(ticket: Ticket): number {
    return revoke(this.#library, ticket);
  }

  liveCounts(): LiveCounts {
    const counts = new Float64Array(3);
    this.#library.bus1_device_counts(counts);
    const [peers = 0, nodes = 0, handles = 0] = counts;
    return { peers, nodes, handles, messages: 0, bytes: 0 };
  }

  inspect(own: readonly EnginePeer[]): PeerSnapshot[] {
    return readAll("kernel", inspectOwn(own), (buffer, size) => this.#library.bus1_inspect_devices(buffer, size));
  }
}
