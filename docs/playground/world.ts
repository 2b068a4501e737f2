/**
 * A bus of the TypeScript engine, and the texts of the board about it.
 *
 * The bus is the real one, used through the facade as any program uses it. Beside it stands only what the facade does
 * not report: the node of each handle, the sender of each message, and why an object is gone. The contents of queues
 * are not guessed: {@linkcode queuesOf} runs the same actions on another bus, and receives there.
 *
 * @module
 */

import { BusError, type Handle, type Message, type Node, Peer } from "@bus1/bus1/typescript";
import { type Action, checkAction, type Item, LIMITS, type Ref, type Sending, workOf } from "./action.ts";
import { at } from "./list.ts";
import * as program from "./program.ts";
import { and, quoted } from "./words.ts";

/** Whether an object can be used, or why it cannot. */
type State = "live" | "released" | "gone" | "closed";

interface PeerView {
  readonly name: string;
  readonly peer: Peer;
  closed: boolean;
}

interface NodeView {
  readonly owner: number;
  readonly node: Node;
  state: State;
  /** How it ended, with the name of the peer that ended it. */
  cause: string;
  /** How its last handle went, with the name of the peer that held it. */
  dropped: string;
  /** Messages to it that were not received yet, in their order. */
  readonly coming: Coming[];
}

interface HandleView {
  readonly owner: number;
  readonly handle: Handle;
  /** The node that it leads to. */
  readonly node: number;
  state: State;
}

interface Coming {
  readonly from: number;
  /** The nodes of the handles that it brings. */
  readonly brings: readonly number[];
}

/** What happened, in words and as lines of TypeScript. */
export interface Entry {
  readonly words: readonly string[];
  readonly code: readonly string[];
  /** Whether the bus refused it. */
  readonly failed: boolean;
}

/** An action names an object that never existed: no board makes such a scenario. */
export class Unknown extends Error {}

export class World {
  readonly peers: PeerView[] = [];
  readonly nodes: NodeView[] = [];
  readonly handles: HandleView[] = [];
  readonly log: Entry[] = [];
  /** The number of messages received so far: the program gives each a name. */
  received = 0;
  #work = 0;

  /** Performs an action and logs it, also if the bus refuses it. Throws {@linkcode Unknown} for unknown objects. */
  apply(action: Action): Entry {
    this.#check(action);
    this.#work += workOf(action);
    let entry: Entry;
    try {
      const words = this.#do(action);
      entry = { words: words.words, code: words.code, failed: false };
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      const code = program.refused(this, action, error.code);
      entry = { words: [`Refused, and nothing happened. ${error.message}`], code, failed: true };
    }
    this.log.push(entry);
    return entry;
  }

  /** Closes all peers. */
  close(): void {
    for (const { peer } of this.peers) peer.close();
  }

