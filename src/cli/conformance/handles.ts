/**
 * Points about handles that a message carries.
 *
 * @module
 */

import * as uapi from "../../uapi/mod.ts";
import { broughtBy, copy, CREATE, create, hear, next, open, rawRecv, rawSend, send } from "./device.ts";
import { dangerous, equal, faulty, type Group, point, succeeded } from "./point.ts";

/** Somebody who introduces two others: `from` has a handle to a node of `to`, and one to a node of `target`. */
function introduction() {
  const from = open();
  const to = open();
  const target = open();
  const close = () => [from, to, target].forEach((fd) => fd.close());
  const known = create(target, from);
  return { from, to, target, way: create(to, from), ...known, [Symbol.dispose]: close };
}

/** The id of the handle that came with the next message. */
function received(fd: uapi.Fd): bigint {
  return broughtBy(next(fd));
}

export const group: Group = {
  name: "handles",
  about: "handles in messages",
  points: [
    point(501, "a message brings a handle", "1: or a message brings one", () => {
      using bus = introduction();
      send(bus.from, bus.way.handle, "meet", bus.handle);
      const { answer, message, transfers } = rawRecv(bus.to, { transfers: 1, data: 4 });
      succeeded("RECV", answer);
      equal("transfers", message.n_transfers, 1n);
      send(bus.to, transfers[0]!.id, "hello");
      equal("received by the owner of the node", hear(bus.target), [`message ${bus.node} "hello"`]);
    }),
    point(
      502,
      "the sender keeps the handle that he has sent",
      "3, SEND: Transfers are handles of the sender and are copied to every receiver",
      () => {
        using bus = introduction();
        send(bus.from, bus.way.handle, "meet", bus.handle);
        send(bus.from, bus.handle, "still mine");
        equal("received by the owner of the node", hear(bus.target), [`message ${bus.node} "still mine"`]);
      },
    ),
    point(503, "the flags of a received handle are 0", "3: `bus1_transfer {flags, id}`", () => {
      using bus = introduction();
      send(bus.from, bus.way.handle, "meet", bus.handle);
      equal("flags", rawRecv(bus.to, { transfers: 1, data: 4 }).transfers[0]!.flags, 0n);
    }),
    point(
      504,
      "a received handle gets its id when it is received",
      "1: Ids of transferred handles are allotted when the message is received",
      () => {
        using bus = introduction();
        send(bus.from, bus.way.handle, "meet", bus.handle);
        const { node, handle } = create(bus.to);
        equal("its id", received(bus.to), (node > handle ? node : handle) + 2n);
      },
    ),
    point(
      505,
      "a handle that is received twice has two ids",
      "1: Owned by exactly one peer; many handles can refer to one node",
      () => {
        using bus = introduction();
        send(bus.from, bus.way.handle, "meet", bus.handle);
        send(bus.from, bus.way.handle, "meet", bus.handle);
        const first = received(bus.to);
        const second = received(bus.to);
        equal("the second id", second, first + 2n);
        send(bus.to, second, "by the second");
        send(bus.to, first, "by the first");
        const words = [`message ${bus.node} "by the second"`, `message ${bus.node} "by the first"`];
        equal("received by the owner of the node", hear(bus.target), words);
      },
    ),
    point(
      506,
      "a message can carry the handle that it goes through",
      "3, SEND: Transfers are handles of the sender",
      () => {
        using bus = introduction();
        send(bus.from, bus.way.handle, "yours", bus.way.handle);
        send(bus.to, received(bus.to), "mine");
        equal("received", hear(bus.to), [`message ${bus.way.node} "mine"`]);
      },
    ),
    dangerous(507, "several handles come in their order", "1: in the order of the transfers", () => {
      using bus = introduction();
      const others = [create(bus.target, bus.from), create(bus.target, bus.from)];
      const transfers = [others[1]!.handle, bus.handle, others[0]!.handle];
      equal("SEND", rawSend(bus.from, { destinations: [bus.way.handle], transfers }).answer, "0");
      const ids = rawRecv(bus.to, { transfers: 3 }).transfers.map(({ id }) => id);
      equal("ids", ids, [ids[0]!, ids[0]! + 2n, ids[0]! + 4n]);
      for (const id of ids) send(bus.to, id, "hello");
      const nodes = [others[1]!.node, bus.node, others[0]!.node];
      equal("received by the owner of the nodes", hear(bus.target), nodes.map((node) => `message ${node} "hello"`));
    }),
    faulty("F2", 508, "every receiver of a multicast gets a copy", "3, SEND: are copied to every receiver", () => {
      using bus = introduction();
      using third = open();
      const destinations = [bus.way.handle, create(third, bus.from).handle];
      equal("SEND", rawSend(bus.from, { destinations, transfers: [bus.handle] }).answer, "0");
      send(bus.to, received(bus.to), "one");
      send(third, received(third), "two");
      const words = [`message ${bus.node} "one"`, `message ${bus.node} "two"`];
      equal("received by the owner of the node", hear(bus.target), words);
    }),
    dangerous(509, "SEND creates nothing", "3, SEND: flags 0: nothing is created by a SEND", () => {
      using bus = introduction();
      equal("SEND", rawSend(bus.from, { destinations: [bus.way.handle], transfers: [CREATE] }).answer, "EINVAL");
      equal("received", hear(bus.to), []);
    }),
    dangerous(
      510,
      "a transfer of an id that is no handle is refused",
      "6: the id or object is not one of this peer's (unknown",
      () => {
        using bus = introduction();
        const destinations = [bus.way.handle];
        for (const id of [0n, 999n, uapi.BUS1_INVALID]) {
          equal(`SEND with ${id}`, rawSend(bus.from, { destinations, transfers: [id] }).answer, "EBADRQC");
        }
        equal("received", hear(bus.to), []);
      },
    ),
    dangerous(511, "a transfer of a node is refused", "6: uapi: of the wrong kind", () => {
      using bus = introduction();
      const { node } = create(bus.from);
      const sent = rawSend(bus.from, { destinations: [bus.way.handle], transfers: [node] });
      equal("SEND with a node", sent.answer, "EBADRQC");
      equal("received", hear(bus.to), []);
    }),
    dangerous(
      512,
      "one bad transfer, and nothing is sent",
      "6: **A failed call changed nothing** that anyone can observe",
      () => {
        using bus = introduction();
        const transfers = [bus.handle, 999n];
        const sent = rawSend(bus.from, { destinations: [bus.way.handle], transfers });
        equal("SEND", sent.answer, "EBADRQC");
        equal("received", hear(bus.to), []);
      },
    ),
    point(513, "who has a handle can pass it on", "1: and to give copies of that capability away", () => {
      using bus = introduction();
      using third = open();
      send(bus.from, bus.way.handle, "meet", bus.handle);
      const passedOn = copy(bus.to, received(bus.to), third);
      send(third, passedOn, "from afar");
      equal("received by the owner of the node", hear(bus.target), [`message ${bus.node} "from afar"`]);
    }),
  ],
};
