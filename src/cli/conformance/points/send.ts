/**
 * Points about SEND: the message, its bytes, its destinations and the array of errors.
 *
 * @module
 */

import { MAX_DATA } from "../../../port/abi.ts";
import * as uapi from "../../../uapi/mod.ts";
import { equal } from "../support/assertions.ts";
import { create, open, receiveAll, release, send, trySend } from "../support/calls.ts";
import { type Group, point } from "../support/point.ts";
import { FILL, rawSend, UNMAPPED } from "../support/raw_calls.ts";

/** One byte more than a message can have. */
const TOO_MANY = MAX_DATA + 1;

/** Two peers. The client owns a handle to a node of the server. */
function serverAndClient(): { server: uapi.Fd; client: uapi.Fd; node: bigint; handle: bigint } & Disposable {
  const server = open();
  const client = open();
  const close = () => {
    server.close();
    client.close();
  };
  return { server, client, ...create(server, client), [Symbol.dispose]: close };
}

export const group: Group = {
  name: "send",
  about: "SEND",
  points: [
    point(401, "a message arrives with the bytes that were sent", { section: 1 }, () => {
      using peers = serverAndClient();
      equal("SEND", rawSend(peers.client, { destinations: [peers.handle], data: "hello" }).result, "0");
      equal("received", receiveAll(peers.server), [`message ${peers.node} "hello"`]);
      equal("received by the sender", receiveAll(peers.client), []);
    }),
    point(402, "a message may be empty", { section: 1 }, () => {
      using peers = serverAndClient();
      equal("SEND of no vector", rawSend(peers.client, { destinations: [peers.handle], data: [] }).result, "0");
      const message = { ptr_data_vecs: 0, ptr_transfers: 0 };
      const sent = rawSend(peers.client, { destinations: [peers.handle], data: [], message });
      equal("SEND without arrays", sent.result, "0");
      equal("SEND of an empty vector", rawSend(peers.client, { destinations: [peers.handle], data: [""] }).result, "0");
      equal("received", receiveAll(peers.server), Array(3).fill(`message ${peers.node} ""`));
    }),
    point(403, "the bytes of all vectors are joined in their order", { section: 3 }, () => {
      using peers = serverAndClient();
      const data = ["one ", "", "two ", "three"];
      equal("SEND", rawSend(peers.client, { destinations: [peers.handle], data }).result, "0");
      equal("received", receiveAll(peers.server), [`message ${peers.node} "one two three"`]);
    }),
    point(404, "SEND sends only the first n_data bytes of the vectors", { section: 3, fault: "F6" }, () => {
      using peers = serverAndClient();
      const send = { destinations: [peers.handle], data: ["one ", "two ", "three"], message: { n_data: 6 } };
      equal("SEND", rawSend(peers.client, send).result, "0");
      equal("received", receiveAll(peers.server), [`message ${peers.node} "one tw"`]);
    }),
    point(405, "SEND accepts 1024 vectors", { section: 3 }, () => {
      using peers = serverAndClient();
      const data = Array.from({ length: 1024 }, (_, i) => String(i % 10));
      equal("SEND", rawSend(peers.client, { destinations: [peers.handle], data }).result, "0");
      equal("received", receiveAll(peers.server), [`message ${peers.node} "${data.join("")}"`]);
    }),
    point(406, "SEND copies the bytes of the message", { section: 2 }, () => {
      using peers = serverAndClient();
      rawSend(peers.client, { destinations: [peers.handle], data: "before", afterwards: (text) => text.fill(FILL) });
      equal("received", receiveAll(peers.server), [`message ${peers.node} "before"`]);
    }),
    point(407, "SEND of more than 1024 vectors is EINVAL", { section: 3, fault: "F5" }, () => {
      using peers = serverAndClient();
      const data = Array<string>(1025).fill("x");
      equal("SEND", rawSend(peers.client, { destinations: [peers.handle], data }).result, "EINVAL");
      equal("received", receiveAll(peers.server), []);
    }),
    point(408, "SEND with n_data larger than the vectors is EMSGSIZE", { section: 6, fault: "F5" }, () => {
      using peers = serverAndClient();
      const send = { destinations: [peers.handle], data: "four", message: { n_data: 5 } };
      equal("SEND", rawSend(peers.client, send).result, "EMSGSIZE");
      equal("received", receiveAll(peers.server), []);
    }),
    point(409, "SEND with n_data larger than 0x7ffff000 is EMSGSIZE", { section: 6, fault: "F5" }, () => {
      using peers = serverAndClient();
      for (const n_data of [TOO_MANY, 2n ** 63n, uapi.BUS1_INVALID]) {
        const sent = rawSend(peers.client, { destinations: [peers.handle], data: "four", message: { n_data } });
        equal(`SEND of ${n_data} bytes`, sent.result, "EMSGSIZE");
      }
      equal("received", receiveAll(peers.server), []);
    }),
    point(410, "SEND refuses every flag of a message", { section: 3, fault: "F5" }, () => {
      using peers = serverAndClient();
      for (const flags of [1n, 1n << 63n]) {
        const sent = rawSend(peers.client, { destinations: [peers.handle], message: { flags } });
        equal(`flags ${flags}`, sent.result, "EINVAL");
      }
      equal("received", receiveAll(peers.server), []);
    }),
    point(411, "SEND accepts only user messages", { section: 6, fault: "F5" }, () => {
      using peers = serverAndClient();
      for (const type of [1n, 2n, 3n, uapi.BUS1_INVALID]) {
        const sent = rawSend(peers.client, { destinations: [peers.handle], message: { type } });
        equal(`type ${type}`, sent.result, "EINVAL");
      }
      equal("received", receiveAll(peers.server), []);
    }),
    point(412, "SEND from an unreadable message, vector or transfer is EFAULT", { section: 6, fault: "F5" }, () => {
      using peers = serverAndClient();
      const destinations = [peers.handle];
      equal("message", rawSend(peers.client, { destinations, command: { ptr_message: UNMAPPED } }).result, "EFAULT");
      const vectors = { destinations, data: "x", message: { ptr_data_vecs: UNMAPPED } };
      equal("vectors", rawSend(peers.client, vectors).result, "EFAULT");
      const transfers = { destinations, transfers: [peers.handle], message: { ptr_transfers: UNMAPPED } };
      equal("transfers", rawSend(peers.client, transfers).result, "EFAULT");
      equal("received", receiveAll(peers.server), []);
    }),
    point(413, "SEND to an unknown id is EBADRQC", { section: 6 }, () => {
      using peers = serverAndClient();
      for (const id of [0n, 2n, 999n, uapi.BUS1_INVALID]) equal(`SEND to ${id}`, trySend(peers.client, id), "EBADRQC");
    }),
    point(414, "SEND to a node's id is EBADRQC", { section: 6 }, () => {
      using peers = serverAndClient();
      equal("SEND to a node", trySend(peers.server, peers.node), "EBADRQC");
    }),
    point(415, "SEND to another peer's handle is EBADRQC", { section: 1 }, () => {
      using peers = serverAndClient();
      using other = open();
      equal("SEND by another peer", trySend(other, peers.handle), "EBADRQC");
      equal("received", receiveAll(peers.server), []);
    }),
    point(416, "SEND to a released handle is EBADRQC", { section: 6 }, () => {
      using peers = serverAndClient();
      release(peers.client, peers.handle);
      equal("SEND through it", trySend(peers.client, peers.handle), "EBADRQC");
    }),
    point(417, "SEND from an unreadable array of destinations is EFAULT", { section: 6 }, () => {
      using peers = serverAndClient();
      for (const ptr_destinations of [UNMAPPED, 0n, -4n]) {
        const sent = rawSend(peers.client, { destinations: [peers.handle], command: { ptr_destinations } });
        equal(`destinations at ${ptr_destinations}`, sent.result, "EFAULT");
      }
      equal("received", receiveAll(peers.server), []);
    }),
    point(418, "SEND without destinations succeeds", { section: 3 }, () => {
      using peers = serverAndClient();
      equal("SEND", rawSend(peers.client, { data: "not sent" }).result, "0");
      const command = { ptr_destinations: 0 };
      equal("SEND without an array", rawSend(peers.client, { data: "not sent", command }).result, "0");
      equal("received", receiveAll(peers.server), []);
    }),
    point(419, "SEND without destinations validates the message", { section: 3, fault: "F5" }, () => {
      using peers = serverAndClient();
      equal("bad type", rawSend(peers.client, { message: { type: 1 } }).result, "EINVAL");
      equal("bad transfer", rawSend(peers.client, { transfers: [999n] }).result, "EBADRQC");
    }),
    point(420, "a multicast reaches all destinations", { section: 3, fault: "F2" }, () => {
      using peers = serverAndClient();
      using other = open();
      const second = create(other, peers.client);
      const third = create(peers.server, peers.client);
      const destinations = [peers.handle, second.handle, third.handle];
      equal("SEND", rawSend(peers.client, { destinations, data: "all" }).result, "0");
      equal("received by the server", receiveAll(peers.server), [
        `message ${peers.node} "all"`,
        `message ${third.node} "all"`,
      ]);
      equal("received by the other peer", receiveAll(other), [`message ${second.node} "all"`]);
    }),
    point(421, "a destination that occurs twice receives two messages", { section: 3, fault: "F2" }, () => {
      using peers = serverAndClient();
      const destinations = [peers.handle, peers.handle];
      equal("SEND", rawSend(peers.client, { destinations, data: "twice" }).result, "0");
      equal("received", receiveAll(peers.server), Array(2).fill(`message ${peers.node} "twice"`));
    }),
    point(422, "SEND with one bad destination sends nothing", { section: 4 }, () => {
      using peers = serverAndClient();
      equal("SEND", rawSend(peers.client, { destinations: [peers.handle, 999n], data: "no" }).result, "EBADRQC");
      equal("received", receiveAll(peers.server), []);
    }),
    point(423, "errors may be NULL", { section: 3, fault: "F3" }, () => {
      using peers = serverAndClient();
      const sent = rawSend(peers.client, { destinations: [peers.handle], data: "hello", command: { ptr_errors: 0 } });
      equal("SEND", sent.result, "0");
      equal("received", receiveAll(peers.server), [`message ${peers.node} "hello"`]);
    }),
    point(424, "errors are i32 values, all 0 on success", { section: 3, fault: "F3" }, () => {
      using peers = serverAndClient();
      const { errors } = rawSend(peers.client, { destinations: [peers.handle] });
      equal("the error and the 8 bytes after it", [...errors], [0, 0, 0, 0, ...Array(8).fill(FILL)]);
    }),
    point(425, "errors are untouched on failure", { section: 3 }, () => {
      using peers = serverAndClient();
      const { result, errors } = rawSend(peers.client, { destinations: [999n] });
      equal("SEND", result, "EBADRQC");
      equal("the error", [...errors.subarray(0, 4)], Array(4).fill(FILL));
    }),
    point(426, "SEND with an unwritable array of errors is EFAULT", { section: 6 }, () => {
      using peers = serverAndClient();
      const sent = rawSend(peers.client, {
        destinations: [peers.handle],
        data: "no",
        command: { ptr_errors: UNMAPPED },
      });
      equal("SEND", sent.result, "EFAULT");
      equal("received", receiveAll(peers.server), []);
    }),
    point(427, "a peer can send to itself", { section: 1 }, () => {
      using fd = open();
      const { node, handle } = create(fd);
      send(fd, handle, "to me");
      equal("received", receiveAll(fd), [`message ${node} "to me"`]);
    }),
  ],
};
