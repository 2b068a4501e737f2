/** A Worker that holds one peer. Each command is one step with it. */

import process from "node:process";
import { type Handle, inspect, type Node, Peer, type PeerSnapshot } from "@bus1/bus1";
import type { EngineName, Ticket } from "../../src/port/engine.ts";
import { heard, word } from "../support/words.ts";
import { Agent, serve } from "../support/calls.ts";

let peer: Peer;
let nested: Agent | undefined;

/** Returns the node or the handle of an id. */
function object(id: bigint): Node | Handle {
  try {
    return peer.handle(id);
  } catch {
    return peer.node(id);
  }
}

serve({
  open(engine: EngineName): void {
    peer = Peer.open({ engine });
  },
  adopt(ticket: Ticket): string {
    peer = Peer.adopt(ticket);
    return peer.engine;
  },
  revoke: (ticket: Ticket): void => Peer.revoke(ticket),
  detach: (): Ticket => peer.detach(),
  close: (): void => peer.close(),

  createNode(): { node: bigint; handle: bigint } {
    const { node, handle } = peer.createNode();
    return { node: node.id, handle: handle.id };
  },
  send(to: bigint, text: string, handles: bigint[] = []): void {
    peer.send(peer.handle(to), text, { handles: handles.map((id) => peer.handle(id)) });
  },
  release: (...ids: bigint[]): void => peer.release(...ids.map(object)),

  /** Returns all peers, as this isolate sees them. */
  inspect: (): PeerSnapshot[] => inspect().peers,
  /** Opens peers, creates nodes, copies, sends, receives, releases and closes, in this number of rounds. */
  churn(rounds: number): void {
    for (let round = 0; round < rounds; round++) {
      const [a, b] = [Peer.open({ name: "churn" }), Peer.open()];
      const { node, handle } = a.createNode({ for: b, name: "node" });
      b.send([b.copy(handle, b), handle], "copies", { handles: [handle, b.createNode().handle] });
      if (round % 3 !== 0) a.receiveMany();
      if (round % 2 === 0) handle.release();
      if (round % 4 === 0) node.release();
      a.close();
      b.close();
    }
  },
  heard: (): string[] => heard(peer),
  receive: async (): Promise<string> => word(await peer.receive()),
  receiveSync(timeout?: number): string | null {
    const message = peer.receiveSync(timeout === undefined ? undefined : { timeout });
    return message && word(message);
  },

  /** Does not return to the event loop before `stop[0]` is set. */
  spin(stop: Int32Array): void {
    while (Atomics.load(stop, 0) === 0);
  },
  /** Ends the Worker from inside: Bun has no `close` in a Worker, and `exit` there ends the Worker only. */
  exit(): void {
    if (typeof self.close === "function") self.close();
    else process.exit();
  },

  /** Ends the Worker by an uncaught error. */
  crash(): void {
    setTimeout(() => {
      throw new Error("on purpose");
    });
  },

  /** Starts an agent in this Worker. */
  async nest(): Promise<void> {
    nested = await Agent.start();
  },
  /** Calls a command of that agent. */
  inner: (command: string, ...args: unknown[]): Promise<unknown> => nested!.call(command, ...args),
});