  /** Receives and returns all that is in the queue of `peer`. */
  drain(peer: number): Item[] {
    return at(this.peers, peer).closed
      ? []
      : at(this.peers, peer).peer.receiveMany().map((message) => this.#take(message));
  }

  nodeName(node: number): string {
    return `n${node + 1}`;
  }

  handleName(handle: number): string {
    return `h${handle + 1}`;
  }

  /** `"n1 of alice"`. */
  place(node: number): string {
    return `${this.nodeName(node)} of ${at(this.peers, at(this.nodes, node).owner).name}`;
  }

  /** `"h3, to n1 of alice"`. */
  route(handle: number): string {
    return `${this.handleName(handle)}, to ${this.place(at(this.handles, handle).node)}`;
  }

  nameOf(ref: Ref): string {
    return "node" in ref ? this.nodeName(ref.node) : this.handleName(ref.handle);
  }

  /** Describes a received item. */
  describe(item: Item, peer: number): string {
    const { name } = at(this.peers, peer);
    switch (item.type) {
      case "message": {
        const from = at(this.peers, item.from).name;
        const brings = item.handles.length > 0 ? `, with ${and(item.handles.map((handle) => this.route(handle)))}` : "";
        return `${name} received ${quoted(item.text)} at ${this.nodeName(item.node)}, from ${from}${brings}.`;
      }
      case "node-release": {
        const { node } = at(this.handles, item.handle);
        const handle = this.handleName(item.handle);
        return `${name} received node-release of ${handle}: ${at(this.nodes, node).cause}. ${handle} is gone.`;
      }
      case "handle-release": {
        const node = this.nodeName(item.node);
        return `${name} received handle-release of ${node}: ${at(this.nodes, item.node).dropped}, ` +
          `and no other peer has a handle. ${node} is gone.`;
      }
    }
  }

  #do(action: Action): { words: string[]; code: string[] } {
    if (action.do === "open") {
      this.peers.push({ name: action.name, peer: Peer.open({ engine: "typescript" }), closed: false });
      return { words: [`${action.name} opened.`], code: [program.open(action.name)] };
    }
    const view = at(this.peers, action.peer);
    const { name, peer } = view;
    switch (action.do) {
      case "node": {
        const other = at(this.peers, action.for);
        const { node, handle } = peer.createNode({ for: other.peer });
        const n = this.nodes.length;
        this.nodes.push({ owner: action.peer, node, state: "live", cause: "", dropped: "", coming: [] });
        const h = this.#addHandle(action.for, handle, n);
        const owner = other === view ? "itself" : other.name;
        return {
          words: [`${name} created node ${this.nodeName(n)}, and handle ${this.handleName(h)} to it for ${owner}.`],
          code: [program.createNode(this, action, n, h)],
        };
      }
      case "send": {
        peer.send(this.#destinations(action), action.text, { handles: this.#gifts(action) });
        this.#sent(action.peer, action);
        return { words: [`${name} ${this.#sentence(action)}.`], code: [program.send(this, action)] };
      }
      case "copy": {
        const handle = peer.copy(at(this.handles, action.handle).handle, at(this.peers, action.for).peer);
        const h = this.#addHandle(action.for, handle, at(this.handles, action.handle).node);
        const to = at(this.peers, action.for).name;
        const words = `${name} copied ${this.handleName(action.handle)} to ${to}, which now has ${this.route(h)}.`;
        return { words: [words], code: [program.copy(this, action, h)] };
      }
      case "transaction": {
        using transaction = peer.transaction();
        for (const step of action.steps) {
          if ("release" in step) transaction.release(this.#object(step.release));
          else transaction.send(this.#destinations(step), step.text, { handles: this.#gifts(step) });
        }
        transaction.commit();
        const code = program.transaction(this, action);
        const parts = action.steps.map((step) =>
          "release" in step ? `released ${this.nameOf(step.release)}` : this.#sentence(step)
        );
        for (const step of action.steps) if ("to" in step) this.#sent(action.peer, step);
        for (const step of action.steps) if ("release" in step) this.#released(action.peer, step.release);
        return { words: [`${name} committed a transaction: ${parts.join("; ")}. All of it happened at once.`], code };
      }
      case "release": {
        const code = program.release(this, action);
        peer.release(...action.objects.map((ref) => this.#object(ref)));
        for (const ref of action.objects) this.#released(action.peer, ref);
        return { words: [`${name} released ${and(action.objects.map((ref) => this.nameOf(ref)))}.`], code };
      }
      case "receive": {
        const one = action.all ? undefined : peer.tryReceive();
        const items = (one === undefined ? peer.receiveMany() : one === null ? [] : [one])
          .map((message) => this.#take(message));
        const code = program.receive(this, action, items);
        this.received += items.length;
        if (items.length === 0) return { words: [`${name} looked, and nothing was ready.`], code };
        return { words: items.map((item) => this.describe(item, action.peer)), code };
      }
      case "close": {
        peer.close();
        this.#closed(action.peer);
        return {
          words: [`${name} closed. Its objects are released, and the messages in its queue are discarded.`],
          code: [program.close(name)],
        };
      }
    }
  }

  #sentence({ to, text, gives }: Sending): string {
    const places = and(to.map((handle) => {
      const { node } = at(this.handles, handle);
      return at(this.nodes, node).state === "live" ? this.place(node) : `${this.place(node)}, which is gone`;
    }));
    const copies = gives.length > 0
      ? `, with ${gives.length > 1 ? "copies" : "a copy"} of ${and(gives.map((handle) => this.handleName(handle)))}`
      : "";
    return `sent ${quoted(text)} to ${places}${to.length > 1 ? ", as one" : ""}${copies}`;
  }

  #addHandle(owner: number, handle: Handle, node: number): number {
    this.handles.push({ owner, handle, node, state: "live" });
    return this.handles.length - 1;
  }

  #destinations({ to }: Sending): Handle | Handle[] {
    const handles = to.map((handle) => at(this.handles, handle).handle);
    return handles.length === 1 ? at(handles, 0) : handles;
  }

  #gifts({ gives }: Sending): Handle[] {
    return gives.map((handle) => at(this.handles, handle).handle);
  }

  #object(ref: Ref): Node | Handle {
    return "node" in ref ? at(this.nodes, ref.node).node : at(this.handles, ref.handle).handle;
  }

  /** Notes the messages that are in flight now. */
  #sent(from: number, { to, gives }: Sending): void {
    const brings = gives.map((handle) => at(this.handles, handle).node);
    for (const handle of to) {
      const node = at(this.nodes, at(this.handles, handle).node);
      if (node.state === "live") node.coming.push({ from, brings });
      else for (const other of brings) at(this.nodes, other).dropped = `a message with a handle found ${node.cause}`;
    }
  }

