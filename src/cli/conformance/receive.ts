/**
 * Points about RECV: what it gives, what it needs, and that a refusal loses nothing.
 *
 * @module
 */

import * as uapi from "../../uapi/mod.ts";
import { create, FILL, hear, next, nextId, NOWHERE, open, type RawRecv, rawRecv, release, send } from "./device.ts";
import { equal, faulty, type Group, point, succeeded } from "./point.ts";

/** A peer with a node, a handle to it, and a message in its queue: five bytes, and a handle if that is wanted. */
function waiting(transfers: 0 | 1 = 0) {
  const fd = open();
  const { node, handle } = create(fd);
  const other = create(fd);
  send(fd, handle, "hello", transfers === 1 ? other.handle : undefined);
  return { fd, node, [Symbol.dispose]: () => fd.close() };
}

/** A RECV that must be refused, and must leave `word` in the queue. */
function refusedWithoutLoss(fd: uapi.Fd, room: RawRecv, answer: string, word: string): void {
  equal("RECV", rawRecv(fd, room).answer, answer);
  equal("received after that", hear(fd), [word]);
}

export const group: Group = {
  name: "receive",
  about: "RECV",
  points: [
    point(601, "an empty queue is EAGAIN", "3, RECV: Empty: `EAGAIN`", () => {
      using fd = open();
      equal("RECV", rawRecv(fd, { transfers: 1, data: 1 }).answer, "EAGAIN");
    }),
    point(602, "RECV returns 1", "3: RECV returns 1", () => {
      using bus = waiting();
      equal("RECV", rawRecv(bus.fd, { data: 5 }).answer, "1");
    }),
    point(603, "a message is received once", "3, RECV: Empty: `EAGAIN`", () => {
      using bus = waiting();
      equal("received", hear(bus.fd), [`message ${bus.node} "hello"`]);
      equal("received after that", hear(bus.fd), []);
    }),
    point(604, "metadata names the node", "3, RECV: On success `metadata.id` is the node", () => {
      using bus = waiting();
      const { metadata } = rawRecv(bus.fd, { data: 5 });
      equal("id and flags", [metadata.id, metadata.flags], [bus.node, 0n]);
    }),
    point(
      605,
      "metadata tells the account of the sender",
      "3, RECV: `account` the sender's account id or `BUS1_INVALID`",
      () => {
        using fd = open();
        const { handle } = create(fd);
        send(fd, handle, "");
        send(fd, handle, "");
        const [first, second] = [rawRecv(fd), rawRecv(fd)].map(({ metadata }) => metadata.account);
        equal("account in the second message", second!, first!);
      },
    ),
    point(606, "a received message tells its type and sizes", "3: message types `USER 0`", () => {
      using bus = waiting(1);
      const { message } = rawRecv(bus.fd, { data: 100, transfers: 9 });
      equal("flags and type", [message.flags, message.type], [0n, BigInt(uapi.BUS1_MESSAGE_TYPE_USER)]);
      equal("n_transfers and n_data", [message.n_transfers, message.n_data], [1n, 5n]);
    }),
    point(607, "RECV writes nothing behind the bytes", "3, RECV: and the room it has (`n_transfers`, `n_data`)", () => {
      using bus = waiting();
      const { parts } = rawRecv(bus.fd, { data: 8 });
      equal("bytes", [...parts[0]!], [...new TextEncoder().encode("hello"), FILL, FILL, FILL]);
    }),
    point(
      608,
      "the bytes fill the vectors in their order",
      "3, RECV: and the room it has (`n_transfers`, `n_data`)",
      () => {
        using bus = waiting();
        const { parts } = rawRecv(bus.fd, { data: 8, vectors: [2, 0, 2, 4] });
        equal("vectors", parts.map((part) => String.fromCharCode(...part.filter((byte) => byte !== FILL))), [
          ...["he", "", "ll", "o"],
        ]);
      },
    ),
    point(609, "exactly enough room is enough", "3, RECV: Too little room: `EMSGSIZE`", () => {
      using bus = waiting(1);
      succeeded("RECV", rawRecv(bus.fd, { data: 5, transfers: 1 }).answer);
    }),
    point(610, "an empty message needs no room", "3, RECV: Too little room: `EMSGSIZE`", () => {
      using fd = open();
      const { handle } = create(fd);
      send(fd, handle, "");
      const message = { ptr_transfers: 0, ptr_data_vecs: 0 };
      succeeded("RECV", rawRecv(fd, { vectors: [], message }).answer);
    }),
    point(
      611,
      "too little room for the bytes, and the message stays",
      "3, RECV: the message stays first in the queue",
      () => {
        using bus = waiting();
        refusedWithoutLoss(bus.fd, { data: 4 }, "EMSGSIZE", `message ${bus.node} "hello"`);
      },
    ),
    faulty(
      "F7",
      612,
      "too little room for transfers, and the message stays",
      "3, RECV: the message stays first in the queue",
      () => {
        using bus = waiting(1);
        const { answer, overrun } = rawRecv(bus.fd, { data: 5, transfers: 0 });
        equal("RECV", answer, "EMSGSIZE");
        equal("bytes written behind the room", overrun, 0);
        equal("received after that", hear(bus.fd).length, 1);
      },
    ),
    faulty("F8", 613, "EMSGSIZE tells the room that is needed", "3, RECV: the needed sizes written back", () => {
      using bus = waiting(1);
      const { answer, message } = rawRecv(bus.fd, { data: 4, transfers: 7 });
      equal("RECV", answer, "EMSGSIZE");
      equal("n_transfers and n_data", [message.n_transfers, message.n_data], [1n, 5n]);
    }),
    faulty("F8", 614, "EMSGSIZE uses no id up", "1: a failed call consumes none", () => {
      using bus = waiting(1);
      const before = nextId(bus.fd);
      for (let i = 0; i < 3; i++) rawRecv(bus.fd, { data: 4, transfers: 1 });
      equal("next id", nextId(bus.fd), before + 4n);
    }),
    point(
      615,
      "RECV with more room than its vectors have is refused",
      "6: or `n_data` over `0x7ffff000` or over the vectors",
      () => {
        using bus = waiting();
        refusedWithoutLoss(bus.fd, { data: 6, vectors: [5] }, "EMSGSIZE", `message ${bus.node} "hello"`);
      },
    ),
    point(616, "RECV wants BUS1_INVALID for a type", "3, RECV: the caller sets `flags 0`, `type BUS1_INVALID`", () => {
      for (const type of [0n, 1n, 2n, 1n << 63n]) {
        using bus = waiting();
        refusedWithoutLoss(bus.fd, { data: 5, message: { type } }, "EINVAL", `message ${bus.node} "hello"`);
      }
    }),
    point(
      617,
      "RECV wants 0 for the message's flags",
      "3, RECV: the caller sets `flags 0`, `type BUS1_INVALID`",
      () => {
        for (const flags of [1n, 1n << 63n]) {
          using bus = waiting();
          refusedWithoutLoss(bus.fd, { data: 5, message: { flags } }, "EINVAL", `message ${bus.node} "hello"`);
        }
      },
    ),
    point(
      618,
      "RECV: the bytes must have memory, or the message stays",
      "6: **A failed call changed nothing** that anyone can observe",
      () => {
        using bus = waiting();
        const word = `message ${bus.node} "hello"`;
        refusedWithoutLoss(bus.fd, { data: 5, message: { ptr_data_vecs: NOWHERE } }, "EFAULT", word);
      },
    ),
    point(
      619,
      "RECV: the transfers must have memory, or the message stays",
      "6: **A failed call changed nothing** that anyone can observe",
      () => {
        using bus = waiting(1);
        const room = { data: 5, transfers: 1, message: { ptr_transfers: NOWHERE } };
        equal("RECV", rawRecv(bus.fd, room).answer, "EFAULT");
        equal("messages after that", hear(bus.fd).length, 1);
      },
    ),
    point(
      620,
      "RECV: metadata and message must have memory, or the message stays",
      "6: **A failed call changed nothing** that anyone can observe",
      () => {
        for (const field of ["ptr_metadata", "ptr_message"]) {
          using bus = waiting();
          refusedWithoutLoss(
            bus.fd,
            { data: 5, command: { [field]: NOWHERE } },
            "EFAULT",
            `message ${bus.node} "hello"`,
          );
        }
      },
    ),
    faulty("F8", 621, "a RECV that is EFAULT uses no id up", "1: a failed call consumes none", () => {
      using bus = waiting(1);
      const before = nextId(bus.fd);
      rawRecv(bus.fd, { data: 5, transfers: 1, command: { ptr_metadata: NOWHERE } });
      rawRecv(bus.fd, { data: 5, transfers: 1, message: { ptr_data_vecs: NOWHERE } });
      equal("next id", nextId(bus.fd), before + 4n);
    }),
    faulty(
      "F9",
      622,
      "a node release that finds no memory stays",
      "6: **A failed call changed nothing** that anyone can observe",
      () => {
        using owner = open();
        using fd = open();
        const { node, handle } = create(owner, fd);
        release(owner, node);
        refusedWithoutLoss(fd, { command: { ptr_metadata: NOWHERE } }, "EFAULT", `node-release ${handle}`);
      },
    ),
    faulty(
      "F9",
      623,
      "a handle release that finds no memory stays",
      "6: **A failed call changed nothing** that anyone can observe",
      () => {
        using fd = open();
        using holder = open();
        const { node, handle } = create(fd, holder);
        release(holder, handle);
        refusedWithoutLoss(fd, { command: { ptr_metadata: NOWHERE } }, "EFAULT", `handle-release ${node}`);
      },
    ),
    point(
      624,
      "release messages need no room",
      "3: message types `USER 0`, `NODE_RELEASE 1`, `HANDLE_RELEASE 2`",
      () => {
        using fd = open();
        using other = open();
        const mine = create(fd, other);
        const theirs = create(other, fd);
        release(other, mine.handle);
        release(other, theirs.node);
        for (const [type, id] of [[2n, mine.node], [1n, theirs.handle]] as const) {
          const { answer, metadata, message } = rawRecv(fd, { vectors: [], message: { ptr_transfers: 0 } });
          succeeded("RECV", answer);
          equal("type and id", [message.type, metadata.id], [type, id]);
          equal("n_transfers and n_data", [message.n_transfers, message.n_data], [0n, 0n]);
        }
      },
    ),
    point(625, "peers have queues of their own", "1: one receive queue that all its nodes share", () => {
      using a = open();
      using b = open();
      const [one, two, other] = [create(a), create(a), create(b)];
      send(a, two.handle, "2");
      send(b, other.handle, "b");
      send(a, one.handle, "1");
      equal("received by the first", [next(a), next(a)], [`message ${two.node} "2"`, `message ${one.node} "1"`]);
      equal("received by the second", hear(b), [`message ${other.node} "b"`]);
    }),
  ],
};
