/** A Worker that exposes one object over one Comlink endpoint, or wraps what the other side exposes. */

import { Peer, type Ticket } from "@bus1/bus1";
import { comlinkEndpoint, type ConnectionTicket } from "@bus1/bus1/adapters/comlink";
import * as Comlink from "comlink";
import { serve } from "../support/calls.ts";
import { Api } from "./comlink_api.ts";
import { endings } from "./ending.ts";

const api = new Api();
let main: Comlink.Remote<Api>;
let inFlight: Promise<string[]>;

function codeOf(error: unknown): string {
  return String((error as { code?: string }).code ?? error);
}

serve({
  ...endings,
  expose: (ticket: ConnectionTicket): void => Comlink.expose(api, comlinkEndpoint(ticket)),
  wrap(ticket: ConnectionTicket): void {
    main = Comlink.wrap<Api>(comlinkEndpoint(ticket));
  },
  revoke: (ticket: Ticket): void => Peer.revoke(ticket),
  finalized: (): number => api.finalized.api ?? 0,

  /** Makes calls that never settle by themselves; resolves when the last has begun. */
  async call(count: number): Promise<void> {
    inFlight = Promise.all(Array.from({ length: count }, () => main.never().then(() => "settled", codeOf)));
    await main.begun();
  },
  /** The outcomes of those calls. */
  outcome: async (): Promise<string[]> => [...new Set(await inFlight)],
  /** The outcome of a later call. */
  later: (): Promise<string> => main.add(1, 2).then(() => "settled", codeOf),
});
