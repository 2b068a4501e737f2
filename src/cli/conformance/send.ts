/**
 * Points about SEND: the message, its bytes, its destinations, the array of errors.
 *
 * @module
 */

import * as uapi from "../../uapi/mod.ts";
import { create, FILL, hear, NOWHERE, open, rawSend, release, send, trySend } from "./device.ts";
import { dangerous, equal, faulty, type Group, point } from "./point.ts";

/** A byte more than a message can have. */
const TOO_MANY = 0x7ffff001;

/** Two peers; the second one has a handle to a node of the first. */
function pair(): { server: uapi.Fd; client: uapi.Fd; node: bigint; handle: bigint } & Disposable {
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
    point(401, "a message arrives as it was sent", "1: Arrives at a node", () => {
      using bus = pair();
      equal("SEND", rawSend(bus.client, { destinations: [bus.handle], data: "hello" }).answer, "0");
      equal("received", hear(bus.server), [`message ${bus.node} "hello"`]);
      equal("received by the sender", hear(bus.client), []);
    }),
    point(402, "a message may be empty", "1: Bytes, plus handles copied to the receiver", () => {
      using bus = pair();
      equal("SEND of no vector", rawSend(bus.client, { destinations: [bus.handle], data: [] }).answer, "0");
      const message = { ptr_data_vecs: 0, ptr_transfers: 0 };
      const sent = rawSend(bus.client, { destinations: [bus.handle], data: [], message });
      equal("SEND without arrays", sent.answer, "0");
      equal("SEND of an empty vector", rawSend(bus.client, { destinations: [bus.handle], data: [""] }).answer, "0");
      equal("received", hear(bus.server), Array(3).fill(`message ${bus.node} ""`));
    }),
    point(403, "vectors are put together in their order", "3, SEND: bytes of the vectors", () => {
      using bus = pair();
      const data = ["one ", "", "two ", "three"];
      equal("SEND", rawSend(bus.client, { destinations: [bus.handle], data }).answer, "0");
      equal("received", hear(bus.server), [`message ${bus.node} "one two three"`]);
    }),
    faulty(
      "F6",
      404,
      "no more than n_data bytes of the vectors are sent",
      "3, SEND: Only the first `n_data` bytes of the vectors are sent",
      () => {
        using bus = pair();
        const send = { destinations: [bus.handle], data: ["one ", "two ", "three"], message: { n_data: 6 } };
        equal("SEND", rawSend(bus.client, send).answer, "0");
        equal("received", hear(bus.server), [`message ${bus.node} "one tw"`]);
      },
    ),
    point(405, "there can be 1024 vectors", "3, SEND: at most 1024 vectors (`EINVAL`)", () => {
      using bus = pair();
      const data = Array.from({ length: 1024 }, (_, i) => String(i % 10));
      equal("SEND", rawSend(bus.client, { destinations: [bus.handle], data }).answer, "0");
      equal("received", hear(bus.server), [`message ${bus.node} "${data.join("")}"`]);
    }),
    point(406, "the bytes of a message are a copy", "2: Its bytes never change afterwards", () => {
      using bus = pair();
      rawSend(bus.client, { destinations: [bus.handle], data: "before", afterwards: (text) => text.fill(FILL) });
      equal("received", hear(bus.server), [`message ${bus.node} "before"`]);
    }),
    dangerous(407, "more than 1024 vectors are refused", "3, SEND: at most 1024 vectors (`EINVAL`)", () => {
      using bus = pair();
      const data = Array<string>(1025).fill("x");
      equal("SEND", rawSend(bus.client, { destinations: [bus.handle], data }).answer, "EINVAL");
      equal("received", hear(bus.server), []);
    }),
    dangerous(408, "n_data over the vectors is refused", "6: or `n_data` over `0x7ffff000` or over the vectors", () => {
      using bus = pair();
      const send = { destinations: [bus.handle], data: "four", message: { n_data: 5 } };
      equal("SEND", rawSend(bus.client, send).answer, "EMSGSIZE");
      equal("received", hear(bus.server), []);
    }),
    dangerous(409, "n_data over 0x7ffff000 is refused", "6: or `n_data` over `0x7ffff000` or over the vectors", () => {
      using bus = pair();
      for (const n_data of [TOO_MANY, 2n ** 63n, uapi.BUS1_INVALID]) {
        const sent = rawSend(bus.client, { destinations: [bus.handle], data: "four", message: { n_data } });
        equal(`SEND of ${n_data} bytes`, sent.answer, "EMSGSIZE");
      }
      equal("received", hear(bus.server), []);
    }),
    dangerous(410, "a message has no flags", "3: All flags not named here must be 0 (`EINVAL`)", () => {
      using bus = pair();
      for (const flags of [1n, 1n << 63n]) {
        const sent = rawSend(bus.client, { destinations: [bus.handle], message: { flags } });
        equal(`flags ${flags}`, sent.answer, "EINVAL");
      }
      equal("received", hear(bus.server), []);
    }),
    dangerous(411, "only user messages can be sent", "6: bad flags, type or argument", () => {
      using bus = pair();
      for (const type of [1n, 2n, 3n, uapi.BUS1_INVALID]) {
        const sent = rawSend(bus.client, { destinations: [bus.handle], message: { type } });
        equal(`type ${type}`, sent.answer, "EINVAL");
      }
      equal("received", hear(bus.server), []);
    }),
    dangerous(412, "message, vectors and bytes must be memory", "6: bad pointer (uapi)", () => {
      using bus = pair();
      const destinations = [bus.handle];
      equal("message", rawSend(bus.client, { destinations, command: { ptr_message: NOWHERE } }).answer, "EFAULT");
      const vectors = { destinations, data: "x", message: { ptr_data_vecs: NOWHERE } };
      equal("vectors", rawSend(bus.client, vectors).answer, "EFAULT");
      const transfers = { destinations, transfers: [bus.handle], message: { ptr_transfers: NOWHERE } };
      equal("transfers", rawSend(bus.client, transfers).answer, "EFAULT");
      equal("received", hear(bus.server), []);
    }),
    point(413, "SEND to an id that nothing has", "6: the id or object is not one of this peer's (unknown", () => {
      using bus = pair();
      for (const id of [0n, 2n, 999n, uapi.BUS1_INVALID]) equal(`SEND to ${id}`, trySend(bus.client, id), "EBADRQC");
    }),
    point(414, "SEND to a node's id", "6: uapi: of the wrong kind", () => {
      using bus = pair();
      equal("SEND to a node", trySend(bus.server, bus.node), "EBADRQC");
    }),
    point(415, "SEND to another peer's handle", "1: an id means something only on its own peer", () => {
      using bus = pair();
      using other = open();
      equal("SEND by a stranger", trySend(other, bus.handle), "EBADRQC");
      equal("received", hear(bus.server), []);
    }),
    point(
      416,
      "SEND to a released handle",
      "6: the id or object is not one of this peer's (unknown, released",
      () => {
        using bus = pair();
        release(bus.client, bus.handle);
        equal("SEND by it", trySend(bus.client, bus.handle), "EBADRQC");
      },
    ),
    point(417, "SEND: the destinations must be in memory", "6: bad pointer (uapi)", () => {
      using bus = pair();
      for (const ptr_destinations of [NOWHERE, 0n, -4n]) {
        const sent = rawSend(bus.client, { destinations: [bus.handle], command: { ptr_destinations } });
        equal(`destinations at ${ptr_destinations}`, sent.answer, "EFAULT");
      }
      equal("received", hear(bus.server), []);
    }),
    point(418, "SEND to nobody is no error", "3, SEND: no destination at all is 0 after validation", () => {
      using bus = pair();
      equal("SEND", rawSend(bus.client, { data: "nobody" }).answer, "0");
      const command = { ptr_destinations: 0 };
      equal("SEND without an array", rawSend(bus.client, { data: "nobody", command }).answer, "0");
      equal("received", hear(bus.server), []);
    }),
    dangerous(
      419,
      "SEND to nobody looks at the message",
      "3, SEND: no destination at all is 0 after validation",
      () => {
        using bus = pair();
        equal("a wrong type", rawSend(bus.client, { message: { type: 1 } }).answer, "EINVAL");
        equal("a wrong transfer", rawSend(bus.client, { transfers: [999n] }).answer, "EBADRQC");
      },
    ),
    faulty(
      "F2",
      420,
      "a multicast reaches all destinations",
      "3, SEND: one message to all destinations, as one transaction",
      () => {
        using bus = pair();
        using other = open();
        const second = create(other, bus.client);
        const third = create(bus.server, bus.client);
        const destinations = [bus.handle, second.handle, third.handle];
        equal("SEND", rawSend(bus.client, { destinations, data: "all" }).answer, "0");
        equal("received by one", hear(bus.server), [`message ${bus.node} "all"`, `message ${third.node} "all"`]);
        equal("received by the other", hear(other), [`message ${second.node} "all"`]);
      },
    ),
    faulty(
      "F2",
      421,
      "a destination that is there twice gets two messages",
      "3, SEND: The same destination twice gets two messages",
      () => {
        using bus = pair();
        const destinations = [bus.handle, bus.handle];
        equal("SEND", rawSend(bus.client, { destinations, data: "twice" }).answer, "0");
        equal("received", hear(bus.server), Array(2).fill(`message ${bus.node} "twice"`));
      },
    ),
    point(
      422,
      "one bad destination, and nobody receives the message",
      "4: All parts of a transaction are received, each by its receiver, or, if it fails, none",
      () => {
        using bus = pair();
        equal("SEND", rawSend(bus.client, { destinations: [bus.handle, 999n], data: "no" }).answer, "EBADRQC");
        equal("received", hear(bus.server), []);
      },
    ),
    faulty("F3", 423, "errors may be NULL", "3, SEND: `errors`, if not NULL, is an array of `i32`", () => {
      using bus = pair();
      const sent = rawSend(bus.client, { destinations: [bus.handle], data: "hello", command: { ptr_errors: 0 } });
      equal("SEND", sent.answer, "0");
      equal("received", hear(bus.server), [`message ${bus.node} "hello"`]);
    }),
    faulty("F3", 424, "errors are i32, 0 on success", "3, SEND: an array of `i32`, all 0 on success", () => {
      using bus = pair();
      const { errors } = rawSend(bus.client, { destinations: [bus.handle] });
      equal("the error, and 8 bytes behind it", [...errors], [0, 0, 0, 0, ...Array(8).fill(FILL)]);
    }),
    point(425, "errors are left alone on failure", "3, SEND: untouched on failure", () => {
      using bus = pair();
      const { answer, errors } = rawSend(bus.client, { destinations: [999n] });
      equal("SEND", answer, "EBADRQC");
      equal("the error", [...errors.subarray(0, 4)], Array(4).fill(FILL));
    }),
    point(426, "errors must be memory, if they are not NULL", "6: bad pointer (uapi)", () => {
      using bus = pair();
      const sent = rawSend(bus.client, { destinations: [bus.handle], data: "no", command: { ptr_errors: NOWHERE } });
      equal("SEND", sent.answer, "EFAULT");
      equal("received", hear(bus.server), []);
    }),
    point(427, "one can send to oneself", "1: Owned by exactly one peer; many handles can refer to one node", () => {
      using fd = open();
      const { node, handle } = create(fd);
      send(fd, handle, "to me");
      equal("received", hear(fd), [`message ${node} "to me"`]);
    }),
  ],
};
