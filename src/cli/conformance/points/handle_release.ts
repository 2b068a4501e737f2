/**
 * Points about the release of handles: the owner of a node is notified of the last one, and of nothing after it.
 *
 * @module
 */

import { equal } from "../support/assertions.ts";
import { copy, create, open, receiveAll, receiveOne, release, send, transferredId } from "../support/calls.ts";
import { type Group, point } from "../support/point.ts";
import { rawRelease } from "../support/raw_calls.ts";

export const group: Group = {
  name: "handle-release",
  about: "release of handles",
  points: [
    point(901, "releasing the last handle notifies the owner of the node", { section: 5 }, () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server, client);
      release(client, handle);
      equal("received by the owner of the node", receiveAll(server), [`handle-release ${node}`]);
      equal("received by the former owner of the handle", receiveAll(client), []);
    }),
    point(902, "releasing the last handle notifies its own owner if that peer owns the node", { section: 5 }, () => {
      using fd = open();
      const { node, handle } = create(fd);
      release(fd, handle);
      equal("received", receiveAll(fd), [`handle-release ${node}`]);
    }),
    point(903, "a HANDLE_RELEASE arrives after the messages that were sent through the handle", { section: 4 }, () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server, client);
      send(client, handle, "one");
      send(client, handle, "two");
      release(client, handle);
      const words = [`message ${node} "one"`, `message ${node} "two"`, `handle-release ${node}`];
      equal("received by the owner of the node", receiveAll(server), words);
    }),
    point(904, "releasing a handle that is not the last notifies no peer", { section: 5, fault: "F11" }, () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server, client);
      const other = copy(client, handle, client);
      release(client, handle);
      equal("received after the first", receiveAll(server), []);
      release(client, other);
      equal("received after the last", receiveAll(server), [`handle-release ${node}`]);
    }),
    point(905, "a node stays valid while it has a handle", { section: 4, fault: "F11" }, () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server, client);
      const other = copy(client, handle, client);
      release(client, handle);
      receiveOne(server);
      send(client, other, "still here");
      equal("received by the owner of the node", receiveAll(server), [`message ${node} "still here"`]);
    }),
    point(906, "a copy in flight keeps the node valid", { section: 5, fault: "F11" }, () => {
      using server = open();
      using a = open();
      using b = open();
      const { node, handle } = create(server, a);
      const channel = create(b, a);
      send(a, channel.handle, "yours", handle);
      release(a, handle);
      equal("received while the copy is in flight", receiveAll(server), []);
      const copied = transferredId(receiveOne(b));
      send(b, copied, "arrived");
      release(b, copied);
      equal("received next", receiveAll(server), [`message ${node} "arrived"`, `handle-release ${node}`]);
    }),
    point(907, "a node's release reaches the owners of the remaining handles", { section: 5, fault: "F11" }, () => {
      using server = open();
      using a = open();
      using b = open();
      const { node, handle } = create(server, a);
      const other = copy(a, handle, b);
      release(a, handle);
      receiveOne(server);
      equal("RELEASE of the node", rawRelease(server, [node]).result, "0");
      equal("received by the owner of the remaining handle", receiveAll(b), [`node-release ${other}`]);
    }),
    point(908, "a node is invalid after its HANDLE_RELEASE is received", { section: 3, fault: "F4" }, () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server, client);
      release(client, handle);
      receiveOne(server);
      equal("RELEASE of the node", rawRelease(server, [node]).result, "EBADRQC");
    }),
    point(909, "a node can be released before its HANDLE_RELEASE is received", { section: 5 }, () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server, client);
      release(client, handle);
      equal("RELEASE of the node", rawRelease(server, [node]).result, "0");
      equal("received by the former owner of the node", receiveAll(server), []);
    }),
    point(910, "releasing a handle to a released node notifies neither side", { section: 5 }, () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server, client);
      release(server, node);
      release(client, handle);
      equal("received by the former owner of the node", receiveAll(server), []);
      equal("received by the former owner of the handle", receiveAll(client), []);
    }),
    point(911, "a HANDLE_RELEASE names the node of the released handle", { section: 5 }, () => {
      using server = open();
      using client = open();
      const a = create(server, client);
      const b = create(server, client);
      release(client, b.handle);
      release(client, a.handle);
      equal("received by the owner of the nodes", receiveAll(server), [
        `handle-release ${b.node}`,
        `handle-release ${a.node}`,
      ]);
    }),
  ],
};
