/**
 * Points about RELEASE as a command. What a release causes is in other groups.
 *
 * @module
 */

import * as uapi from "../../uapi/mod.ts";
import { create, hear, NOWHERE, open, rawRelease, release, send, trySend } from "./device.ts";
import { equal, faulty, type Group, point } from "./point.ts";

export const group: Group = {
  name: "release",
  about: "RELEASE",
  points: [
    point(301, "a released handle is gone", "3, RELEASE: release all the nodes and handles named", () => {
      using server = open();
      using client = open();
      const { handle } = create(server, client);
      equal("RELEASE", rawRelease(client, [handle]).answer, "0");
      equal("SEND by it", trySend(client, handle), "EBADRQC");
    }),
    point(
      302,
      "a released node is gone, and its handles are told",
      "3, RELEASE: release all the nodes and handles named",
      () => {
        using server = open();
        using client = open();
        const { node, handle } = create(server, client);
        equal("RELEASE", rawRelease(server, [node]).answer, "0");
        equal("heard by the owner of the handle", hear(client), [`node-release ${handle}`]);
      },
    ),
    point(303, "RELEASE of nothing is no error", "3, RELEASE: as one transaction", () => {
      using fd = open();
      equal("n 0", rawRelease(fd, []).answer, "0");
      equal("n 0, no array", rawRelease(fd, [], { ptr_ids: 0 }).answer, "0");
    }),
    faulty(
      "F2",
      304,
      "RELEASE of several, nodes and handles",
      "3, RELEASE: release all the nodes and handles named",
      () => {
        using server = open();
        using client = open();
        const a = create(server, client);
        const b = create(client, server);
        equal("RELEASE", rawRelease(server, [a.node, b.handle]).answer, "0");
        equal("heard by the other one", hear(client), [`node-release ${a.handle}`, `handle-release ${b.node}`]);
      },
    ),
    faulty("F2", 305, "RELEASE: the same id twice counts once", "3, RELEASE: The same id twice counts once", () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server, client);
      equal("RELEASE", rawRelease(client, [handle, handle]).answer, "0");
      equal("heard by the owner of the node", hear(server), [`handle-release ${node}`]);
    }),
    faulty(
      "F4",
      306,
      "RELEASE: one bad id, and nothing is released",
      "3, RELEASE: one bad id (`EBADRQC`) and nothing is released",
      () => {
        using server = open();
        using client = open();
        const { node, handle } = create(server, client);
        equal("RELEASE", rawRelease(client, [handle, 999n]).answer, "EBADRQC");
        send(client, handle, "still here");
        equal("heard by the owner of the node", hear(server), [`message ${node} "still here"`]);
      },
    ),
    faulty(
      "F4",
      307,
      "RELEASE of an id that nothing has",
      "6: the id or object is not one of this peer's (unknown",
      () => {
        using fd = open();
        create(fd);
        for (const id of [0n, 2n, 999n, uapi.BUS1_INVALID]) {
          equal(`RELEASE of ${id}`, rawRelease(fd, [id]).answer, "EBADRQC");
        }
      },
    ),
    faulty(
      "F4",
      308,
      "a handle is released once",
      "6: the id or object is not one of this peer's (unknown, released",
      () => {
        using server = open();
        using client = open();
        const { handle } = create(server, client);
        release(client, handle);
        equal("RELEASE once more", rawRelease(client, [handle]).answer, "EBADRQC");
      },
    ),
    faulty(
      "F4",
      309,
      "a node is released once",
      "6: the id or object is not one of this peer's (unknown, released",
      () => {
        using server = open();
        using client = open();
        const { node } = create(server, client);
        release(server, node);
        equal("RELEASE once more", rawRelease(server, [node]).answer, "EBADRQC");
      },
    ),
    faulty("F4", 310, "RELEASE of another peer's id", "1: an id means something only on its own peer", () => {
      using fd = open();
      using other = open();
      const { node, handle } = create(other);
      equal("RELEASE of a node", rawRelease(fd, [node]).answer, "EBADRQC");
      equal("RELEASE of a handle", rawRelease(fd, [handle]).answer, "EBADRQC");
    }),
    faulty("F4", 311, "RELEASE: the ids must be in memory", "6: bad pointer (uapi)", () => {
      using fd = open();
      const { node, handle } = create(fd);
      equal("ids", rawRelease(fd, [node], { ptr_ids: NOWHERE }).answer, "EFAULT");
      equal("ids NULL", rawRelease(fd, [node], { ptr_ids: 0 }).answer, "EFAULT");
      equal("ids at the end of all memory", rawRelease(fd, [node], { ptr_ids: -4n }).answer, "EFAULT");
      send(fd, handle, "still here");
      equal("received", hear(fd), [`message ${node} "still here"`]);
    }),
  ],
};
