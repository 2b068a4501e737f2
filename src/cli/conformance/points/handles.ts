/**
 * Points about handles that a message carries.
 *
 * @module
 */

import * as uapi from "../../../uapi/mod.ts";
import { at, equal, succeeded } from "../support/assertions.ts";
import { copy, CREATE, create, open, receiveAll, receiveOne, send, transferredId } from "../support/calls.ts";
import { type Group, point } from "../support/point.ts";
import { rawRecv, rawSend } from "../support/raw_calls.ts";

/** Three peers: `from` owns a handle to a node of `to` (`channel`), and a handle to a node of `target` (`node`, `handle`). */
function threePeers() {
  const from = open();
  const to = open();
  const target = open();
  const close = () => [from, to, target].forEach((fd) => fd.close());
  const known = create(target, from);
  return { from, to, target, channel: create(to, from), ...known, [Symbol.dispose]: close };
}

/** Receives a message; returns the id of the handle that came with it. */
function receiveHandle(fd: uapi.Fd): bigint {
  return transferredId(receiveOne(fd));
}

export const group: Group = {
  name: "handles",
  about: "handles in messages",
  points: [
    point(501, "a message carries a handle", { section: 1 }, () => {
      using trio = threePeers();
      send(trio.from, trio.channel.handle, "meet", trio.handle);
      const { result, message, transfers } = rawRecv(trio.to, { transfers: 1, data: 4 });
      succeeded("RECV", result);
      equal("transfers", message.n_transfers, 1n);
      send(trio.to, at(transfers, 0).id, "hello");
      equal("received by the owner of the node", receiveAll(trio.target), [`message ${trio.node} "hello"`]);
    }),
    point(502, "the sender keeps the handle that it sends", { section: 3 }, () => {
      using trio = threePeers();
      send(trio.from, trio.channel.handle, "meet", trio.handle);
      send(trio.from, trio.handle, "still mine");
      equal("received by the owner of the node", receiveAll(trio.target), [`message ${trio.node} "still mine"`]);
    }),
    point(503, "the flags of a received handle are 0", { section: 3 }, () => {
      using trio = threePeers();
      send(trio.from, trio.channel.handle, "meet", trio.handle);
      equal("flags", at(rawRecv(trio.to, { transfers: 1, data: 4 }).transfers, 0).flags, 0n);
    }),
    point(504, "a received handle gets its id at the time of the receive", { section: 1 }, () => {
      using trio = threePeers();
      send(trio.from, trio.channel.handle, "meet", trio.handle);
      const { node, handle } = create(trio.to);
      equal("id of the handle", receiveHandle(trio.to), (node > handle ? node : handle) + 2n);
    }),
    point(505, "a handle that is received twice gets two ids", { section: 1 }, () => {
      using trio = threePeers();
      send(trio.from, trio.channel.handle, "meet", trio.handle);
      send(trio.from, trio.channel.handle, "meet", trio.handle);
      const first = receiveHandle(trio.to);
      const second = receiveHandle(trio.to);
      equal("the second id", second, first + 2n);
      send(trio.to, second, "by the second");
      send(trio.to, first, "by the first");
      const words = [`message ${trio.node} "by the second"`, `message ${trio.node} "by the first"`];
      equal("received by the owner of the node", receiveAll(trio.target), words);
    }),
    point(506, "a message can carry the handle through which it is sent", { section: 3 }, () => {
      using trio = threePeers();
      send(trio.from, trio.channel.handle, "yours", trio.channel.handle);
      send(trio.to, receiveHandle(trio.to), "mine");
      equal("received", receiveAll(trio.to), [`message ${trio.channel.node} "mine"`]);
    }),
    point(507, "several handles arrive in the order of the transfers", { section: 1, fault: "F5" }, () => {
      using trio = threePeers();
      const others = [create(trio.target, trio.from), create(trio.target, trio.from)];
      const transfers = [at(others, 1).handle, trio.handle, at(others, 0).handle];
      equal("SEND", rawSend(trio.from, { destinations: [trio.channel.handle], transfers }).result, "0");
      const ids = rawRecv(trio.to, { transfers: 3 }).transfers.map(({ id }) => id);
      equal("ids", ids, [at(ids, 0), at(ids, 0) + 2n, at(ids, 0) + 4n]);
      for (const id of ids) send(trio.to, id, "hello");
      const nodes = [at(others, 1).node, trio.node, at(others, 0).node];
      equal(
        "received by the owner of the nodes",
        receiveAll(trio.target),
        nodes.map((node) => `message ${node} "hello"`),
      );
    }),
    point(508, "each receiver of a multicast gets a copy of the handle", { section: 3, fault: "F2" }, () => {
      using trio = threePeers();
      using third = open();
      const destinations = [trio.channel.handle, create(third, trio.from).handle];
      equal("SEND", rawSend(trio.from, { destinations, transfers: [trio.handle] }).result, "0");
      send(trio.to, receiveHandle(trio.to), "one");
      send(third, receiveHandle(third), "two");
      const words = [`message ${trio.node} "one"`, `message ${trio.node} "two"`];
      equal("received by the owner of the node", receiveAll(trio.target), words);
    }),
    point(509, "SEND creates nothing", { section: 3, fault: "F5" }, () => {
      using trio = threePeers();
      equal("SEND", rawSend(trio.from, { destinations: [trio.channel.handle], transfers: [CREATE] }).result, "EINVAL");
      equal("received", receiveAll(trio.to), []);
    }),
    point(510, "SEND with a transfer of an unknown id is EBADRQC", { section: 6, fault: "F5" }, () => {
      using trio = threePeers();
      const destinations = [trio.channel.handle];
      for (const id of [0n, 999n, uapi.BUS1_INVALID]) {
        equal(`SEND with ${id}`, rawSend(trio.from, { destinations, transfers: [id] }).result, "EBADRQC");
      }
      equal("received", receiveAll(trio.to), []);
    }),
    point(511, "SEND with a transfer of a node's id is EBADRQC", { section: 6, fault: "F5" }, () => {
      using trio = threePeers();
      const { node } = create(trio.from);
      const sent = rawSend(trio.from, { destinations: [trio.channel.handle], transfers: [node] });
      equal("SEND with a node", sent.result, "EBADRQC");
      equal("received", receiveAll(trio.to), []);
    }),
    point(512, "SEND with one bad transfer sends nothing", { section: 6, fault: "F5" }, () => {
      using trio = threePeers();
      const transfers = [trio.handle, 999n];
      const sent = rawSend(trio.from, { destinations: [trio.channel.handle], transfers });
      equal("SEND", sent.result, "EBADRQC");
      equal("received", receiveAll(trio.to), []);
    }),
    point(513, "a received handle can be copied to a third peer", { section: 1 }, () => {
      using trio = threePeers();
      using third = open();
      send(trio.from, trio.channel.handle, "meet", trio.handle);
      const passedOn = copy(trio.to, receiveHandle(trio.to), third);
      send(third, passedOn, "from afar");
      equal("received by the owner of the node", receiveAll(trio.target), [`message ${trio.node} "from afar"`]);
    }),
  ],
};
