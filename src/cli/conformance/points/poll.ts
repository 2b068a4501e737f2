/**
 * Points about poll.
 *
 * @module
 */

import * as uapi from "../../../uapi/mod.ts";
import { equal } from "../support/assertions.ts";
import { assistant } from "../support/assistant.ts";
import { create, open, ready, receiveAll, receiveOne, receiveSoon, release, send } from "../support/calls.ts";
import { type Group, point } from "../support/point.ts";

export const group: Group = {
  name: "poll",
  about: "poll",
  points: [
    point(701, "a new peer is writable and not readable", { section: 3 }, () => {
      using fd = open();
      equal("ready", ready(fd), "out");
    }),
    point(702, "a message makes a peer readable", { section: 3 }, () => {
      using fd = open();
      using client = open();
      send(client, create(fd, client).handle, "hello");
      equal("ready", ready(fd), "in out");
      equal("ready, the sender", ready(client), "out");
    }),
    point(703, "a release makes a peer readable", { section: 3 }, () => {
      using fd = open();
      using other = open();
      const first = create(fd, other);
      const second = create(fd, other);
      release(fd, first.node);
      equal("ready, the owner of the handle", ready(other), "in out");
      release(other, second.handle);
      equal("ready, the owner of the node", ready(fd), "in out");
    }),
    point(704, "a peer stays readable while its queue is not empty", { section: 3 }, () => {
      using fd = open();
      const { handle } = create(fd);
      send(fd, handle, "one");
      send(fd, handle, "two");
      receiveOne(fd);
      equal("ready", ready(fd), "in out");
    }),
    point(705, "a peer is not readable when its queue is empty", { section: 3, fault: "F10" }, () => {
      using fd = open();
      send(fd, create(fd).handle, "hello");
      receiveAll(fd);
      equal("ready after EAGAIN", ready(fd), "out");
    }),
    point(706, "a discarded message does not leave a peer readable", { section: 3, fault: "F10" }, () => {
      using fd = open();
      using client = open();
      const { node, handle } = create(fd, client);
      send(client, handle, "too late");
      ready(fd);
      release(fd, node);
      equal("received", receiveAll(fd), []);
      equal("ready after EAGAIN", ready(fd), "out");
    }),
    point(707, "a duplicate of a descriptor has the same readiness", { section: 3 }, () => {
      using fd = open();
      using same = uapi.dup(fd);
      send(fd, create(fd).handle, "hello");
      equal("ready, the duplicate", ready(same), "in out");
      equal("received through the duplicate", receiveAll(same).length, 1);
    }),
    point(708, "a message wakes a caller of poll", { section: 4 }, async () => {
      using fd = open();
      using client = open();
      const { node, handle } = create(fd, client);
      const helper = assistant("later", client, handle);
      const [revents] = uapi.poll([{ fd, events: uapi.POLLIN }], 4000);
      equal("POLLIN", (revents ?? 0) & uapi.POLLIN, uapi.POLLIN);
      equal("received", receiveAll(fd), [`message ${node} "later"`]);
      await helper.end();
    }),
    point(709, "the death of a process wakes a caller of poll", { section: 5 }, async () => {
      using fd = open();
      const client = open();
      const { handle } = create(client, fd);
      const { node, handle: back } = create(fd, client);
      const helper = assistant("die", client, back);
      client.close();
      equal("received", receiveSoon(fd, 1), [`message ${node} "dying"`]);
      const [revents] = uapi.poll([{ fd, events: uapi.POLLIN }], 4000);
      equal("POLLIN", (revents ?? 0) & uapi.POLLIN, uapi.POLLIN);
      equal("received after that", receiveSoon(fd, 1), [`node-release ${handle}`]);
      await helper.kill();
    }),
  ],
};
