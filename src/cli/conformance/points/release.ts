/**
 * Points about RELEASE as a command. The effects of releases are in handle_release.ts and node_release.ts.
 *
 * @module
 */

import * as uapi from "../../../uapi/mod.ts";
import { equal } from "../support/assertions.ts";
import { create, open, receiveAll, release, send, trySend } from "../support/calls.ts";
import { type Group, point } from "../support/point.ts";
import { rawRelease, UNMAPPED } from "../support/raw_calls.ts";

export const group: Group = {
  name: "release",
  about: "RELEASE",
  points: [
    point(301, "RELEASE releases a handle", { section: 3 }, () => {
      using server = open();
      using client = open();
      const { handle } = create(server, client);
      equal("RELEASE", rawRelease(client, [handle]).result, "0");
      equal("SEND through it", trySend(client, handle), "EBADRQC");
    }),
    point(302, "RELEASE releases a node and notifies the owner of its handle", { section: 3 }, () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server, client);
      equal("RELEASE", rawRelease(server, [node]).result, "0");
      equal("received by the owner of the handle", receiveAll(client), [`node-release ${handle}`]);
    }),
    point(303, "RELEASE of no ids succeeds", { section: 3 }, () => {
      using fd = open();
      equal("n 0", rawRelease(fd, []).result, "0");
      equal("n 0, no array", rawRelease(fd, [], { ptr_ids: 0 }).result, "0");
    }),
    point(304, "RELEASE releases nodes and handles together", { section: 3, fault: "F2" }, () => {
      using server = open();
      using client = open();
      const a = create(server, client);
      const b = create(client, server);
      equal("RELEASE", rawRelease(server, [a.node, b.handle]).result, "0");
      equal("received by the other peer", receiveAll(client), [`node-release ${a.handle}`, `handle-release ${b.node}`]);
    }),
    point(305, "RELEASE counts an id that occurs twice once", { section: 3, fault: "F2" }, () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server, client);
      equal("RELEASE", rawRelease(client, [handle, handle]).result, "0");
      equal("received by the owner of the node", receiveAll(server), [`handle-release ${node}`]);
    }),
    point(306, "RELEASE with one bad id releases nothing", { section: 3, fault: "F4" }, () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server, client);
      equal("RELEASE", rawRelease(client, [handle, 999n]).result, "EBADRQC");
      send(client, handle, "still here");
      equal("received by the owner of the node", receiveAll(server), [`message ${node} "still here"`]);
    }),
    point(307, "RELEASE of an unknown id is EBADRQC", { section: 6, fault: "F4" }, () => {
      using fd = open();
      create(fd);
      for (const id of [0n, 2n, 999n, uapi.BUS1_INVALID]) {
        equal(`RELEASE of ${id}`, rawRelease(fd, [id]).result, "EBADRQC");
      }
    }),
    point(308, "RELEASE of a released handle is EBADRQC", { section: 6, fault: "F4" }, () => {
      using server = open();
      using client = open();
      const { handle } = create(server, client);
      release(client, handle);
      equal("second RELEASE", rawRelease(client, [handle]).result, "EBADRQC");
    }),
    point(309, "RELEASE of a released node is EBADRQC", { section: 6, fault: "F4" }, () => {
      using server = open();
      using client = open();
      const { node } = create(server, client);
      release(server, node);
      equal("second RELEASE", rawRelease(server, [node]).result, "EBADRQC");
    }),
    point(310, "RELEASE of another peer's id is EBADRQC", { section: 1, fault: "F4" }, () => {
      using fd = open();
      using other = open();
      const { node, handle } = create(other);
      equal("RELEASE of a node", rawRelease(fd, [node]).result, "EBADRQC");
      equal("RELEASE of a handle", rawRelease(fd, [handle]).result, "EBADRQC");
    }),
    point(311, "RELEASE from an unreadable array of ids is EFAULT", { section: 6, fault: "F4" }, () => {
      using fd = open();
      const { node, handle } = create(fd);
      equal("ids", rawRelease(fd, [node], { ptr_ids: UNMAPPED }).result, "EFAULT");
      equal("ids NULL", rawRelease(fd, [node], { ptr_ids: 0 }).result, "EFAULT");
      equal("ids at the end of the address space", rawRelease(fd, [node], { ptr_ids: -4n }).result, "EFAULT");
      send(fd, handle, "still here");
      equal("received", receiveAll(fd), [`message ${node} "still here"`]);
    }),
  ],
};
