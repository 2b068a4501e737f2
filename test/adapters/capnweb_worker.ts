/** A Worker with one Cap'n Web session. */

import { Peer, type Ticket } from "@bus1/bus1";
import { capnwebTransport, type ConnectionTicket } from "@bus1/bus1/adapters/capnweb";
import { RpcSession } from "capnweb";
import { serve } from "../support/calls.ts";
import { Api } from "./capnweb_api.ts";
import { endings } from "./ending.ts";

let session: RpcSession<Api>;
let isDisposed = false;
let inFlight: Promise<unknown>;

function codeOf(error: unknown): string {
  return String((error as { code?: string }).code ?? error);
}

serve({
  ...endings,
  connect(ticket: ConnectionTicket): void {
    session = new RpcSession<Api>(capnwebTransport(ticket), new Api(() => isDisposed = true));
  },
  revoke: (ticket: Ticket): void => Peer.revoke(ticket),
  echo: (value: unknown): Promise<unknown> => Promise.resolve(session.getRemoteMain().echo(value as string)),

  /** Makes calls that never settle by themselves; resolves when the last has begun. */
  async call(count: number): Promise<void> {
    const main = session.getRemoteMain();
    const calls = Array.from({ length: count }, () => main.never());
    inFlight = Promise.all(calls.map((call) => call.then(() => "settled", codeOf)));
    await main.begun();
  },
  /** The outcomes of those calls. */
  async outcome(): Promise<string[]> {
    return [...new Set(await inFlight as string[])];
  },
  /** The outcome of a later call. */
  later: (): Promise<string> => session.getRemoteMain().echo("late").then(() => "settled", codeOf),
  isDisposed: (): boolean => isDisposed,
  finish: (): void => session.getRemoteMain()[Symbol.dispose](),
});
