/**
 * Calls every method of the facade while each allocation of the native library fails once, and prints the number of failed
 * calls. `BUS1_LIBRARY` is a library with the functions that make allocations fail.
 *
 * Each call is repeated in a new world. Each time, one allocation more succeeds before one fails, or before that one and all
 * further ones fail. A call that fails with `ENOMEM` must have changed nothing, and must then succeed.
 */

import process from "node:process";
import { Batch, BusError, Cursor, type Handle, liveCounts, type Node, Peer, Transaction } from "@bus1/bus1";
import type { Ticket } from "../../src/port/engine.ts";
import { openLibrary } from "../../src/library/library.ts";
import { word } from "../support/words.ts";

const opened = openLibrary();
if ("reason" in opened) throw new Error(opened.reason);
const { bus1_test_fail_allocation: failAllocation, bus1_test_failed_allocations: failedAllocations } = opened.runtime
  .open(process.env.BUS1_LIBRARY!, {
    bus1_test_fail_allocation: { parameters: ["u32", "u32"], result: "void" },
    bus1_test_failed_allocations: { parameters: [], result: "u32" },
  });
const NONE = 0xffff_ffff;

const engine = "native";
const server_options = { account: { user: 1, objects: 1000, bytes: 50_000 }, maxQueued: { messages: 10, bytes: 500 } };

/** A server with an account and a bounded queue, a client, and their objects. */
class World {
  readonly server: Peer = Peer.open({ engine, ...server_options });
  client: Peer = Peer.open({ engine });
  readonly node: Node;
  readonly to: Handle;
  readonly own: { node: Node; handle: Handle };
  readonly tx: Transaction;
  readonly batch: Batch;
  ticket: Ticket | undefined;
  readonly #made: Peer[] = [];

  constructor() {
    const { node, handle } = this.server.createNode({ for: this.client });
    this.node = node;
    this.to = handle;
    this.own = this.client.createNode();
    this.client.send(handle, "with copies", { handles: [this.own.handle, handle] });
    this.client.send(handle, "plain");
    for (const text of ["one", "two"]) this.client.send(this.own.handle, text);
    this.tx = this.client.transaction().send(handle, "in a transaction");
    this.batch = this.client.batch(handle).add("in a batch");
  }

  open(options: object): string {
    this.#made.push(Peer.open({ engine, ...options }));
    return "opened";
  }

