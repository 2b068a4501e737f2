/**
 * Points about RECV: its outputs, its buffers, and that a failed call loses nothing.
 *
 * @module
 */

import * as uapi from "../../../uapi/mod.ts";
import { at, equal, succeeded } from "../support/assertions.ts";
import { create, nextId, open, receiveAll, receiveOne, release, send } from "../support/calls.ts";
import { type Group, point } from "../support/point.ts";
import { FILL, type RawRecv, rawRecv, UNMAPPED } from "../support/raw_calls.ts";

/** A peer with a node, a handle to it, and a queued message of five bytes with 0 or 1 handle. */
function peerWithMessage(transfers: 0 | 1 = 0) {
  const fd = open();
  const { node, handle } = create(fd);
  const other = create(fd);
  send(fd, handle, "hello", transfers === 1 ? other.handle : undefined);
  return { fd, node, [Symbol.dispose]: () => fd.close() };
}

/** Asserts that RECV fails with `errno`, and that the message described by `word` is still queued. */
function expectRefusal(fd: uapi.Fd, buffers: RawRecv, errno: string, word: string): void {
  equal("RECV", rawRecv(fd, buffers).result, errno);
  equal("received after that", receiveAll(fd), [word]);
}

export const group: Group = {
  name: "receive",
  about: "RECV",
  points: [
    point(601, "RECV on an empty queue is EAGAIN", { section: 3 }, () => {
      using fd = open();
      equal("RECV", rawRecv(fd, { transfers: 1, data: 1 }).result, "EAGAIN");
    }),
    point(602, "RECV returns 1", { section: 3 }, () => {
      using queued = peerWithMessage();
      equal("RECV", rawRecv(queued.fd, { data: 5 }).result, "1");
    }),
    point(603, "a message is received once", { section: 3 }, () => {
      using queued = peerWithMessage();
      equal("received", receiveAll(queued.fd), [`message ${queued.node} "hello"`]);
      equal("received after that", receiveAll(queued.fd), []);
    }),
    point(604, "the metadata names the node", { section: 3 }, () => {
      using queued = peerWithMessage();
      const { metadata } = rawRecv(queued.fd, { data: 5 });
      equal("id and flags", [metadata.id, metadata.flags], [queued.node, 0n]);
    }),
    point(605, "the metadata names the account of the sender", { section: 3 }, () => {
      using fd = open();
      const { handle } = create(fd);
      send(fd, handle, "");
      send(fd, handle, "");
      const [first, second] = [rawRecv(fd), rawRecv(fd)].map(({ metadata }) => metadata.account);
      equal("account of the second message", second ?? "missing", first ?? "missing");
    }),
    point(606, "RECV returns the type and the sizes of the message", { section: 3 }, () => {
      using queued = peerWithMessage(1);
      const { message } = rawRecv(queued.fd, { data: 100, transfers: 9 });
      equal("flags and type", [message.flags, message.type], [0n, BigInt(uapi.BUS1_MESSAGE_TYPE_USER)]);
      equal("n_transfers and n_data", [message.n_transfers, message.n_data], [1n, 5n]);
    }),
    point(607, "RECV writes nothing after the bytes of the message", { section: 3 }, () => {
      using queued = peerWithMessage();
      const { parts } = rawRecv(queued.fd, { data: 8 });
      equal("bytes", [...at(parts, 0)], [...new TextEncoder().encode("hello"), FILL, FILL, FILL]);
    }),
    point(608, "the bytes fill the vectors in their order", { section: 3 }, () => {
      using queued = peerWithMessage();
      const { parts } = rawRecv(queued.fd, { data: 8, vectors: [1, 0, 3, 4] });
      equal("vectors", parts.map((part) => String.fromCharCode(...part.filter((byte) => byte !== FILL))), [
        ...["h", "", "ell", "o"],
      ]);
    }),
    point(609, "RECV accepts buffers of exactly the required size", { section: 3 }, () => {
      using queued = peerWithMessage(1);
      succeeded("RECV", rawRecv(queued.fd, { data: 5, transfers: 1 }).result);
    }),
    point(610, "an empty message needs no buffers", { section: 3 }, () => {
      using fd = open();
      const { handle } = create(fd);
      send(fd, handle, "");
      const message = { ptr_transfers: 0, ptr_data_vecs: 0 };
      succeeded("RECV", rawRecv(fd, { vectors: [], message }).result);
    }),
    point(611, "a small data buffer is EMSGSIZE, and the message stays queued", { section: 3 }, () => {
      using queued = peerWithMessage();
      expectRefusal(queued.fd, { data: 4 }, "EMSGSIZE", `message ${queued.node} "hello"`);
    }),
    point(612, "a small transfer array is EMSGSIZE, and the message stays queued", { section: 3, fault: "F7" }, () => {
      using queued = peerWithMessage(1);
      const { result, overrun } = rawRecv(queued.fd, { data: 5, transfers: 0 });
      equal("RECV", result, "EMSGSIZE");
      equal("bytes written after the array", overrun, 0);
      equal("received after that", receiveAll(queued.fd).length, 1);
    }),
    point(613, "EMSGSIZE returns the required sizes", { section: 3, fault: "F8" }, () => {
      using queued = peerWithMessage(1);
      const { result, message } = rawRecv(queued.fd, { data: 4, transfers: 7 });
      equal("RECV", result, "EMSGSIZE");
      equal("n_transfers and n_data", [message.n_transfers, message.n_data], [1n, 5n]);
    }),
    point(614, "EMSGSIZE consumes no ids", { section: 1, fault: "F8" }, () => {
      using queued = peerWithMessage(1);
      const before = nextId(queued.fd);
      for (let i = 0; i < 3; i++) rawRecv(queued.fd, { data: 4, transfers: 1 });
      equal("next id", nextId(queued.fd), before + 4n);
    }),
    point(615, "RECV with n_data larger than its vectors is EMSGSIZE", { section: 6 }, () => {
      using queued = peerWithMessage();
      expectRefusal(queued.fd, { data: 6, vectors: [5] }, "EMSGSIZE", `message ${queued.node} "hello"`);
    }),
    point(616, "RECV requires the type BUS1_INVALID", { section: 3 }, () => {
      for (const type of [0n, 1n, 2n, 1n << 63n]) {
        using queued = peerWithMessage();
        expectRefusal(queued.fd, { data: 5, message: { type } }, "EINVAL", `message ${queued.node} "hello"`);
      }
    }),
    point(617, "RECV requires the message flags 0", { section: 3 }, () => {
      for (const flags of [1n, 1n << 63n]) {
        using queued = peerWithMessage();
        expectRefusal(queued.fd, { data: 5, message: { flags } }, "EINVAL", `message ${queued.node} "hello"`);
      }
    }),
    point(618, "RECV into an invalid vector array is EFAULT, and the message stays queued", { section: 6 }, () => {
      using queued = peerWithMessage();
      const word = `message ${queued.node} "hello"`;
      expectRefusal(queued.fd, { data: 5, message: { ptr_data_vecs: UNMAPPED } }, "EFAULT", word);
    }),
    point(619, "RECV into an unwritable transfer array is EFAULT, and the message stays queued", { section: 6 }, () => {
      using queued = peerWithMessage(1);
      const buffers = { data: 5, transfers: 1, message: { ptr_transfers: UNMAPPED } };
      equal("RECV", rawRecv(queued.fd, buffers).result, "EFAULT");
      equal("messages received after that", receiveAll(queued.fd).length, 1);
    }),
    point(
      620,
      "RECV into unwritable metadata or message is EFAULT, and the message stays queued",
      { section: 6 },
      () => {
        for (const field of ["ptr_metadata", "ptr_message"]) {
          using queued = peerWithMessage();
          expectRefusal(
            queued.fd,
            { data: 5, command: { [field]: UNMAPPED } },
            "EFAULT",
            `message ${queued.node} "hello"`,
          );
        }
      },
    ),
    point(621, "a RECV that fails with EFAULT consumes no ids", { section: 1, fault: "F8" }, () => {
      using queued = peerWithMessage(1);
      const before = nextId(queued.fd);
      rawRecv(queued.fd, { data: 5, transfers: 1, command: { ptr_metadata: UNMAPPED } });
      rawRecv(queued.fd, { data: 5, transfers: 1, message: { ptr_data_vecs: UNMAPPED } });
      equal("next id", nextId(queued.fd), before + 4n);
    }),
    point(622, "a node release that cannot be written stays queued", { section: 6, fault: "F9" }, () => {
      using owner = open();
      using fd = open();
      const { node, handle } = create(owner, fd);
      release(owner, node);
      expectRefusal(fd, { command: { ptr_metadata: UNMAPPED } }, "EFAULT", `node-release ${handle}`);
    }),
    point(623, "a handle release that cannot be written stays queued", { section: 6, fault: "F9" }, () => {
      using fd = open();
      using holder = open();
      const { node, handle } = create(fd, holder);
      release(holder, handle);
      expectRefusal(fd, { command: { ptr_metadata: UNMAPPED } }, "EFAULT", `handle-release ${node}`);
    }),
    point(624, "release messages need no buffers", { section: 3 }, () => {
      using fd = open();
      using other = open();
      const mine = create(fd, other);
      const theirs = create(other, fd);
      release(other, mine.handle);
      release(other, theirs.node);
      for (const [type, id] of [[2n, mine.node], [1n, theirs.handle]] as const) {
        const { result, metadata, message } = rawRecv(fd, { vectors: [], message: { ptr_transfers: 0 } });
        succeeded("RECV", result);
        equal("type and id", [message.type, metadata.id], [type, id]);
        equal("n_transfers and n_data", [message.n_transfers, message.n_data], [0n, 0n]);
      }
    }),
    point(625, "each peer has its own queue", { section: 1 }, () => {
      using a = open();
      using b = open();
      const [one, two, other] = [create(a), create(a), create(b)];
      send(a, two.handle, "2");
      send(b, other.handle, "b");
      send(a, one.handle, "1");
      equal("received by the first peer", [receiveOne(a), receiveOne(a)], [
        `message ${two.node} "2"`,
        `message ${one.node} "1"`,
      ]);
      equal("received by the second peer", receiveAll(b), [`message ${other.node} "b"`]);
    }),
  ],
};
