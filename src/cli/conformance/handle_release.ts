/**
 * Points about the release of handles: the owner of a node hears of the last one, and nothing after that.
 *
 * @module
 */

import { copy, create, hear, next, open, rawRelease, release, send } from "./device.ts";
import { equal, faulty, type Group, point } from "./point.ts";

export const group: Group = {
  name: "handle-release",
  about: "release of handles",
  points: [
    point(
      901,
      "the owner of the node is told of the last one",
      "5: the node's owner gets a `HANDLE_RELEASE` naming the node",
      () => {
        using server = open();
        using client = open();
        const { node, handle } = create(server, client);
        release(client, handle);
        equal("heard by the owner of the node", hear(server), [`handle-release ${node}`]);
        equal("heard by the former owner of the handle", hear(client), []);
      },
    ),
    point(902, "also when it is his own", "5: the node's owner gets a `HANDLE_RELEASE` naming the node", () => {
      using fd = open();
      const { node, handle } = create(fd);
      release(fd, handle);
      equal("heard", hear(fd), [`handle-release ${node}`]);
    }),
    point(
      903,
      "after the messages that were sent by it",
      "4: every peer that receives parts of both receives A's first",
      () => {
        using server = open();
        using client = open();
        const { node, handle } = create(server, client);
        send(client, handle, "one");
        send(client, handle, "two");
        release(client, handle);
        const words = [`message ${node} "one"`, `message ${node} "two"`, `handle-release ${node}`];
        equal("heard by the owner of the node", hear(server), words);
      },
    ),
    faulty("F11", 904, "he is not told of any other", "5: deliver only the last", () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server, client);
      const other = copy(client, handle, client);
      release(client, handle);
      equal("heard after the first", hear(server), []);
      release(client, other);
      equal("heard after the last", hear(server), [`handle-release ${node}`]);
    }),
    faulty(
      "F11",
      905,
      "a node lives as long as any handle to it",
      "4: After its `HANDLE_RELEASE` with `remaining == 0`, nothing more arrives at that node",
      () => {
        using server = open();
        using client = open();
        const { node, handle } = create(server, client);
        const other = copy(client, handle, client);
        release(client, handle);
        next(server);
        send(client, other, "still here");
        equal("heard by the owner of the node", hear(server), [`message ${node} "still here"`]);
      },
    ),
    faulty("F11", 906, "a copy under way counts", "5: or from the commit that carries it", () => {
      using server = open();
      using a = open();
      using b = open();
      const { node, handle } = create(server, a);
      const way = create(b, a);
      send(a, way.handle, "yours", handle);
      release(a, handle);
      equal("heard while it is under way", hear(server), []);
      const copied = BigInt(/\+(\d+)$/.exec(next(b))?.[1] ?? 0);
      send(b, copied, "arrived");
      release(b, copied);
      equal("heard then", hear(server), [`message ${node} "arrived"`, `handle-release ${node}`]);
    }),
    faulty(
      "F11",
      907,
      "a release of the node reaches those who still have handles",
      "5: every owner of a live handle to it gets one `NODE_RELEASE`",
      () => {
        using server = open();
        using a = open();
        using b = open();
        const { node, handle } = create(server, a);
        const other = copy(a, handle, b);
        release(a, handle);
        next(server);
        equal("RELEASE of the node", rawRelease(server, [node]).answer, "0");
        equal("heard by who still has one", hear(b), [`node-release ${other}`]);
      },
    ),
    faulty("F4", 908, "once it is read the node is gone", "3: after a `HANDLE_RELEASE` its node id is gone", () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server, client);
      release(client, handle);
      next(server);
      equal("RELEASE of the node", rawRelease(server, [node]).answer, "EBADRQC");
    }),
    point(
      909,
      "not before: the node can still be released, in silence",
      "5: After releasing an object a peer hears nothing more of it",
      () => {
        using server = open();
        using client = open();
        const { node, handle } = create(server, client);
        release(client, handle);
        equal("RELEASE of the node", rawRelease(server, [node]).answer, "0");
        equal("heard by the former owner of the node", hear(server), []);
      },
    ),
    point(
      910,
      "a handle to a dead node can be released, in silence",
      "5: Releasing a handle whose node is already released notifies nobody",
      () => {
        using server = open();
        using client = open();
        const { node, handle } = create(server, client);
        release(server, node);
        release(client, handle);
        equal("heard by the former owner of the node", hear(server), []);
        equal("heard by the former owner of the handle", hear(client), []);
      },
    ),
    point(911, "nodes are told apart", "5: naming the node", () => {
      using server = open();
      using client = open();
      const a = create(server, client);
      const b = create(server, client);
      release(client, b.handle);
      release(client, a.handle);
      equal("heard by the owner of the nodes", hear(server), [`handle-release ${b.node}`, `handle-release ${a.node}`]);
    }),
  ],
};
