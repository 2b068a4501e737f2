/**
 * Points about peers and descriptors that several processes have.
 *
 * @module
 */

import { assistant } from "./assistant.ts";
import { create, hear, hearSoon, open, send } from "./device.ts";
import { equal, type Group, point } from "./point.ts";

/** How many nodes each of two processes makes on one peer. */
const NODES = 200;

export const group: Group = {
  name: "processes",
  about: "peers of several processes",
  points: [
    point(1201, "each open makes a peer", "3: Opening the device makes a peer", () => {
      using a = open();
      using b = open();
      const { node, handle } = create(a);
      equal("first ids of the other", Object.values(create(b)), [node, handle]);
      send(b, handle, "to b");
      equal("received by the first", hear(a), []);
      equal("received by the other", hear(b), [`message ${node} "to b"`]);
    }),
    point(
      1202,
      "a peer goes to another process, and ends with it",
      "3: the last close of its file description ends it",
      async () => {
        using server = open();
        const client = open();
        const { node, handle } = create(server, client);
        const helper = assistant("send", client, 2, handle);
        client.close();
        const words = [`message ${node} "0"`, `message ${node} "1"`, `handle-release ${node}`];
        equal("heard", hearSoon(server, 3), words);
        await helper.end();
      },
    ),
    point(1203, "two processes have one peer", "3: Opening the device makes a peer", async () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server, client);
      const helper = assistant("send", client, 1, handle);
      equal("received from there", hearSoon(server, 1), [`message ${node} "0"`]);
      await helper.end();
      send(client, handle, "and from here");
      equal("received from here", hear(server), [`message ${node} "and from here"`]);
    }),
    point(
      1204,
      "a handle goes to a peer of another process",
      "1: somebody who holds both peers copies one across",
      async () => {
        using fd = open();
        using shared = open();
        const mine = create(fd, shared);
        // It makes a peer of its own, and gives the shared one a handle to it.
        const helper = assistant("introduce", shared, mine.handle);
        const [word = "nothing"] = hearSoon(fd, 1);
        const theirs = BigInt(/"(\d+)"$/.exec(word)?.[1] ?? 0);
        equal("heard of it", word, `message ${mine.node} "${theirs}"`);
        send(shared, theirs, "hello");
        equal("heard from it", hearSoon(fd, 1), [`message ${mine.node} "hello"`]);
        await helper.end();
      },
    ),
    point(
      1205,
      "calls of several processes on one peer do not mix",
      "3: Calls on one description are serialized",
      async () => {
        using fd = open();
        using shared = open();
        const mine = create(fd, shared);
        const helper = assistant("create", shared, NODES, mine.handle);
        equal("heard when it begins", hearSoon(fd, 1), [`message ${mine.node} "begins"`]);
        const ids: bigint[] = [];
        for (let i = 0; i < NODES; i++) ids.push(...Object.values(create(shared)));
        const [word = "nothing"] = hearSoon(fd, 1);
        const theirs = (/"(.*)"/.exec(word)?.[1] ?? "").split(" ").map(BigInt);
        equal("ids that it got", theirs.length, 2 * NODES);
        const all = [...ids, ...theirs].sort((a, b) => a < b ? -1 : 1);
        equal("different ids", new Set(all).size, 4 * NODES);
        equal("the last one, if none was used up", all.at(-1)!, all[0]! + BigInt(2 * (4 * NODES - 1)));
        await helper.end();
      },
    ),
  ],
};
