/**
 * Points about the release of nodes: who is told, in which order, and what becomes of messages.
 *
 * @module
 */

import { copy, create, hear, next, open, rawRelease, rawSend, release, send, trySend } from "./device.ts";
import { equal, faulty, type Group, point } from "./point.ts";

export const group: Group = {
  name: "node-release",
  about: "release of nodes",
  points: [
    point(
      801,
      "the owner of a handle is told that its node is released",
      "5: every owner of a live handle to it gets one `NODE_RELEASE`",
      () => {
        using server = open();
        using client = open();
        const { node, handle } = create(server, client);
        release(server, node);
        equal("heard by the owner of the handle", hear(client), [`node-release ${handle}`]);
        equal("heard by the owner of the node", hear(server), []);
      },
    ),
    point(
      802,
      "he is told once for each handle, in the order in which they came to be",
      "5: one `NODE_RELEASE` for each handle",
      () => {
        using server = open();
        using client = open();
        const { node, handle } = create(server, client);
        const handles = [handle, copy(client, handle, client), copy(client, handle, client)];
        release(server, node);
        equal("heard by the owner of the handles", hear(client), handles.map((id) => `node-release ${id}`));
      },
    ),
    point(
      803,
      "all owners of handles are told",
      "5: every owner of a live handle to it gets one `NODE_RELEASE`",
      () => {
        using server = open();
        using a = open();
        using b = open();
        const { node, handle } = create(server, a);
        const other = copy(a, handle, b);
        release(server, node);
        equal("heard by one", hear(a), [`node-release ${handle}`]);
        equal("heard by the other", hear(b), [`node-release ${other}`]);
      },
    ),
    point(
      804,
      "the owner of a node is told, too, of his own handles to it",
      "5: every owner of a live handle to it gets one `NODE_RELEASE`",
      () => {
        using fd = open();
        const { node, handle } = create(fd);
        release(fd, node);
        equal("heard", hear(fd), [`node-release ${handle}`]);
      },
    ),
    point(
      805,
      "who has released his handle is not told of its node",
      "5: After releasing an object a peer hears nothing more of it",
      () => {
        using server = open();
        using client = open();
        const { node, handle } = create(server, client);
        release(client, handle);
        release(server, node);
        equal("heard by the former owner of the handle", hear(client), []);
      },
    ),
    point(
      806,
      "who releases a handle unaware of its node's release is not told of it",
      "5: releases that cross each other notify neither side",
      () => {
        using server = open();
        using client = open();
        const { node, handle } = create(server, client);
        release(server, node);
        release(client, handle);
        equal("heard by the owner of the handle", hear(client), []);
        equal("heard by the owner of the node", hear(server), []);
      },
    ),
    point(
      807,
      "a handle is gone when its NODE_RELEASE is read",
      "3: After a `NODE_RELEASE` is received its handle id is gone",
      () => {
        using server = open();
        using client = open();
        const { node, handle } = create(server, client);
        release(server, node);
        equal("SEND before", trySend(client, handle), "0");
        equal("heard by the owner of the handle", next(client), `node-release ${handle}`);
        equal("SEND after", trySend(client, handle), "EBADRQC");
      },
    ),
    faulty(
      "F4",
      808,
      "a handle cannot be released when its NODE_RELEASE is read",
      "3: After a `NODE_RELEASE` is received its handle id is gone",
      () => {
        using server = open();
        using client = open();
        const { node, handle } = create(server, client);
        release(server, node);
        next(client);
        equal("RELEASE after", rawRelease(client, [handle]).answer, "EBADRQC");
      },
    ),
    point(
      809,
      "a released node receives nothing",
      "5: Messages to a released node are discarded when they would be received",
      () => {
        using server = open();
        using client = open();
        const { node, handle } = create(server, client);
        release(server, node);
        send(client, handle, "too late");
        equal("heard by the former owner of the node", hear(server), []);
      },
    ),
    point(
      810,
      "messages that wait for a released node are discarded",
      "5: Messages to a released node are discarded when they would be received",
      () => {
        using server = open();
        using client = open();
        const gone = create(server, client);
        const stays = create(server, client);
        send(client, gone.handle, "one");
        send(client, stays.handle, "two");
        send(client, gone.handle, "three");
        release(server, gone.node);
        equal("heard by the owner of the node", hear(server), [`message ${stays.node} "two"`]);
      },
    ),
    point(
      811,
      "the handles of discarded messages are released",
      "5: their handles are released as if the receiver had released them",
      () => {
        using server = open();
        using client = open();
        using target = open();
        const { node, handle } = create(server, client);
        const known = create(target, client);
        send(client, handle, "with it", known.handle);
        release(server, node);
        equal("heard by the former owner of the node", hear(server), []);
        release(client, known.handle);
        equal("heard by the owner of the other node", hear(target), [`handle-release ${known.node}`]);
      },
    ),
    point(
      812,
      "a copy under way arrives, and then its NODE_RELEASE",
      "5: after R and after the message that brought it",
      () => {
        using server = open();
        using a = open();
        using b = open();
        const { node, handle } = create(server, a);
        const way = create(b, a);
        send(a, way.handle, "here", handle);
        release(server, node);
        const first = next(b);
        const copied = /\+(\d+)$/.exec(first)?.[1];
        equal("heard first", first, `message ${way.node} "here" +${copied}`);
        equal("heard then", hear(b), [`node-release ${copied}`]);
      },
    ),
    faulty(
      "F12",
      813,
      "a copy that is sent after the release gets a NODE_RELEASE",
      "5: made from one whose `NODE_RELEASE` is not read yet",
      () => {
        using server = open();
        using a = open();
        using b = open();
        const { node, handle } = create(server, a);
        const way = create(b, a);
        release(server, node);
        send(a, way.handle, "dead", handle);
        const first = next(b);
        const copied = /\+(\d+)$/.exec(first)?.[1];
        equal("heard first", first, `message ${way.node} "dead" +${copied}`);
        equal("heard then", hear(b), [`node-release ${copied}`]);
      },
    ),
    faulty(
      "F12",
      814,
      "a copy that is made after the release gets a NODE_RELEASE",
      "5: Copying across (`new_handle`, `copy`, TRANSFER) counts as such a commit",
      () => {
        using server = open();
        using a = open();
        using b = open();
        const { node, handle } = create(server, a);
        release(server, node);
        const copied = copy(a, handle, b);
        equal("heard by the owner of the copy", hear(b), [`node-release ${copied}`]);
      },
    ),
    faulty(
      "F12",
      815,
      "a copy's NODE_RELEASE comes after that of its source",
      "5: after R and after the message that brought it",
      () => {
        using server = open();
        using client = open();
        const { node, handle } = create(server, client);
        release(server, node);
        const copied = copy(client, handle, client);
        equal("heard", hear(client), [`node-release ${handle}`, `node-release ${copied}`]);
      },
    ),
    point(
      816,
      "nothing more concerns a handle after its NODE_RELEASE",
      "4: After its `NODE_RELEASE`, nothing more concerns that handle",
      () => {
        using server = open();
        using client = open();
        const { node, handle } = create(server, client);
        const other = copy(client, handle, server);
        release(server, node);
        equal("heard by the owner of the handle", hear(client), [`node-release ${handle}`]);
        release(server, other);
        equal("heard after that", hear(client), []);
      },
    ),
    faulty(
      "F2",
      817,
      "node and handle are released together in silence",
      "5: After releasing an object a peer hears nothing more of it",
      () => {
        using fd = open();
        const { node, handle } = create(fd);
        equal("RELEASE", rawRelease(fd, [node, handle]).answer, "0");
        equal("SEND", trySend(fd, handle), "EBADRQC");
        equal("heard", hear(fd), []);
      },
    ),
    faulty(
      "F2",
      818,
      "a multicast passes over a released node",
      "5: Messages to a released node are discarded when they would be received, also within one transaction",
      () => {
        using server = open();
        using other = open();
        using client = open();
        const gone = create(server, client);
        const stays = create(other, client);
        release(server, gone.node);
        const destinations = [gone.handle, stays.handle];
        equal("SEND", rawSend(client, { destinations, data: "both" }).answer, "0");
        equal("received by the one", hear(server), []);
        equal("received by the other", hear(other), [`message ${stays.node} "both"`]);
      },
    ),
  ],
};
