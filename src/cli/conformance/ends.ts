/**
 * Points about the end of a peer: its last close, or the end of its last process.
 *
 * @module
 */

import * as uapi from "../../uapi/mod.ts";
import { assistant } from "./assistant.ts";
import { copy, create, hear, hearSoon, open, release, send, trySend } from "./device.ts";
import { equal, faulty, type Group, point } from "./point.ts";

export const group: Group = {
  name: "ends",
  about: "the end of a peer",
  points: [
    point(
      1101,
      "the last close of a peer releases its nodes",
      "3: the last close of its file description ends it",
      () => {
        const server = open();
        using client = open();
        const { handle } = create(server, client);
        server.close();
        equal("heard by the owner of the handle", hearSoon(client, 1), [`node-release ${handle}`]);
        equal("SEND after", trySend(client, handle), "EBADRQC");
      },
    ),
    point(1102, "the last close of a peer releases its handles", "5: its handles are released", () => {
      using server = open();
      const client = open();
      const { node } = create(server, client);
      client.close();
      equal("heard by the owner of the node", hearSoon(server, 1), [`handle-release ${node}`]);
    }),
    point(
      1103,
      "what a peer has sent arrives before its end",
      "4: every peer that receives parts of both receives A's first",
      () => {
        using server = open();
        const client = open();
        const { node, handle } = create(server, client);
        const back = create(client, server);
        send(client, handle, "farewell");
        client.close();
        const words = [`message ${node} "farewell"`, `node-release ${back.handle}`, `handle-release ${node}`];
        equal("heard by the other one", hearSoon(server, 3), words);
      },
    ),
    point(1104, "a peer lives until the last close", "3: the last close of its file description ends it", () => {
      const server = open();
      using client = open();
      const { node, handle } = create(server, client);
      using same = uapi.dup(server);
      server.close();
      send(client, handle, "still here");
      equal("received by the duplicate", hear(same), [`message ${node} "still here"`]);
      equal("heard by the owner of the handle", hear(client), []);
      same.close();
      equal("heard after the last close", hearSoon(client, 1), [`node-release ${handle}`]);
    }),
    point(
      1105,
      "a message to a peer that has ended is no error",
      "5: Later messages to the peer are discarded silently",
      () => {
        const server = open();
        using client = open();
        const { handle } = create(server, client);
        server.close();
        equal("SEND", trySend(client, handle), "0");
        equal("heard by the owner of the handle", hearSoon(client, 1), [`node-release ${handle}`]);
      },
    ),
    point(
      1106,
      "handles in the queue of a peer are released when it ends",
      "5: are discarded and their handles released",
      () => {
        using target = open();
        using client = open();
        const server = open();
        const known = create(target, client);
        const way = create(server, client);
        send(client, way.handle, "never read", known.handle);
        server.close();
        equal("heard by the sender", hearSoon(client, 1), [`node-release ${way.handle}`]);
        release(client, known.handle);
        equal("heard by the owner of the node", hearSoon(target, 1), [`handle-release ${known.node}`]);
      },
    ),
    point(
      1107,
      "when a peer ends, node releases come before handle releases",
      "4: then node releases, then handle releases",
      () => {
        using other = open();
        const peer = open();
        const mine = [create(peer, other), create(peer, other)];
        const theirs = [create(other, peer), create(other, peer)];
        peer.close();
        const words = [
          ...mine.map(({ handle }) => `node-release ${handle}`),
          ...theirs.map(({ node }) => `handle-release ${node}`),
        ];
        equal("heard by the other one", hearSoon(other, 4), words);
      },
    ),
    faulty(
      "F11",
      1108,
      "copies of a handle outlive the peer that gave them",
      "1: to give copies of that capability away",
      () => {
        using server = open();
        using heir = open();
        const client = open();
        const { node, handle } = create(server, client);
        const back = create(client, heir);
        const copied = copy(client, handle, heir);
        client.close();
        equal("heard by the heir", hearSoon(heir, 1), [`node-release ${back.handle}`]);
        send(heir, copied, "still here");
        equal("received", hear(server), [`message ${node} "still here"`]);
      },
    ),
    point(
      1109,
      "a process that is killed ends its peers",
      "3: the last close of its file description ends it",
      async () => {
        using fd = open();
        const client = open();
        const theirs = create(client, fd);
        const mine = create(fd, client);
        const helper = assistant("hold", client, mine.handle);
        client.close();
        equal("heard while it lives", hearSoon(fd, 1), [`message ${mine.node} "held"`]);
        await helper.kill();
        equal("heard then", hearSoon(fd, 2), [`node-release ${theirs.handle}`, `handle-release ${mine.node}`]);
      },
    ),
    point(
      1110,
      "when a peer ends, the handles in its queue go before its own",
      "4: handles of discarded messages in queue order, then its own objects",
      () => {
        using target = open();
        using client = open();
        const server = open();
        const own = create(target, server);
        const queued = create(target, client);
        const way = create(server, client);
        send(client, way.handle, "never read", queued.handle);
        release(client, queued.handle);
        server.close();
        const words = [`handle-release ${queued.node}`, `handle-release ${own.node}`];
        equal("heard by the owner of the nodes", hearSoon(target, 2), words);
      },
    ),
  ],
};
