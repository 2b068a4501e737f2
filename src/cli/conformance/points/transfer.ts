/**
 * Points about TRANSFER and ids.
 *
 * @module
 */

import * as uapi from "../../../uapi/mod.ts";
import { at, equal } from "../support/assertions.ts";
import { copy, CREATE, create, nextId, open, receiveAll, release, send, trySend } from "../support/calls.ts";
import { type Group, point } from "../support/point.ts";
import { rawTransfer, UNMAPPED } from "../support/raw_calls.ts";

const { BUS1_INVALID } = uapi;

/** Returns the id that comes `count` ids after this one in the counter of a peer. */
function after(id: bigint, count = 1): bigint {
  return id + 2n * BigInt(count);
}

export const group: Group = {
  name: "transfer",
  about: "TRANSFER and ids",
  points: [
    point(201, "CREATE creates a node and a handle to it", { section: 3 }, () => {
      using fd = open();
      const { result, src, dst } = rawTransfer(fd, [CREATE]);
      equal("TRANSFER", result, "0");
      send(fd, at(dst, 0).id, "hello");
      equal("received", receiveAll(fd), [`message ${at(src, 0).id} "hello"`]);
    }),
    point(202, "TRANSFER returns the flags as 0", { section: 3 }, () => {
      using fd = open();
      const { src, dst } = rawTransfer(fd, [CREATE]);
      equal("flags of src and dst", [at(src, 0).flags, at(dst, 0).flags], [0n, 0n]);
      const again = rawTransfer(fd, [at(dst, 0).id]);
      equal("flags after a copy", [at(again.src, 0).flags, at(again.dst, 0).flags], [0n, 0n]);
    }),
    point(203, "all ids are odd", { section: 1 }, () => {
      using fd = open();
      for (let i = 0; i < 4; i++) {
        const { node, handle } = create(fd);
        equal("low bits of node and handle", [node & 1n, handle & 1n], [1n, 1n]);
        equal("BUS1_INVALID", node === BUS1_INVALID || handle === BUS1_INVALID, false);
      }
    }),
    point(204, "the ids of a peer come from one counter", { section: 1 }, () => {
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
    point(205, "each peer has its own counter", { section: 1 }, () => {
      using a = open();
      using b = open();
      const first = create(a);
      for (let i = 0; i < 5; i++) create(a);
      const other = create(b);
      equal("first ids of the second peer", [other.node, other.handle], [first.node, first.handle]);
    }),
    point(206, "an id is never reused", { section: 1 }, () => {
      using fd = open();
      const { node, handle } = create(fd);
      release(fd, handle);
      release(fd, node);
      receiveAll(fd);
      const next = create(fd);
      equal("later ids are greater", next.node > handle && next.handle > node && next.node > node, true);
    }),
    point(207, "TRANSFER creates the handle on another peer if `to` names one", { section: 3 }, () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server, client);
      equal("SEND by the owner of the node", trySend(server, after(node)), "EBADRQC");
      send(client, handle, "hello");
      equal("received", receiveAll(server), [`message ${node} "hello"`]);
    }),
    point(208, "the id of a handle comes from the counter of the peer that owns it", { section: 1 }, () => {
      using server = open();
      using client = open();
      const id = nextId(client);
      equal("id of the handle", create(server, client).handle, after(id, 2));
    }),
    point(209, "the peer's own descriptor and a duplicate of it name this peer", { section: 3 }, () => {
      using fd = open();
      using same = uapi.dup(fd);
      for (const to of [fd, same]) {
        const { node, handle } = create(fd, to);
        send(fd, handle, "to me");
        equal("received", receiveAll(fd), [`message ${node} "to me"`]);
      }
    }),
    point(210, "a handle can be copied to another peer", { section: 1 }, () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server);
      const copied = copy(server, handle, client);
      send(client, copied, "through the copy");
      send(server, handle, "by the source");
      equal("received", receiveAll(server), [`message ${node} "through the copy"`, `message ${node} "by the source"`]);
    }),
    point(211, "a copy on the same peer is a separate handle", { section: 1 }, () => {
      using fd = open();
      const { node, handle } = create(fd);
      const copied = copy(fd, handle, fd);
      equal("the copy has its own id", copied !== handle, true);
      send(fd, copied, "one");
      send(fd, handle, "two");
      equal("received", receiveAll(fd), [`message ${node} "one"`, `message ${node} "two"`]);
    }),
    point(212, "TRANSFER of no elements succeeds", { section: 3 }, () => {
      using fd = open();
      equal("n 0", rawTransfer(fd, []).result, "0");
      equal("n 0, no arrays", rawTransfer(fd, [], { ptr_src: 0, ptr_dst: 0 }).result, "0");
    }),
    point(213, "TRANSFER creates and copies several handles at once", { section: 3, fault: "F1" }, () => {
      using server = open();
      using client = open();
      const own = create(server);
      const { result, src, dst } = rawTransfer(server, [CREATE, own.handle, CREATE], { to: client.number });
      equal("TRANSFER", result, "0");
      equal("id of the copied handle in src", at(src, 1).id, own.handle);
      for (const { id } of dst) send(client, id, "hello");
      const nodes = [at(src, 0).id, own.node, at(src, 2).id];
      equal("received", receiveAll(server), nodes.map((node) => `message ${node} "hello"`));
    }),
    point(214, "TRANSFER with one bad id transfers nothing", { section: 3, fault: "F1" }, () => {
      using server = open();
      using client = open();
      const last = nextId(client);
      equal("TRANSFER", rawTransfer(server, [CREATE, 999n], { to: client.number }).result, "EBADRQC");
      equal("SEND through a handle that must not exist", trySend(client, after(last, 2)), "EBADRQC");
      equal("next id of the receiver", nextId(client), after(last, 2));
    }),
    point(215, "TRANSFER to an unknown descriptor number is EBADF", { section: 6 }, () => {
      using fd = open();
      for (const to of [999_999n, -2n, 1n << 31n, 1n << 63n]) {
        equal(`to ${to}`, rawTransfer(fd, [CREATE], { to: BigInt.asUintN(64, to) }).result, "EBADF");
      }
    }),
    point(216, "TRANSFER uses all 64 bits of the descriptor number", { section: 6 }, () => {
      using fd = open();
      equal("2^32 more", rawTransfer(fd, [CREATE], { to: 2n ** 32n + BigInt(fd.number) }).result, "EBADF");
    }),
    point(217, "TRANSFER to a descriptor of another kind of file is EOPNOTSUPP", { section: 6 }, () => {
      using fd = open();
      using other = uapi.open("/dev/null");
      equal("/dev/null", rawTransfer(fd, [CREATE], { to: other.number }).result, "EOPNOTSUPP");
    }),
    point(218, "CREATE requires the id BUS1_INVALID", { section: 3 }, () => {
      using fd = open();
      const { handle } = create(fd);
      for (const id of [0n, handle, 1000n]) {
        equal(`id ${id}`, rawTransfer(fd, [{ flags: uapi.BUS1_TRANSFER_FLAG_CREATE, id }]).result, "EINVAL");
      }
    }),
    point(219, "a transfer refuses every other flag", { section: 3 }, () => {
      using fd = open();
      const { handle } = create(fd);
      for (const flags of [2n, 3n, 1n << 63n]) {
        equal(`flags ${flags}`, rawTransfer(fd, [{ flags, id: BUS1_INVALID }]).result, "EINVAL");
        equal(`flags ${flags}, with a handle`, rawTransfer(fd, [{ flags, id: handle }]).result, "EINVAL");
      }
    }),
    point(220, "TRANSFER of an unknown id is EBADRQC", { section: 6 }, () => {
      using fd = open();
      create(fd);
      for (const id of [0n, 2n, 999n, 1000n, BUS1_INVALID]) {
        equal(`copy of ${id}`, rawTransfer(fd, [id]).result, "EBADRQC");
      }
    }),
    point(221, "TRANSFER of a node's id is EBADRQC", { section: 6 }, () => {
      using fd = open();
      equal("copy of a node", rawTransfer(fd, [create(fd).node]).result, "EBADRQC");
    }),
    point(222, "TRANSFER of another peer's id is EBADRQC", { section: 1 }, () => {
      using fd = open();
      using other = open();
      for (let i = 0; i < 5; i++) create(other);
      const { handle } = create(other);
      equal("copy of the handle", rawTransfer(fd, [handle]).result, "EBADRQC");
    }),
    point(223, "TRANSFER of a released handle is EBADRQC", { section: 6 }, () => {
      using fd = open();
      const { handle } = create(fd);
      release(fd, handle);
      equal("copy of the handle", rawTransfer(fd, [handle]).result, "EBADRQC");
    }),
    point(224, "TRANSFER from an unreadable src is EFAULT", { section: 6 }, () => {
      using fd = open();
      equal("src", rawTransfer(fd, [CREATE], { ptr_src: UNMAPPED }).result, "EFAULT");
      equal("src NULL", rawTransfer(fd, [CREATE], { ptr_src: 0 }).result, "EFAULT");
      equal("src at the end of the address space", rawTransfer(fd, [CREATE], { ptr_src: -8n }).result, "EFAULT");
    }),
    point(225, "TRANSFER to an unwritable dst is EFAULT", { section: 6 }, () => {
      using fd = open();
      equal("dst", rawTransfer(fd, [CREATE], { ptr_dst: UNMAPPED }).result, "EFAULT");
      equal("dst NULL", rawTransfer(fd, [CREATE], { ptr_dst: 0 }).result, "EFAULT");
    }),
    point(226, "a refused TRANSFER consumes no ids", { section: 1 }, () => {
      using fd = open();
      const before = nextId(fd);
      rawTransfer(fd, [999n]);
      rawTransfer(fd, [{ flags: 2, id: BUS1_INVALID }]);
      rawTransfer(fd, [CREATE], { to: 999_999 });
      rawTransfer(fd, [CREATE], { flags: 1 });
      rawTransfer(fd, [CREATE], { ptr_src: UNMAPPED });
      equal("next id", nextId(fd), after(before, 2));
    }),
    point(227, "a TRANSFER that cannot write its results consumes no ids", { section: 1, fault: "F1" }, () => {
      using fd = open();
      const before = nextId(fd);
      rawTransfer(fd, [CREATE], { ptr_dst: UNMAPPED });
      equal("next id", nextId(fd), after(before, 2));
    }),
    point(228, "a handle to a released node can be copied", { section: 5 }, () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server, client);
      release(server, node);
      equal("copy of the handle", rawTransfer(client, [handle]).result, "0");
    }),
  ],
};
