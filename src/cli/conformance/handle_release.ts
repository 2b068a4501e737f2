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
      "the owner of a node is told that its last handle is released",
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
    point(
      902,
      "he is told, too, when it is his own",
      "5: the node's owner gets a `HANDLE_RELEASE` naming the node",
      () => {
        using fd = open();
        const { node, handle } = create(fd);
        release(fd, handle);
        equal("heard", hear(fd), [`handle-release ${node}`]);
      },
    ),
    point(
      903,
      "a HANDLE_RELEASE comes after what was sent by the handle",
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
    faulty(
      "F11",
      904,
      "the owner of a node is not told of a handle that is not the last",
      "5: deliver only the last",
      () => {
        using server = open();
        using client = open();
        const { node, handle } = create(server, client);
        const other = copy(client, handle, client);
        release(client, handle);
        equal("heard after the first", hear(server), []);
        release(client, other);
        equal("heard after the last", hear(server), [`handle-release ${node}`]);
      },
    ),
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
    faulty("F11", 906, "a copy under way keeps the node", "5: or from the commit that carries it", () => {
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
      "the release of a node reaches those who still have handles",
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
    faulty(
      "F4",
      908,
      "a node is gone when its HANDLE_RELEASE is read",
      "3: after a `HANDLE_RELEASE` its node id is gone",
      () => {
        using server = open();
        using client = open();
        const { node, handle } = create(server, client);
        release(client, handle);
        next(server);
        equal("RELEASE of the node", rawRelease(server, [node]).answer, "EBADRQC");
      },
    ),
    point(
      909,
      "a node can be released before its HANDLE_RELEASE is read, in silence",
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
      "a handle to a dead node is released in silence",
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
    point(911, "a HANDLE_RELEASE names the right node", "5: naming the node", () => {
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
