/**
 * Scenarios to start from. Each opens where its peers are there, and is stepped through from there.
 *
 * @module
 */

import type { Action } from "./action.ts";
import { encode } from "./share.ts";

export interface Preset {
  readonly title: string;
  /** What it shows. */
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
    about: "A node to receive at, a handle to send through. That is all it takes.",
    actions: [...open("server", "client"), node(0, 1), send(1, [0], "ping"), receive(0)],
  },
  {
    title: "Request and reply",
    about:
      "The client gives away a handle to a node of its own, with its question. The answer comes back through it; " +
      "when the server has let go of it, the client hears that nobody can answer any more.",
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
      "One message to three, as one: nobody has it before all have it. Go back to before it: no queue has a part of it.",
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
    about:
      "alice takes back what she gave: her node is gone, bob and carol are told, and what they still send comes to " +
      "nothing.",
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
    about: "bob closes, by mistake or with his Worker. Nothing hangs: alice hears that nobody can reach her node any " +
      "more, carol that bob's node is gone, each after all that he sent before.",
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
      "carol cannot reach alice, and cannot guess how. bob gives her a copy of his handle, in a message; from then on " +
      "she needs nobody. bob lets go of his, and alice's node lives on.",
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

/** How many actions of a preset have happened when it opens: its peers are there. */
export function startOf({ actions }: Preset): number {
  return actions.findIndex((action) => action.do !== "open");
}

/** Whether the preset begins with these actions. */
export function isBegunBy(preset: Preset, actions: readonly Action[]): boolean {
  return encode(preset.actions.slice(0, actions.length)) === encode(actions);
}