  #released(peer: number, ref: Ref): void {
    const { name } = at(this.peers, peer);
    if ("handle" in ref) {
      const view = at(this.handles, ref.handle);
      view.state = "released";
      at(this.nodes, view.node).dropped = `${name} released ${this.nameOf(ref)}`;
    } else {
      this.#endNode(ref.node, "released", `${name} released ${this.nameOf(ref)}`);
    }
  }

  /** Notes that a node is gone, and that messages in flight to it are dropped. */
  #endNode(node: number, state: State, cause: string): void {
    const view = at(this.nodes, node);
    view.state = state;
    view.cause = cause;
    for (const { brings } of view.coming.splice(0)) for (const other of brings) at(this.nodes, other).dropped = cause;
  }

  #closed(peer: number): void {
    const view = at(this.peers, peer);
    if (view.closed) return;
    view.closed = true;
    const cause = `${view.name} closed`;
    this.nodes.forEach(({ owner, state }, n) =>
      owner === peer && state === "live" && this.#endNode(n, "closed", cause)
    );
    for (const handle of this.handles) {
      if (handle.owner !== peer || handle.state !== "live") continue;
      handle.state = "closed";
      at(this.nodes, handle.node).dropped = cause;
    }
  }

  /** Returns the item of a message that the facade delivered. */
  #take(message: Message): Item {
    if (message.type === "node-release") {
      const handle = this.handles.findIndex((view) => view.handle === message.handle);
      at(this.handles, handle).state = "gone";
      return { type: message.type, handle };
    }
    const node = this.nodes.findIndex((view) => view.node === message.node);
    const view = at(this.nodes, node);
    if (message.type === "handle-release") {
      view.state = "gone";
      view.cause = `no peer had a handle to ${this.nodeName(node)} any more`;
      return { type: message.type, node };
    }
    const coming = view.coming.shift();
    if (coming === undefined) throw new Error("a message came that was not sent");
    const { from, brings } = coming;
    const handles = message.handles.map((handle, i) => this.#addHandle(view.owner, handle, at(brings, i)));
    return { type: message.type, node, from, text: message.text(), handles };
  }

  /** Throws {@linkcode Unknown} unless all objects in the action have existed at some time. */
  #check(action: Action): void {
    const wrong = checkAction(action);
    if (wrong !== null) throw new Unknown(wrong);
    if (this.log.length >= LIMITS.actions) throw new Unknown("a scenario has no more than 1000 actions");
    if (this.#work + workOf(action) > LIMITS.work) throw new Unknown("a scenario makes no more messages than this");
    if (action.do === "open") {
      if (this.peers.length >= LIMITS.peers) throw new Unknown(`a board has no more than ${LIMITS.peers} peers`);
      if (this.peers.some(({ name }) => name === action.name)) throw new Unknown(`${action.name} is there already`);
      return;
    }
    const isThere = (list: readonly unknown[], number: number) => {
      if (list[number] === undefined) throw new Unknown("an action names an object that is not there");
    };
    const checkRef = (ref: Ref) => "node" in ref ? isThere(this.nodes, ref.node) : isThere(this.handles, ref.handle);
    const checkSending = ({ to, gives }: Sending) => {
      for (const handle of to) isThere(this.handles, handle);
      for (const handle of gives) isThere(this.handles, handle);
    };
    isThere(this.peers, action.peer);
    if ("for" in action) isThere(this.peers, action.for);
    if (action.do === "copy") isThere(this.handles, action.handle);
    if (action.do === "send") checkSending(action);
    if (action.do === "release") action.objects.forEach(checkRef);
    if (action.do === "transaction") {
      for (const step of action.steps) "release" in step ? checkRef(step.release) : checkSending(step);
    }
  }
}

/** Returns a bus on which all these actions have happened. */
export function replay(actions: readonly Action[]): World {
  const world = new World();
  try {
    for (const action of actions) world.apply(action);
    return world;
  } catch (error) {
    world.close();
    throw error;
  }
}

/** The items in a peer's queue, and the bus on which they were received, for the names. */
export interface QueueView {
  readonly items: readonly Item[];
  readonly world: World;
}

/**
 * Returns the contents of each peer's queue, by receiving them on a bus where the same actions have happened. Each peer
 * has a bus of its own, since receiving at one can change the queue of another.
 */
export function queuesOf(actions: readonly Action[], peers: readonly PeerView[]): QueueView[] {
  return peers.map(({ closed }, peer) => {
    const world = closed ? new World() : replay(actions);
    try {
      return { items: closed ? [] : world.drain(peer), world };
    } finally {
      world.close();
    }
  });
}
