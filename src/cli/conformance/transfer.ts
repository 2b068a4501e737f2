/**
 * Points about TRANSFER, and about ids.
 *
 * @module
 */

import * as uapi from "../../uapi/mod.ts";
import { copy, CREATE, create, hear, nextId, NOWHERE, open, rawTransfer, release, send, trySend } from "./device.ts";
import { equal, faulty, type Group, point } from "./point.ts";

const { BUS1_INVALID } = uapi;

/** What comes after this id, if there is one counter and nothing was used up. */
function after(id: bigint, count = 1): bigint {
  return id + 2n * BigInt(count);
}

export const group: Group = {
  name: "transfer",
  about: "TRANSFER, and ids",
  points: [
    point(
      201,
      "CREATE makes a node, and a handle to it",
      "3, TRANSFER: make a node on this peer and write its id",
      () => {
        using fd = open();
        const { answer, src, dst } = rawTransfer(fd, [CREATE]);
        equal("TRANSFER", answer, "0");
        send(fd, dst[0]!.id, "hello");
        equal("received", hear(fd), [`message ${src[0]!.id} "hello"`]);
      },
    ),
    point(202, "flags come back 0", "3, TRANSFER: Flags come back 0", () => {
      using fd = open();
      const { src, dst } = rawTransfer(fd, [CREATE]);
      equal("flags of src and dst", [src[0]!.flags, dst[0]!.flags], [0n, 0n]);
      const again = rawTransfer(fd, [dst[0]!.id]);
      equal("flags after a copy", [again.src[0]!.flags, again.dst[0]!.flags], [0n, 0n]);
    }),
    point(203, "all ids are odd", "1: marks ids that the bus chose", () => {
      using fd = open();
      for (let i = 0; i < 4; i++) {
        const { node, handle } = create(fd);
        equal("low bits of node and handle", [node & 1n, handle & 1n], [1n, 1n]);
        equal("BUS1_INVALID", node === BUS1_INVALID || handle === BUS1_INVALID, false);
      }
    }),
    point(204, "the ids of a peer come from one counter", "1: allocated from a counter as `(n << 1) | 1`", () => {
      using fd = open();
      const ids: bigint[] = [];
      for (let i = 0; i < 3; i++) {
        const { node, handle } = create(fd);
        ids.push(node, handle, copy(fd, handle, fd));
      }
      const least = ids.reduce((a, b) => a < b ? a : b);
      const sorted = ids.toSorted((a, b) => a < b ? -1 : 1);
      equal("ids, sorted", sorted, ids.map((_, i) => after(least, i)));
    }),
    point(205, "each peer has a counter of its own", "1: `u64`, per peer", () => {
      using a = open();
      using b = open();
      const first = create(a);
      for (let i = 0; i < 5; i++) create(a);
      const other = create(b);
      equal("first ids of the second peer", [other.node, other.handle], [first.node, first.handle]);
    }),
    point(206, "no id is used again", "1: never reused, not even after release", () => {
      using fd = open();
      const { node, handle } = create(fd);
      release(fd, handle);
      release(fd, node);
      hear(fd);
      const next = create(fd);
      equal("later ids are greater", next.node > handle && next.handle > node && next.node > node, true);
    }),
    point(
      207,
      "the handle can be another peer's",
      "3, TRANSFER: a new handle is made on the peer behind the descriptor `to`",
      () => {
        using server = open();
        using client = open();
        const { node, handle } = create(server, client);
        equal("SEND by the owner of the node", trySend(server, after(node)), "EBADRQC");
        send(client, handle, "hello");
        equal("received", hear(server), [`message ${node} "hello"`]);
      },
    ),
    point(208, "a handle's id is from the counter of its peer", "1: an id means something only on its own peer", () => {
      using server = open();
      using client = open();
      const id = nextId(client);
      equal("id of the handle", create(server, client).handle, after(id, 2));
    }),
    point(
      209,
      "the own descriptor, and a duplicate, are this peer",
      "3, TRANSFER: the peer behind the descriptor `to`",
      () => {
        using fd = open();
        using same = uapi.dup(fd);
        for (const to of [fd, same]) {
          const { node, handle } = create(fd, to);
          send(fd, handle, "to me");
          equal("received", hear(fd), [`message ${node} "to me"`]);
        }
      },
    ),
    point(210, "a handle can be copied to another peer", "1: somebody who holds both peers copies one across", () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server);
      const copied = copy(server, handle, client);
      send(client, copied, "by the copy");
      send(server, handle, "by the source");
      equal("received", hear(server), [`message ${node} "by the copy"`, `message ${node} "by the source"`]);
    }),
    point(211, "a copy on the same peer is another handle", "1: many handles can refer to one node", () => {
      using fd = open();
      const { node, handle } = create(fd);
      const copied = copy(fd, handle, fd);
      equal("the copy has an id of its own", copied !== handle, true);
      send(fd, copied, "one");
      send(fd, handle, "two");
      equal("received", hear(fd), [`message ${node} "one"`, `message ${node} "two"`]);
    }),
    point(212, "TRANSFER of nothing is no error", "3, TRANSFER: All of the `n` happen or none", () => {
      using fd = open();
      equal("n 0", rawTransfer(fd, []).answer, "0");
      equal("n 0, no arrays", rawTransfer(fd, [], { ptr_src: 0, ptr_dst: 0 }).answer, "0");
    }),
    faulty("F1", 213, "TRANSFER of several, created and copied", "3, TRANSFER: for each `src[i]`", () => {
      using server = open();
      using client = open();
      const own = create(server);
      const { answer, src, dst } = rawTransfer(server, [CREATE, own.handle, CREATE], { to: client.number });
      equal("TRANSFER", answer, "0");
      equal("the copied one's id in src", src[1]!.id, own.handle);
      for (const { id } of dst) send(client, id, "hello");
      const nodes = [src[0]!.id, own.node, src[2]!.id];
      equal("received", hear(server), nodes.map((node) => `message ${node} "hello"`));
    }),
    faulty(
      "F1",
      214,
      "TRANSFER: one bad id, and nothing is transferred",
      "3, TRANSFER: All of the `n` happen or none",
      () => {
        using server = open();
        using client = open();
        const last = nextId(client);
        equal("TRANSFER", rawTransfer(server, [CREATE, 999n], { to: client.number }).answer, "EBADRQC");
        equal("SEND by a handle that must not be", trySend(client, after(last, 2)), "EBADRQC");
        equal("next id of the receiver", nextId(client), after(last, 2));
      },
    ),
    point(215, "TRANSFER to a number that is no descriptor", "6: `to` is no descriptor", () => {
      using fd = open();
      for (const to of [999_999n, -2n, 1n << 31n, 1n << 63n]) {
        equal(`to ${to}`, rawTransfer(fd, [CREATE], { to: BigInt.asUintN(64, to) }).answer, "EBADF");
      }
    }),
    point(216, "TRANSFER takes all 64 bits of the descriptor", "6: `to` is no descriptor", () => {
      using fd = open();
      equal("2^32 more", rawTransfer(fd, [CREATE], { to: 2n ** 32n + BigInt(fd.number) }).answer, "EBADF");
    }),
    point(217, "TRANSFER to a descriptor that is no peer", "6: no bus1 peer", () => {
      using fd = open();
      using other = uapi.open("/dev/null");
      equal("/dev/null", rawTransfer(fd, [CREATE], { to: other.number }).answer, "EOPNOTSUPP");
    }),
    point(218, "CREATE wants BUS1_INVALID for an id", "3, TRANSFER: with `CREATE` (and `id == BUS1_INVALID`)", () => {
      using fd = open();
      const { handle } = create(fd);
      for (const id of [0n, handle, 1000n]) {
        equal(`id ${id}`, rawTransfer(fd, [{ flags: uapi.BUS1_TRANSFER_FLAG_CREATE, id }]).answer, "EINVAL");
      }
    }),
    point(219, "a transfer has no other flags", "3: All flags not named here must be 0 (`EINVAL`)", () => {
      using fd = open();
      const { handle } = create(fd);
      for (const flags of [2n, 3n, 1n << 63n]) {
        equal(`flags ${flags}`, rawTransfer(fd, [{ flags, id: BUS1_INVALID }]).answer, "EINVAL");
        equal(`flags ${flags}, with a handle`, rawTransfer(fd, [{ flags, id: handle }]).answer, "EINVAL");
      }
    }),
    point(
      220,
      "TRANSFER of an id that nothing has",
      "6: the id or object is not one of this peer's (unknown, released, another peer's",
      () => {
        using fd = open();
        create(fd);
        for (const id of [0n, 2n, 999n, 1000n, BUS1_INVALID]) {
          equal(`copy of ${id}`, rawTransfer(fd, [id]).answer, "EBADRQC");
        }
      },
    ),
    point(221, "TRANSFER of a node's id", "6: uapi: of the wrong kind", () => {
      using fd = open();
      equal("copy of a node", rawTransfer(fd, [create(fd).node]).answer, "EBADRQC");
    }),
    point(
      222,
      "TRANSFER of another peer's id",
      "1: Nothing can be guessed or forged: an id means something only on its own peer",
      () => {
        using fd = open();
        using other = open();
        for (let i = 0; i < 5; i++) create(other);
        const { handle } = create(other);
        equal("copy of it", rawTransfer(fd, [handle]).answer, "EBADRQC");
      },
    ),
    point(
      223,
      "TRANSFER of a released handle",
      "6: the id or object is not one of this peer's (unknown, released",
      () => {
        using fd = open();
        const { handle } = create(fd);
        release(fd, handle);
        equal("copy of it", rawTransfer(fd, [handle]).answer, "EBADRQC");
      },
    ),
    point(224, "TRANSFER: src must be memory", "6: bad pointer (uapi)", () => {
      using fd = open();
      equal("src", rawTransfer(fd, [CREATE], { ptr_src: NOWHERE }).answer, "EFAULT");
      equal("src NULL", rawTransfer(fd, [CREATE], { ptr_src: 0 }).answer, "EFAULT");
      equal("src at the end of all memory", rawTransfer(fd, [CREATE], { ptr_src: -8n }).answer, "EFAULT");
    }),
    point(225, "TRANSFER: dst must be memory", "6: bad pointer (uapi)", () => {
      using fd = open();
      equal("dst", rawTransfer(fd, [CREATE], { ptr_dst: NOWHERE }).answer, "EFAULT");
      equal("dst NULL", rawTransfer(fd, [CREATE], { ptr_dst: 0 }).answer, "EFAULT");
    }),
    point(226, "a refused TRANSFER uses no id up", "1: a failed call consumes none", () => {
      using fd = open();
      const before = nextId(fd);
      rawTransfer(fd, [999n]);
      rawTransfer(fd, [{ flags: 2, id: BUS1_INVALID }]);
      rawTransfer(fd, [CREATE], { to: 999_999 });
      rawTransfer(fd, [CREATE], { flags: 1 });
      rawTransfer(fd, [CREATE], { ptr_src: NOWHERE });
      equal("next id", nextId(fd), after(before, 2));
    }),
    faulty("F1", 227, "a TRANSFER whose results find no memory uses no id up", "1: a failed call consumes none", () => {
      using fd = open();
      const before = nextId(fd);
      rawTransfer(fd, [CREATE], { ptr_dst: NOWHERE });
      equal("next id", nextId(fd), after(before, 2));
    }),
    point(
      228,
      "a handle to a dead node can be copied",
      "5: Copying across (`new_handle`, `copy`, TRANSFER) counts as such a commit",
      () => {
        using server = open();
        using client = open();
        const { node, handle } = create(server, client);
        release(server, node);
        equal("copy of it", rawTransfer(client, [handle]).answer, "0");
      },
    ),
  ],
};
