/**
 * Points about poll.
 *
 * @module
 */

import * as uapi from "../../uapi/mod.ts";
import { assistant } from "./assistant.ts";
import { create, hear, hearSoon, next, open, ready, release, send } from "./device.ts";
import { equal, faulty, type Group, point } from "./point.ts";

export const group: Group = {
  name: "poll",
  about: "poll",
  points: [
    point(701, "a new peer can be sent to, and has nothing", "3: `poll` reports `POLLOUT` always", () => {
      using fd = open();
      equal("ready", ready(fd), "out");
    }),
    point(702, "a message makes a peer readable", "3: `POLLIN` while a message is ready", () => {
      using fd = open();
      using client = open();
      send(client, create(fd, client).handle, "hello");
      equal("ready", ready(fd), "in out");
      equal("ready, the sender", ready(client), "out");
    }),
    point(703, "a release makes a peer readable", "3: `POLLIN` while a message is ready", () => {
      using fd = open();
      using other = open();
      const first = create(fd, other);
      const second = create(fd, other);
      release(fd, first.node);
      equal("ready, the owner of the handle", ready(other), "in out");
      release(other, second.handle);
      equal("ready, the owner of the node", ready(fd), "in out");
    }),
    point(704, "a peer is readable while there is more", "3: `POLLIN` while a message is ready", () => {
      using fd = open();
      const { handle } = create(fd);
      send(fd, handle, "one");
      send(fd, handle, "two");
      next(fd);
      equal("ready", ready(fd), "in out");
    }),
    faulty("F10", 705, "a peer is not readable when its queue is empty", "3: `POLLIN` while a message is ready", () => {
      using fd = open();
      send(fd, create(fd).handle, "hello");
      hear(fd);
      equal("ready after EAGAIN", ready(fd), "out");
    }),
    faulty(
      "F10",
      706,
      "a discarded message does not leave a peer readable",
      "3: `POLLIN` while a message is ready",
      () => {
        using fd = open();
        using client = open();
        const { node, handle } = create(fd, client);
        send(client, handle, "too late");
        ready(fd);
        release(fd, node);
        equal("received", hear(fd), []);
        equal("ready after EAGAIN", ready(fd), "out");
      },
    ),
    point(707, "a duplicate of a descriptor is ready as the original", "3: Opening the device makes a peer", () => {
      using fd = open();
      using same = uapi.dup(fd);
      send(fd, create(fd).handle, "hello");
      equal("ready, the duplicate", ready(same), "in out");
      equal("received there", hear(same).length, 1);
    }),
    point(708, "who polls is woken by a message", "4: it is never lost", async () => {
      using fd = open();
      using client = open();
      const { node, handle } = create(fd, client);
      const helper = assistant("later", client, handle);
      const [revents] = uapi.poll([{ fd, events: uapi.POLLIN }], 4000);
      equal("POLLIN", revents! & uapi.POLLIN, uapi.POLLIN);
      equal("received", hear(fd), [`message ${node} "later"`]);
      await helper.end();
    }),
    point(709, "who polls is woken by the death of a process", "5: its nodes are released", async () => {
      using fd = open();
      const client = open();
      const { handle } = create(client, fd);
      const { node, handle: back } = create(fd, client);
      const helper = assistant("die", client, back);
      client.close();
      equal("received", hearSoon(fd, 1), [`message ${node} "dying"`]);
      const [revents] = uapi.poll([{ fd, events: uapi.POLLIN }], 4000);
      equal("POLLIN", revents! & uapi.POLLIN, uapi.POLLIN);
      equal("received then", hearSoon(fd, 1), [`node-release ${handle}`]);
      await helper.kill();
    }),
  ],
};
