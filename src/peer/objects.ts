/**
 * The objects of one peer: one object for one id, for as long as that id is valid. An adopted peer knows only ids at first;
 * its objects are made when they are first needed.
 *
 * @module
 */

import type { EnginePeer, Id } from "../port/engine.ts";
import type { Senders } from "./waiting/senders.ts";

/** Makes the objects of a peer. */
export interface ObjectFactory<P, N, H> {
  node(peer: P, id: Id, data: unknown, name: string | null): N;
  handle(peer: P, id: Id): H;
}

/**
 * The caller of each method knows that the id is valid, and whether it is a node's (`N`) or a handle's (`H`) of peer `P`.
 */
export class Objects<P, N, H> {
  readonly #peer: P;
  readonly #core: EnginePeer;
  readonly #senders: Senders;
  readonly #factory: ObjectFactory<P, N, H>;
  readonly #byId = new Map<Id, N | H>();
  /** The node that was asked for last. Mostly the next message arrives there too, and a look-up in the map costs more. */
  #lastNode: N | null = null;
  #lastId: Id = 0;

  constructor(peer: P, core: EnginePeer, senders: Senders, factory: ObjectFactory<P, N, H>) {
    this.#peer = peer;
    this.#core = core;
    this.#senders = senders;
    this.#factory = factory;
  }

  addNode(id: Id, data: unknown, name: string | null): N {
    const node = this.#factory.node(this.#peer, id, data, name);
    this.#byId.set(id, node);
    return node;
  }

  addHandle(id: Id): H {
    const handle = this.#factory.handle(this.#peer, id);
    this.#byId.set(id, handle);
    return handle;
  }

  node(id: Id): N {
    if (id === this.#lastId && this.#lastNode !== null) return this.#lastNode;
    const node = this.#byId.get(id) as N | undefined ?? this.addNode(id, undefined, this.#core.nameOf(id));
    this.#lastNode = node;
    this.#lastId = id;
    return node;
  }

  handle(id: Id): H {
    return this.#byId.get(id) as H | undefined ?? this.addHandle(id);
  }

  /** Returns a node, and forgets it: the last handle to it is gone. */
  takeNode(id: Id): N {
    const node = this.node(id);
    this.forget(id);
    return node;
  }

  /** Returns a handle, and forgets it: its node is gone. */
  takeHandle(id: Id): H {
    const handle = this.handle(id);
    this.forget(id);
    return handle;
  }

  /** The id is not valid any more. */
  forget(id: Id): void {
    this.#byId.delete(id);
    if (id === this.#lastId) this.#forgetLast();
    this.#senders.forget(id);
  }

  /** The peer has ended or was detached. */
  clear(): void {
    this.#byId.clear();
    this.#forgetLast();
  }

  #forgetLast(): void {
    this.#lastNode = null;
    this.#lastId = 0;
  }
}
