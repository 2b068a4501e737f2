/**
 * Points about large messages and queues, and about sizes that no memory can hold.
 *
 * @module
 */

import { equal, refused, succeeded } from "../support/assertions.ts";
import { CREATE, create, open, receiveAll, send } from "../support/calls.ts";
import { type Group, point } from "../support/point.ts";
import { rawRecv, rawRelease, rawSend, rawTransfer } from "../support/raw_calls.ts";

/** Numbers of elements that no memory can hold. */
const IMPOSSIBLE = [1n << 32n, 1n << 60n, (1n << 64n) - 1n];

export const group: Group = {
  name: "limits",
  about: "large sizes and impossible sizes",
  points: [
    point(1301, "a message can have 16 MiB", { section: 3 }, () => {
      using fd = open();
      const { node, handle } = create(fd);
      const text = "0123456789abcdef".repeat(1 << 20);
      send(fd, handle, text);
      const { result, metadata, message, text: received } = rawRecv(fd, { data: text.length });
      succeeded("RECV", result);
      equal("node and size", [metadata.id, message.n_data], [node, BigInt(text.length)]);
      equal("all bytes are equal", received === text, true);
    }),
    point(1302, "a queue can have 5,000 messages", { section: 4 }, () => {
      using server = open();
      using client = open();
      const { handle } = create(server, client);
      const count = 5000;
      for (let i = 0; i < count; i++) send(client, handle, String(i));
      for (let i = 0; i < count; i++) equal("received", rawRecv(server, { data: 8 }).text, String(i));
      equal("received after that", receiveAll(server), []);
    }),
    point(1303, "a peer can have a thousand nodes with messages to all of them", { section: 1 }, () => {
      using server = open();
      using client = open();
      const channels = Array.from({ length: 1000 }, () => create(server, client));
      for (const { handle } of channels) send(client, handle, "");
      for (const { node } of channels) equal("node", rawRecv(server).metadata.id, node);
    }),
    point(1304, "TRANSFER of more elements than memory can hold is refused", { section: 6 }, () => {
      for (const n_transfers of IMPOSSIBLE) {
        using fd = open();
        refused(`n_transfers ${n_transfers}`, rawTransfer(fd, [CREATE], { n_transfers }).result);
        const { node, handle } = create(fd);
        send(fd, handle, "works");
        equal("received", receiveAll(fd), [`message ${node} "works"`]);
      }
    }),
    point(1305, "RELEASE of more ids than memory can hold is refused", { section: 6, fault: "F4" }, () => {
      for (const n_ids of IMPOSSIBLE) {
        using fd = open();
        const { node, handle } = create(fd);
        refused(`n_ids ${n_ids}`, rawRelease(fd, [handle], { n_ids }).result);
        send(fd, handle, "works");
        equal("received", receiveAll(fd), [`message ${node} "works"`]);
      }
    }),
    point(1306, "SEND to more destinations than memory can hold is refused", { section: 6 }, () => {
      for (const n_destinations of IMPOSSIBLE) {
        using fd = open();
        const { node, handle } = create(fd);
        const sent = rawSend(fd, { destinations: [handle], command: { n_destinations } });
        refused(`n_destinations ${n_destinations}`, sent.result);
        send(fd, handle, "works");
        equal("received", receiveAll(fd), [`message ${node} "works"`]);
      }
    }),
    point(
      1307,
      "SEND of more transfers or vectors than memory can hold is refused",
      { section: 6, fault: "F5" },
      () => {
        for (const n of IMPOSSIBLE) {
          using fd = open();
          const { node, handle } = create(fd);
          const transfers = { destinations: [handle], transfers: [handle], message: { n_transfers: n } };
          refused(`n_transfers ${n}`, rawSend(fd, transfers).result);
          refused(`n_data_vecs ${n}`, rawSend(fd, { destinations: [handle], message: { n_data_vecs: n } }).result);
          send(fd, handle, "works");
          equal("received", receiveAll(fd), [`message ${node} "works"`]);
        }
      },
    ),
    point(1308, "RECV accepts a capacity that is larger than memory", { section: 3 }, () => {
      using fd = open();
      const { handle } = create(fd);
      send(fd, handle, "hello", handle);
      const { result, message } = rawRecv(fd, { transfers: 1, data: 5, message: { n_transfers: 1n << 40n } });
      succeeded("RECV", result);
      equal("n_transfers", message.n_transfers, 1n);
    }),
  ],
};
