/**
 * Points about what is large, and about what is absurd.
 *
 * @module
 */

import { CREATE, create, hear, open, rawRecv, rawRelease, rawSend, rawTransfer, send } from "./device.ts";
import { dangerous, equal, faulty, type Group, point, refused, succeeded } from "./point.ts";

/** More elements than any memory holds. */
const ABSURD = [1n << 32n, 1n << 60n, (1n << 64n) - 1n];

export const group: Group = {
  name: "limits",
  about: "large and absurd",
  points: [
    point(1301, "a message of 16 MiB", "3, SEND: one message to all destinations", () => {
      using fd = open();
      const { node, handle } = create(fd);
      const text = "0123456789abcdef".repeat(1 << 20);
      send(fd, handle, text);
      const { answer, metadata, message, text: received } = rawRecv(fd, { data: text.length });
      succeeded("RECV", answer);
      equal("node and size", [metadata.id, message.n_data], [node, BigInt(text.length)]);
      equal("all bytes are the same", received === text, true);
    }),
    point(1302, "a queue of 5,000 messages", "4: **FIFO** per sender follows from 3", () => {
      using server = open();
      using client = open();
      const { handle } = create(server, client);
      const count = 5000;
      for (let i = 0; i < count; i++) send(client, handle, String(i));
      for (let i = 0; i < count; i++) equal("received", rawRecv(server, { data: 8 }).text, String(i));
      equal("received then", hear(server), []);
    }),
    point(1303, "a thousand nodes, and messages to all of them", "1: Owns nodes and handles", () => {
      using server = open();
      using client = open();
      const ways = Array.from({ length: 1000 }, () => create(server, client));
      for (const { handle } of ways) send(client, handle, "");
      for (const { node } of ways) equal("node", rawRecv(server).metadata.id, node);
    }),
    point(
      1304,
      "TRANSFER of more than there can be",
      "6: **A failed call changed nothing** that anyone can observe",
      () => {
        for (const n_transfers of ABSURD) {
          using fd = open();
          refused(`n_transfers ${n_transfers}`, rawTransfer(fd, [CREATE], { n_transfers }).answer);
          const { node, handle } = create(fd);
          send(fd, handle, "works");
          equal("received", hear(fd), [`message ${node} "works"`]);
        }
      },
    ),
    faulty(
      "F4",
      1305,
      "RELEASE of more than there can be",
      "6: **A failed call changed nothing** that anyone can observe",
      () => {
        for (const n_ids of ABSURD) {
          using fd = open();
          const { node, handle } = create(fd);
          refused(`n_ids ${n_ids}`, rawRelease(fd, [handle], { n_ids }).answer);
          send(fd, handle, "works");
          equal("received", hear(fd), [`message ${node} "works"`]);
        }
      },
    ),
    point(
      1306,
      "SEND to more than there can be",
      "6: **A failed call changed nothing** that anyone can observe",
      () => {
        for (const n_destinations of ABSURD) {
          using fd = open();
          const { node, handle } = create(fd);
          const sent = rawSend(fd, { destinations: [handle], command: { n_destinations } });
          refused(`n_destinations ${n_destinations}`, sent.answer);
          send(fd, handle, "works");
          equal("received", hear(fd), [`message ${node} "works"`]);
        }
      },
    ),
    dangerous(
      1307,
      "SEND of more than there can be",
      "6: **A failed call changed nothing** that anyone can observe",
      () => {
        for (const n of ABSURD) {
          using fd = open();
          const { node, handle } = create(fd);
          const transfers = { destinations: [handle], transfers: [handle], message: { n_transfers: n } };
          refused(`n_transfers ${n}`, rawSend(fd, transfers).answer);
          refused(`n_data_vecs ${n}`, rawSend(fd, { destinations: [handle], message: { n_data_vecs: n } }).answer);
          send(fd, handle, "works");
          equal("received", hear(fd), [`message ${node} "works"`]);
        }
      },
    ),
    point(1308, "room for more than there can be", "3, RECV: and the room it has (`n_transfers`, `n_data`)", () => {
      using fd = open();
      const { handle } = create(fd);
      send(fd, handle, "hello", handle);
      const { answer, message } = rawRecv(fd, { transfers: 1, data: 5, message: { n_transfers: 1n << 40n } });
      succeeded("RECV", answer);
      equal("n_transfers", message.n_transfers, 1n);
    }),
  ],
};
