/**
 * Points about peers and descriptors that several processes share.
 *
 * @module
 */

import { at, equal } from "../support/assertions.ts";
import { assistant } from "../support/assistant.ts";
import { create, open, receiveAll, receiveSoon, send } from "../support/calls.ts";
import { type Group, point } from "../support/point.ts";

/** The number of nodes that each of two processes creates on one peer: enough for their calls to overlap. */
const NODES = 200;

export const group: Group = {
  name: "processes",
  about: "peers of several processes",
  points: [
    point(1201, "each open creates a peer", { section: 3 }, () => {
      using a = open();
      using b = open();
      const { node, handle } = create(a);
      equal("first ids of the other peer", Object.values(create(b)), [node, handle]);
      send(b, handle, "to b");
      equal("received by the first peer", receiveAll(a), []);
      equal("received by the other peer", receiveAll(b), [`message ${node} "to b"`]);
    }),
    point(1202, "a peer that is passed to another process ends with that process", { section: 3 }, async () => {
      using server = open();
      const client = open();
      const { node, handle } = create(server, client);
      const helper = assistant("send", client, 2, handle);
      client.close();
      const words = [`message ${node} "0"`, `message ${node} "1"`, `handle-release ${node}`];
      equal("received", receiveSoon(server, 3), words);
      await helper.end();
    }),
    point(1203, "two processes can share one peer", { section: 3 }, async () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server, client);
      const helper = assistant("send", client, 1, handle);
      equal("received from the other process", receiveSoon(server, 1), [`message ${node} "0"`]);
      await helper.end();
      send(client, handle, "and from here");
      equal("received from this process", receiveAll(server), [`message ${node} "and from here"`]);
    }),
    point(1204, "a process can give a handle to a peer of another process", { section: 1 }, async () => {
      using fd = open();
      using shared = open();
      const mine = create(fd, shared);
      // The assistant opens its own peer, and gives the shared peer a handle to it.
      const helper = assistant("introduce", shared, mine.handle);
      const [word = "nothing"] = receiveSoon(fd, 1);
      const theirs = BigInt(/"(\d+)"$/.exec(word)?.[1] ?? 0);
      equal("received from the assistant", word, `message ${mine.node} "${theirs}"`);
      send(shared, theirs, "hello");
      equal("received through the handle", receiveSoon(fd, 1), [`message ${mine.node} "hello"`]);
      await helper.end();
    }),
    point(1205, "concurrent calls of two processes on one peer are serialized", { section: 3 }, async () => {
      using fd = open();
      using shared = open();
      const mine = create(fd, shared);
      const helper = assistant("create", shared, NODES, mine.handle);
      equal("received when the assistant begins", receiveSoon(fd, 1), [`message ${mine.node} "begins"`]);
      const ids: bigint[] = [];
      for (let i = 0; i < NODES; i++) ids.push(...Object.values(create(shared)));
      const [word = "nothing"] = receiveSoon(fd, 1);
      const theirs = (/"(.*)"/.exec(word)?.[1] ?? "").split(" ").map(BigInt);
      equal("ids of the assistant", theirs.length, 2 * NODES);
      const all = [...ids, ...theirs].sort((a, b) => a < b ? -1 : 1);
      equal("different ids", new Set(all).size, 4 * NODES);
      equal("the last id, if none was skipped", at(all, all.length - 1), at(all, 0) + BigInt(2 * (4 * NODES - 1)));
      await helper.end();
    }),
  ],
};