  close(): void {
    this.server.close();
    this.client.close();
    if (this.ticket !== undefined) Peer.revoke(this.ticket);
    for (const peer of this.#made) peer.close();
    if (Object.values(liveCounts()).some((count) => count !== 0)) throw new Error(JSON.stringify(liveCounts()));
  }
}

/** The calls by the names of their methods, which words may follow. The results are compared. */
const calls: Record<string, (world: World) => unknown> = {
  "Peer.open": (world) => world.open({}),
  "Peer.open for a user": (world) => world.open({ account: { user: 2 }, maxQueued: { messages: 1 } }),
  "Peer.adopt": (world) => {
    world.client = Peer.adopt(world.ticket ??= world.client.detach());
    world.ticket = undefined;
  },
  "Peer.revoke": (world) => Peer.revoke(world.ticket ??= world.client.detach()),
  "Peer#createNode": ({ client, server }) => {
    const { node, handle } = client.createNode({ for: server });
    return [node.id, handle.id];
  },
  "Peer#inspect": ({ client }) => client.inspect().handles.length,
  "Peer#handle": ({ client, to }) => client.handle(to.id) === to,
  "Peer#node": ({ client, own }) => client.node(own.node.id) === own.node,
  "Peer#send": ({ client, to }) => client.send(to, "hello"),
  "Peer#send to several, with copies": ({ client, to, own }) =>
    client.send([to, to], "hello", { handles: [own.handle, to] }),
  "Peer#writable": ({ client, to }) => client.writable(to),
  "Peer#writable and wait": async ({ client, to, server }) => {
    try {
      client.send(to, new Uint8Array(470));
    } catch (error) {
      if (!(error instanceof BusError && error.code === "EDQUOT")) throw error;
    }
    const written = client.writable(to);
    await Promise.race([written, Promise.resolve()]); // a failure rejects at once
    failAllocation(NONE, 0);
    server.receiveMany();
    return written;
  },
  "Peer#batch": ({ client, to }) => client.batch(to).add("hello") instanceof Batch,
  "Peer#copy": ({ client, server, own }) => client.copy(own.handle, server).id,
  "Peer#release": ({ client, to, own }) => client.release(to, own.node, own.handle),
  "Peer#transaction": ({ client }) => client.transaction() instanceof Transaction,
  "Peer#tryReceive": ({ server }) => word(server.tryReceive()!),
  "Peer#receiveMany": ({ client }) => client.receiveMany().map(word),
  "Peer#cursor": ({ client }) => client.cursor() instanceof Cursor,
  "Peer#receive": async ({ server }) => word(await server.receive()),
  "Peer#receive and wait": async ({ client, own }) => {
    client.receiveMany();
    const received = client.receive();
    await Promise.race([received, Promise.resolve()]);
    failAllocation(NONE, 0);
    client.send(own.handle, "at last");
    return word(await received);
  },
  "Peer#receiveSync": ({ server }) => word(server.receiveSync({ timeout: 0 })!),
  "Peer#receiveSync and time out": ({ client }) => {
    client.receiveMany();
    return client.receiveSync({ timeout: 1 });
  },
  "Peer#Symbol(Symbol.asyncIterator)": async ({ server }) => word((await server[Symbol.asyncIterator]().next()).value),
  "Peer#detach": (world) => void (world.ticket = world.client.detach()),
  "Peer#close": ({ client }) => client.close(),
  "Peer#close with a queue": ({ server }) => server.close(),
  "Peer#Symbol(Symbol.dispose)": ({ client }) => client[Symbol.dispose](),

  "Transaction#send": ({ tx, to, own }) => tx.send([to, own.handle], "hello", { handles: [to] }) === tx,
  "Transaction#release": ({ tx, to, own }) => tx.release(to, own.node, own.handle) === tx,
  "Transaction#commit": ({ tx }) => tx.commit(),
  "Transaction#Symbol(Symbol.dispose)": ({ tx }) => tx[Symbol.dispose](),

  "Batch#add": ({ batch }) => batch.add("more") === batch,
  "Batch#add something large": ({ client, own }) =>
    client.batch(own.handle).add(new Uint8Array(70_000)) instanceof Batch,
  "Transaction#abort": ({ tx }) => tx.abort(),
  "Batch#reserve": ({ batch }) => batch.reserve(8) > 0,
  "Batch#clear": ({ batch }) => batch.clear(),
  "Batch#flush": ({ batch }) => batch.flush(),
  "Batch#Symbol(Symbol.dispose)": ({ batch }) => batch[Symbol.dispose](),

  "Cursor#tryNext": ({ client }) => next(client.cursor()),
  "Cursor#tryNext with handles": ({ server }) => next(server.cursor()),
  "Cursor#nextSync": ({ client }) => client.cursor().nextSync({ timeout: 0 }),
  "Cursor#next": ({ client }) => client.cursor().next(),
  "Cursor#view": ({ client }) => next(client.cursor()),
  "Cursor#text": ({ client }) => next(client.cursor()),
};

function next(cursor: Cursor): string {
  return [cursor.tryNext(), cursor.text(), cursor.view().length, cursor.handles.map(({ id }) => id)].join();
}

/** The methods for printing: they make text of what exists, without a call of the engine that could allocate. */
const LOOKING = new Set([
  Symbol.toStringTag,
  Symbol.for("Deno.customInspect"),
  Symbol.for("nodejs.util.inspect.custom"),
]);

// Every method must have its call, except toJSON, which always throws.
for (const holder of [Peer, Transaction, Batch, Cursor]) {
  const methods = Object.entries(Object.getOwnPropertyDescriptors(holder.prototype))
    .filter(([name, { value }]) => name !== "constructor" && name !== "toJSON" && typeof value === "function").map((
      [name],
    ) => `#${name}`);
  for (const symbol of Object.getOwnPropertySymbols(holder.prototype)) {
    if (!LOOKING.has(symbol)) methods.push(`#${String(symbol)}`);
  }
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(holder))) {
    if (typeof value === "function") methods.push(`.${name}`);
  }
  for (const method of methods) {
    const name = holder.name + method;
    if (!Object.keys(calls).some((call) => call === name || call.startsWith(`${name} `))) {
      throw new Error(`there is no call of ${name}`);
    }
  }
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, part) => typeof part === "bigint" ? `${part}` : part) ?? "nothing";
}

/** Returns the result of a call and the live counts after it; `null` if there was no memory. */
async function make(call: (world: World) => unknown, world: World): Promise<string | null> {
  try {
    const result = await call(world);
    failAllocation(NONE, 0);
    return show([result, liveCounts()]);
  } catch (error) {
    failAllocation(NONE, 0);
    if (error instanceof BusError && error.code === "ENOMEM") return null;
    throw error;
  }
}

function same(name: string, one: unknown, other: unknown): void {
  if (one !== other) throw new Error(`${name}: ${other} instead of ${one}`);
}

let failures = 0;
for (const [name, call] of Object.entries(calls)) {
  const first = new World();
  const before = show(liveCounts());
  const expected = await make(call, first);
  first.close();
  for (const stays of [0, 1]) {
    for (let good = 0;; good++) {
      const world = new World();
      if (name === "Peer.adopt" || name === "Peer.revoke") world.ticket = world.client.detach();
      failAllocation(good, stays);
      const result = await make(call, world);
      const failed = failedAllocations();
      if (result === null) {
        failures++;
        same(`${name}, after ${good}`, before, show(liveCounts()));
        same(`${name}, once more`, expected, await make(call, world));
      } else {
        same(`${name}, after ${good}`, expected, result);
      }
      world.close();
      if (failed === 0) break;
    }
  }
}
console.log(`${Object.keys(calls).length} calls failed ${failures} times`);
