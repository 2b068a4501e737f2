/**
 * Failures in words: turns the errno of an engine into an error that names the operation and its object.
 *
 * @module
 */

import { ERRNO } from "../port/abi.ts";
import type { EngineName, EnginePeer } from "../port/engine.ts";
import { BusError, busError, quote } from "../port/errors.ts";
import type { Identity } from "./looking/identity.ts";

/** A node or a handle, as far as an error names it. */
export interface Subject {
  readonly id: bigint;
  readonly peer: { readonly engine: EngineName };
}

export class Failures<S extends Subject> {
  readonly #peer: S["peer"];
  readonly #core: EnginePeer;
  readonly #identity: Identity;
  readonly #describe: (subject: S) => string;

  constructor(peer: S["peer"], core: EnginePeer, identity: Identity, describe: (subject: S) => string) {
    this.#peer = peer;
    this.#core = core;
    this.#identity = identity;
    this.#describe = describe;
  }

  /**
   * Makes the error for an errno. `named` are the objects that were passed to the call: the error names the first of them
   * that is not alive on this peer.
   */
  failure(answer: number, doing: string, named: readonly S[] = []): BusError {
    switch (answer) {
      case -ERRNO.ESHUTDOWN:
        return this.#shutdown(doing);
      case -ERRNO.EOPNOTSUPP:
        return busError(answer, doing, this.#core.refusal);
      case -ERRNO.EBADRQC:
        return this.#notAlive(doing, named);
      default:
        return busError(answer, doing);
    }
  }

  #shutdown(doing: string): BusError {
    const { name, detached } = this.#identity;
    const peer = name === null ? "the peer" : `the peer ${quote(name)}`;
    return new BusError("ESHUTDOWN", doing, `${peer} ${detached ? "was detached" : "has ended"}`);
  }

  #notAlive(doing: string, named: readonly S[]): BusError {
    for (const subject of named) {
      const name = this.#describe(subject);
      const { peer } = subject;
      if (peer === this.#peer) {
        if (this.#core.kind(Number(subject.id)) >= 0) continue;
        return new BusError("EBADRQC", doing, `${name} is not alive on this peer`);
      }
      if (peer.engine === this.#identity.engine) return new BusError("EBADRQC", doing, `${name} is another peer's`);
      return new BusError("EOPNOTSUPP", doing, `${name} is on another engine, ${peer.engine}`);
    }
    return new BusError("EBADRQC", doing);
  }

  /** Makes the error of a call between this peer and `other`: says which of the two has ended. */
  failureWith(other: S["peer"], answer: number, doing: string, named: readonly S[] = []): BusError {
    if (answer === -ERRNO.ESHUTDOWN && other !== this.#peer && !this.#core.ended) {
      return new BusError("ESHUTDOWN", doing, "the peer it is for has ended or was detached");
    }
    return this.failure(answer, doing, named);
  }

  /** Makes the error of a message that was not sent. */
  notSent(answer: number, doing: string, named: readonly S[]): BusError {
    if (answer !== -ERRNO.EDQUOT) return this.failure(answer, doing, named);
    return busError(answer, doing, "the receiver's queue is full, or its user's account does not allow for more");
  }
}
