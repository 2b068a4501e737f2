/**
 * Points about the end of a peer: its last close, or the end of the last process that has it open.
 *
 * @module
 */

import * as uapi from "../../../uapi/mod.ts";
import { equal } from "../support/assertions.ts";
import { assistant } from "../support/assistant.ts";
import { copy, create, open, receiveAll, receiveSoon, release, send, trySend } from "../support/calls.ts";
import { type Group, point } from "../support/point.ts";

export const group: Group = {
  name: "ends",
  about: "the end of a peer",
  points: [
    point(1101, "the last close of a peer releases its nodes", { section: 3 }, () => {
      const server = open();
      using client = open();
      const { handle } = create(server, client);
      server.close();
      equal("received by the owner of the handle", receiveSoon(client, 1), [`node-release ${handle}`]);
      equal("SEND after", trySend(client, handle), "EBADRQC");
    }),
    point(1102, "the last close of a peer releases its handles", { section: 5 }, () => {
      using server = open();
      const client = open();
      const { node } = create(server, client);
      client.close();
      equal("received by the owner of the node", receiveSoon(server, 1), [`handle-release ${node}`]);
    }),
    point(1103, "messages of a peer arrive before the notifications of its end", { section: 4 }, () => {
      using server = open();
      const client = open();
      const { node, handle } = create(server, client);
      const back = create(client, server);
      send(client, handle, "farewell");
      client.close();
      const words = [`message ${node} "farewell"`, `node-release ${back.handle}`, `handle-release ${node}`];
      equal("received by the other peer", receiveSoon(server, 3), words);
    }),
    point(1104, "a peer lives until the last close", { section: 3 }, () => {
      const server = open();
      using client = open();
      const { node, handle } = create(server, client);
      using same = uapi.dup(server);
      server.close();
      send(client, handle, "still here");
      equal("received by the duplicate", receiveAll(same), [`message ${node} "still here"`]);
      equal("received by the owner of the handle", receiveAll(client), []);
      same.close();
      equal("received after the last close", receiveSoon(client, 1), [`node-release ${handle}`]);
    }),
    point(1105, "a message to a peer that has ended is discarded without an error", { section: 5 }, () => {
      const server = open();
      using client = open();
      const { handle } = create(server, client);
      server.close();
      equal("SEND", trySend(client, handle), "0");
      equal("received by the owner of the handle", receiveSoon(client, 1), [`node-release ${handle}`]);
    }),
    point(1106, "handles in the queue of a peer are released when the peer ends", { section: 5 }, () => {
      using target = open();
      using client = open();
      const server = open();
      const known = create(target, client);
      const channel = create(server, client);
      send(client, channel.handle, "never read", known.handle);
      server.close();
      equal("received by the sender", receiveSoon(client, 1), [`node-release ${channel.handle}`]);
      release(client, known.handle);
      equal("received by the owner of the node", receiveSoon(target, 1), [`handle-release ${known.node}`]);
    }),
    point(1107, "when a peer ends, node releases come before handle releases", { section: 4 }, () => {
      // The module of the kernel RFC fails this point as well (device fault F13), which the emulated device does not have.
      using other = open();
      const peer = open();
      const mine = [create(peer, other), create(peer, other)];
      const theirs = [create(other, peer), create(other, peer)];
      peer.close();
      const words = [
        ...mine.map(({ handle }) => `node-release ${handle}`),
        ...theirs.map(({ node }) => `handle-release ${node}`),
      ];
      equal("received by the other peer", receiveSoon(other, 4), words);
    }),
    point(1108, "copies of a handle outlive the peer that made them", { section: 1, fault: "F11" }, () => {
      using server = open();
      using keeper = open();
      const client = open();
      const { node, handle } = create(server, client);
      const back = create(client, keeper);
      const copied = copy(client, handle, keeper);
      client.close();
      equal("received by the owner of the copy", receiveSoon(keeper, 1), [`node-release ${back.handle}`]);
      send(keeper, copied, "still here");
      equal("received", receiveAll(server), [`message ${node} "still here"`]);
    }),
    point(1109, "killing a process ends its peers", { section: 3 }, async () => {
      using fd = open();
      const client = open();
      const theirs = create(client, fd);
      const mine = create(fd, client);
      const helper = assistant("hold", client, mine.handle);
      client.close();
      equal("received while the assistant lives", receiveSoon(fd, 1), [`message ${mine.node} "held"`]);
      await helper.kill();
      equal("received next", receiveSoon(fd, 2), [`node-release ${theirs.handle}`, `handle-release ${mine.node}`]);
    }),
    point(1110, "handles in the queue of an ended peer are released before its own handles", { section: 4 }, () => {
      using target = open();
      using client = open();
      const server = open();
      const own = create(target, server);
      const queued = create(target, client);
      const channel = create(server, client);
      send(client, channel.handle, "never read", queued.handle);
      release(client, queued.handle);
      server.close();
      const words = [`handle-release ${queued.node}`, `handle-release ${own.node}`];
      equal("received by the owner of the nodes", receiveSoon(target, 2), words);
    }),
  ],
};
