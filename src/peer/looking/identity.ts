/**
 * The identity of a peer: what it is called in errors, in print and in its trace, and whether it was detached.
 *
 * @module
 */

import { ERRNO } from "../../port/abi.ts";
import type { EngineName, EnginePeer } from "../../port/engine.ts";
import { quote } from "../../port/errors.ts";
import type { Shown } from "./printing.ts";

export class Identity {
  readonly engine: EngineName;
  /** The name that the peer was opened with. */
  readonly name: string | null;
  /** Whether the peer was detached: it lives, but this object cannot use it. */
  detached = false;
  readonly #core: EnginePeer;
  #number = 0;

  constructor(engine: EngineName, core: EnginePeer, name: string | null) {
    this.engine = engine;
    this.name = name;
    this.#core = core;
  }

  /** Distinguishes the peer from the others of its engine; 0 if it ended before its number was asked for. */
  get number(): number {
    if (this.#number === 0) {
      const totals = this.#core.totals();
      if (typeof totals !== "number") this.#number = totals.number;
    }
    return this.#number;
  }

  /** Returns `Peer "server"`, or with its number `Peer 2`. */
  title(): string {
    if (this.name !== null) return `Peer ${quote(this.name)}`;
    return this.number === 0 ? "Peer" : `Peer ${this.number}`;
  }

  /** Returns how the peer prints. */
  shown(): Shown {
    const { engine } = this;
    if (this.detached) return [this.title(), { engine, detached: true }];
    const totals = this.#core.totals();
    if (typeof totals === "number") return [this.title(), { engine, ended: totals === -ERRNO.ESHUTDOWN }];
    const { nodes, handles, queued } = totals;
    return [this.title(), { engine, nodes, handles, ...(queued === null ? {} : { queued: queued.messages }) }];
  }
}
