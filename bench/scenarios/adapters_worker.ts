/**
 * The two Workers of adapters.ts: one calls, the other serves, by either library over either transport.
 *
 * @module
 */

import { capnwebTransport, type ConnectionTicket } from "@bus1/bus1/adapters/capnweb";
import { comlinkEndpoint } from "@bus1/bus1/adapters/comlink";
import { newMessagePortRpcSession, RpcSession, RpcTarget } from "capnweb";
import * as Comlink from "comlink";
import { serve } from "../../src/scenarios/calls.ts";

/** The kinds of calls: see adapters.ts. */
export type Work = "oneByOne" | "inFlight" | "back";

type Back = (n: number) => unknown;

class Api extends RpcTarget {
  add(a: number, b: number): number {
    return a + b;
  }

  async callBack(count: number, back: Back): Promise<void> {
    for (let i = 0; i < count; i++) {
      if (await back(i) !== i) throw new Error("a wrong result");
    }
  }
}

/** The API as its caller sees it, over each transport. */
interface Remote {
  add(a: number, b: number): PromiseLike<number>;
  callBack(count: number, back: Back): PromiseLike<void>;
}

const remotes = new Map<string, Remote>();

/** Makes a function into an argument of a call, as each library wants it. */
const passable: Record<string, (back: Back) => Back> = {
  capnweb: (back) => back,
  comlink: (back) => Comlink.proxy(back),
};

const works: Record<Work, (remote: Remote, count: number, pass: (back: Back) => Back) => PromiseLike<unknown>> = {
  async oneByOne(remote, count) {
    for (let i = 0; i < count; i++) check(await remote.add(i, 1), i + 1);
  },
  async inFlight(remote, count) {
    const sums = await Promise.all(Array.from({ length: count }, (_, i) => remote.add(i, 1)));
    sums.forEach((sum, i) => check(sum, i + 1));
  },
  back: (remote, count, pass) => remote.callBack(count, pass((n) => n)),
};

function check(value: number, expected: number): void {
  if (value !== expected) throw new Error(`the result is ${value}, not ${expected}`);
}

serve({
  serve(library: string, over: string, end: ConnectionTicket, messagePort: MessagePort): void {
    if (library === "capnweb") {
      if (over === "bus1") new RpcSession(capnwebTransport(end), new Api());
      else newMessagePortRpcSession(messagePort, new Api());
    } else {
      Comlink.expose(new Api(), over === "bus1" ? comlinkEndpoint(end) : messagePort);
    }
  },
  ask(library: string, over: string, end: ConnectionTicket, messagePort: MessagePort): void {
    const made = library === "capnweb"
      ? over === "bus1" ? new RpcSession(capnwebTransport(end)).getRemoteMain() : newMessagePortRpcSession(messagePort)
      : Comlink.wrap(over === "bus1" ? comlinkEndpoint(end) : messagePort);
    remotes.set(`${library} ${over}`, made as unknown as Remote);
  },
  /** Returns the microseconds of one call. */
  async measure(library: string, over: string, work: Work, count: number): Promise<number> {
    const remote = remotes.get(`${library} ${over}`)!;
    const start = performance.now();
    await works[work](remote, count, passable[library]);
    return (performance.now() - start) * 1000 / count;
  },
});
