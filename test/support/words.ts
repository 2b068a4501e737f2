/**
 * The few words in which tests talk about the bus. They import no test runner, so that Workers have them too.
 *
 * @module
 */

import { type Message, Peer } from "@bus1/bus1";
import type { EngineName } from "../../src/port/engine.ts";

/** A new peer of that engine. */
export function open(engine: EngineName): Peer {
  return Peer.open({ engine });
}

/** All that is ready at `peer`. */
export function drain(peer: Peer): Message[] {
  const messages: Message[] = [];
  for (let message = peer.tryReceive(); message; message = peer.tryReceive()) messages.push(message);
  return messages;
}

/** A message in a word: its text and the ids of its handles (`"text +3 +5"`), or `"node-release 3"`. */
export function word(message: Message): string {
  switch (message.type) {
    case "message":
      return [message.text(), ...message.handles.map((handle) => `+${handle.id}`)].join(" ");
    case "node-release":
      return `node-release ${message.handle.id}`;
    case "handle-release":
      return `handle-release ${message.node.id}`;
  }
}

/** All that is ready at `peer`, in words. */
export function heard(peer: Peer): string[] {
  return drain(peer).map(word);
}
