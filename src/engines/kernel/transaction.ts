/**
 * Transactions of the kernel engine. The uapi has two commands that do several things atomically: SEND, which is one
 * message to many handles, and RELEASE. A transaction that becomes one of them can be committed. Anything else is refused
 * when it is added, with the reason, and the transaction stays as it was.
 *
 * @module
 */

import { ERRNO } from "../../port/abi.ts";
import { exactly, ownCopy } from "../../port/bytes.ts";
import type { EngineTransaction, Id } from "../../port/engine.ts";

/** Reasons: the uapi has no command for it. */
const CANNOT = {
  mix: "the kernel has no transaction of both messages and releases",
  otherBytes: "the messages of a transaction become one SEND of the kernel, and must have the same bytes",
  otherHandles: "the messages of a transaction become one SEND of the kernel, and must bring the same handles",
} as const;

/** What a transaction needs of its peer: the two commands, their checks, and a place for the reason of a refusal. */
export interface OneCommand {
  checkSend(before: number, to: readonly Id[], handles: readonly Id[]): number;
  sendMany(to: readonly Id[], data: Uint8Array, length: number, handles: readonly Id[]): number;
  checkRelease(before: Id | undefined, released: readonly Id[]): number;
  release(ids: readonly Id[]): number;
  refuse(why: string): number;
}

export class KernelTransaction implements EngineTransaction {
  readonly #peer: OneCommand;
  /** The one message, once there is one. */
  #message: { to: Id[]; data: Uint8Array; handles: readonly Id[] } | null = null;
  readonly #released = new Set<Id>();
  #spent = false;

  constructor(peer: OneCommand) {
    this.#peer = peer;
  }

  send(to: readonly Id[], bytes: Uint8Array, length: number, handles: readonly Id[]): number {
    const data = exactly(bytes, length);
    if (this.#spent) return -ERRNO.EINVAL;
    const message = this.#message;
    const answer = this.#peer.checkSend(message?.to.length ?? 0, to, handles);
    if (answer < 0 || to.length === 0) return answer;
    if (this.#released.size > 0) return this.#peer.refuse(CANNOT.mix);
    if (message === null) {
      const copy = ownCopy(data);
      if (copy === null) return -ERRNO.ENOMEM;
      this.#message = { to: [...to], data: copy, handles: [...handles] };
      return 0;
    }
    if (!areSame(message.data, data)) return this.#peer.refuse(CANNOT.otherBytes);
    if (!areSame(message.handles, handles)) return this.#peer.refuse(CANNOT.otherHandles);
    for (const id of to) message.to.push(id);
    return 0;
  }

  release(ids: readonly Id[]): number {
    if (this.#spent) return -ERRNO.EINVAL;
    const [first] = this.#released;
    const answer = this.#peer.checkRelease(first, ids);
    if (answer < 0 || ids.length === 0) return answer;
    if (this.#message !== null) return this.#peer.refuse(CANNOT.mix);
    for (const id of ids) this.#released.add(id);
    return 0;
  }

  commit(): number {
    if (this.#spent) return -ERRNO.EINVAL;
    this.#spent = true;
    if (this.#message === null) return this.#peer.release([...this.#released]);
    const { to, data, handles } = this.#message;
    return this.#peer.sendMany(to, data, data.length, handles);
  }

  abort(): void {
    this.#spent = true;
  }
}

function areSame(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
