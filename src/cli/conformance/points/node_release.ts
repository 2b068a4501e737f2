/**
 * Points about the release of nodes: the notifications, their order, and the messages to a released node.
 *
 * @module
 */

import { equal } from "../support/assertions.ts";
import { copy, create, open, receiveAll, receiveOne, release, send, transferredId, trySend } from "../support/calls.ts";
import { type Group, point } from "../support/point.ts";
import { rawRelease, rawSend } from "../support/raw_calls.ts";

export const group: Group = {
  name: "node-release",
  about: "release of nodes",
  points: [
    point(801, "releasing a node notifies the owner of its handle", { section: 5 }, () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server, client);
      release(server, node);
      equal("received by the owner of the handle", receiveAll(client), [`node-release ${handle}`]);
      equal("received by the owner of the node", receiveAll(server), []);
    }),
    point(
      802,
      "releasing a node sends a notification for each handle, in the order of creation",
      { section: 5 },
      () => {
        using server = open();
        using client = open();
        const { node, handle } = create(server, client);
        const handles = [handle, copy(client, handle, client), copy(client, handle, client)];
        release(server, node);
        equal("received by the owner of the handles", receiveAll(client), handles.map((id) => `node-release ${id}`));
      },
    ),
    point(803, "releasing a node notifies all owners of its handles", { section: 5 }, () => {
      using server = open();
      using a = open();
      using b = open();
      const { node, handle } = create(server, a);
      const other = copy(a, handle, b);
      release(server, node);
      equal("received by the owner of the first handle", receiveAll(a), [`node-release ${handle}`]);
      equal("received by the owner of the second handle", receiveAll(b), [`node-release ${other}`]);
    }),
    point(804, "releasing a node notifies its own owner if that peer owns a handle", { section: 5 }, () => {
      using fd = open();
      const { node, handle } = create(fd);
      release(fd, node);
      equal("received", receiveAll(fd), [`node-release ${handle}`]);
    }),
    point(805, "a peer that has released its handle is not notified of the node's release", { section: 5 }, () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server, client);
      release(client, handle);
      release(server, node);
      equal("received by the former owner of the handle", receiveAll(client), []);
    }),
    point(
      806,
      "a handle that is released before the node's release is received gets no notification",
      { section: 5 },
      () => {
        using server = open();
        using client = open();
        const { node, handle } = create(server, client);
        release(server, node);
        release(client, handle);
        equal("received by the owner of the handle", receiveAll(client), []);
        equal("received by the owner of the node", receiveAll(server), []);
      },
    ),
    point(807, "a handle is invalid after its NODE_RELEASE is received", { section: 3 }, () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server, client);
      release(server, node);
      equal("SEND before", trySend(client, handle), "0");
      equal("received by the owner of the handle", receiveOne(client), `node-release ${handle}`);
      equal("SEND after", trySend(client, handle), "EBADRQC");
    }),
    point(808, "RELEASE of a handle after its NODE_RELEASE is received is EBADRQC", { section: 3, fault: "F4" }, () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server, client);
      release(server, node);
      receiveOne(client);
      equal("RELEASE after", rawRelease(client, [handle]).result, "EBADRQC");
    }),
    point(809, "a released node receives nothing", { section: 5 }, () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server, client);
      release(server, node);
      send(client, handle, "too late");
      equal("received by the former owner of the node", receiveAll(server), []);
    }),
    point(810, "queued messages to a released node are discarded", { section: 5 }, () => {
      using server = open();
      using client = open();
      const released = create(server, client);
      const stays = create(server, client);
      send(client, released.handle, "one");
      send(client, stays.handle, "two");
      send(client, released.handle, "three");
      release(server, released.node);
      equal("received by the owner of the node", receiveAll(server), [`message ${stays.node} "two"`]);
    }),
    point(811, "the handles of discarded messages are released", { section: 5 }, () => {
      using server = open();
      using client = open();
      using target = open();
      const { node, handle } = create(server, client);
      const known = create(target, client);
      send(client, handle, "with it", known.handle);
      release(server, node);
      equal("received by the former owner of the node", receiveAll(server), []);
      release(client, known.handle);
      equal("received by the owner of the other node", receiveAll(target), [`handle-release ${known.node}`]);
    }),
    point(812, "a copy in flight arrives first, and then its NODE_RELEASE", { section: 5 }, () => {
      using server = open();
      using a = open();
      using b = open();
      const { node, handle } = create(server, a);
      const channel = create(b, a);
      send(a, channel.handle, "here", handle);
      release(server, node);
      const first = receiveOne(b);
      const copied = transferredId(first);
      equal("received first", first, `message ${channel.node} "here" +${copied}`);
      equal("received next", receiveAll(b), [`node-release ${copied}`]);
    }),
    point(813, "a copy that is sent after the node's release gets a NODE_RELEASE", { section: 5, fault: "F12" }, () => {
      using server = open();
      using a = open();
      using b = open();
      const { node, handle } = create(server, a);
      const channel = create(b, a);
      release(server, node);
      send(a, channel.handle, "dead", handle);
      const first = receiveOne(b);
      const copied = transferredId(first);
      equal("received first", first, `message ${channel.node} "dead" +${copied}`);
      equal("received next", receiveAll(b), [`node-release ${copied}`]);
    }),
    point(
      814,
      "a copy that is created after the node's release gets a NODE_RELEASE",
      { section: 5, fault: "F12" },
      () => {
        using server = open();
        using a = open();
        using b = open();
        const { node, handle } = create(server, a);
        release(server, node);
        const copied = copy(a, handle, b);
        equal("received by the owner of the copy", receiveAll(b), [`node-release ${copied}`]);
      },
    ),
    point(815, "the NODE_RELEASE of a copy comes after that of its source", { section: 5, fault: "F12" }, () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server, client);
      release(server, node);
      const copied = copy(client, handle, client);
      equal("received", receiveAll(client), [`node-release ${handle}`, `node-release ${copied}`]);
    }),
    point(816, "nothing is received about a handle after its NODE_RELEASE", { section: 4 }, () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server, client);
      const other = copy(client, handle, server);
      release(server, node);
      equal("received by the owner of the handle", receiveAll(client), [`node-release ${handle}`]);
      release(server, other);
      equal("received after that", receiveAll(client), []);
    }),
    point(817, "releasing a node and its handle together notifies neither", { section: 5, fault: "F2" }, () => {
      using fd = open();
      const { node, handle } = create(fd);
      equal("RELEASE", rawRelease(fd, [node, handle]).result, "0");
      equal("SEND", trySend(fd, handle), "EBADRQC");
      equal("received", receiveAll(fd), []);
    }),
    point(818, "a multicast skips a released node", { section: 5, fault: "F2" }, () => {
      using server = open();
      using other = open();
      using client = open();
      const released = create(server, client);
      const stays = create(other, client);
      release(server, released.node);
      const destinations = [released.handle, stays.handle];
      equal("SEND", rawSend(client, { destinations, data: "both" }).result, "0");
      equal("received by the owner of the released node", receiveAll(server), []);
      equal("received by the other owner", receiveAll(other), [`message ${stays.node} "both"`]);
    }),
  ],
};
