/**
 * Scenarios to start from. Each opens at the point where its peers are open.
 *
 * @module
 */

import type { Action } from "./action.ts";
import { encode } from "./share.ts";

interface Preset {
  readonly title: string;
  /** A description. */
  readonly about: string;
  readonly actions: readonly Action[];
}

const open = (...names: string[]): Action[] => names.map((name) => ({ do: "open", name }));
const node = (peer: number, other: number): Action => ({ do: "node", peer, for: other });
const send = (peer: number, to: number[], text: string, gives: number[] = []): Action => {
  return { do: "send", peer, to, text, gives };
};
const receive = (peer: number): Action => ({ do: "receive", peer, all: false });
const receiveAll = (peer: number): Action => ({ do: "receive", peer, all: true });

export const PRESETS: readonly Preset[] = [
  {
    title: "Hello",
    about: "A node to receive at, and a handle to send through: a program needs no more.",
    actions: [...open("server", "client"), node(0, 1), send(1, [0], "ping"), receive(0)],
  },
  {
    title: "Request and reply",
    about:
      "With its question, the client sends a handle to a node of its own. The reply comes back through that handle. When " +
      "the server has released it, the client is notified that no handle is left.",
    actions: [
      ...open("server", "client"),
      node(0, 1),
      node(1, 1),
      send(1, [0], "2 + 3?", [1]),
      receive(0),
      {
        do: "transaction",
        peer: 0,
        steps: [{ to: [2], text: "5", gives: [] }, { release: { handle: 2 } }],
      },
      receive(1),
      { do: "release", peer: 1, objects: [{ handle: 1 }] },
      receive(1),
    ],
  },
  {
    title: "Multicast",
    about:
      "One message to three receivers, as one: none has it before all have it. Go back one step: no queue has a part of it.",
    actions: [
      ...open("alice", "bob", "carol", "dave"),
      node(1, 0),
      node(2, 0),
      node(3, 0),
      send(0, [0, 1, 2], "begin"),
      receive(2),
      receive(1),
      receive(3),
    ],
  },
  {
    title: "Revocation",
    about: "alice releases the node: bob and carol are notified, and messages that they send to it later are dropped.",
    actions: [
      ...open("alice", "bob", "carol"),
      node(0, 1),
      { do: "copy", peer: 1, handle: 0, for: 2 },
      send(1, [0], "let me in"),
      receive(0),
      { do: "release", peer: 0, objects: [{ node: 0 }] },
      send(2, [1], "and me"),
      receiveAll(1),
      receiveAll(2),
      receiveAll(0),
    ],
  },
  {
    title: "A peer dies",
    about:
      "bob closes, by a mistake or with its Worker. No peer hangs: alice is notified that no handle to its node is " +
      "left, and carol that bob's node is gone. Both notifications come after all that bob sent before.",
    actions: [
      ...open("alice", "bob", "carol"),
      node(0, 1),
      node(1, 2),
      send(1, [0], "wait for me"),
      send(2, [1], "are you there?"),
      { do: "close", peer: 1 },
      receiveAll(0),
      receiveAll(2),
    ],
  },
  {
    title: "A capability passed on",
    about:
      "carol has no handle to alice's node, and cannot guess one. bob sends a copy of its handle in a message. From then " +
      "on carol can send alone. bob releases its own handle, and alice's node lives on.",
    actions: [
      ...open("alice", "bob", "carol"),
      node(0, 1),
      node(2, 1),
      send(1, [1], "ask alice yourself", [0]),
      receive(2),
      { do: "release", peer: 1, objects: [{ handle: 0 }] },
      send(2, [2], "hello from carol"),
      receiveAll(0),
    ],
  },
];

/** Returns how many actions of a preset have happened when it opens: those that open its peers. */
export function startOf({ actions }: Preset): number {
  return actions.findIndex((action) => action.do !== "open");
}

/** Whether the preset begins with these actions. */
export function isBegunBy(preset: Preset, actions: readonly Action[]): boolean {
  return encode(preset.actions.slice(0, actions.length)) === encode(actions);
}
