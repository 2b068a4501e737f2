/**
 * How peers come into being: opened, made from a descriptor, or adopted by a ticket; and how a ticket is revoked.
 *
 * @module
 */

import { ERRNO } from "../port/abi.ts";
import { type Fd, fdFailure, giveAway, nameOfFd, openBitsOf } from "../port/descriptor.ts";
import type { Engine, EngineName, EnginePeer, OpenOptions, Ticket } from "../port/engine.ts";
import { BusError, busError, nameOf, quote } from "../port/errors.ts";
import type { Trace } from "../port/trace.ts";
import { chooseEngine, isEngineName } from "../engines/registry.ts";
import { accountOf, givenName, maxQueuedOf, optionsOf, traceOf } from "./arguments.ts";
import { ADOPT_OPTIONS, type AdoptOptions, PEER_OPTIONS, type PeerOptions } from "./options.ts";

/** A peer of an engine that has just been opened or adopted. */
export interface OpenedPeer {
  readonly how: "open" | "adopt";
  readonly engine: Engine;
  readonly core: EnginePeer;
  readonly name: string | null;
  readonly trace: Trace | undefined;
}

/** Does what `Peer.open` is asked for. */
export function openPeer(options: PeerOptions | undefined): OpenedPeer {
  const doing = "open a peer";
  const { engine: asked = "auto", fd, account, maxQueued, name, trace: given } = optionsOf(
    options,
    PEER_OPTIONS,
    doing,
  );
  if (asked !== "auto" && !isEngineName(asked)) throw new TypeError(`${doing}: unknown engine ${quote(asked)}`);
  const wanted: OpenOptions = {
    name: givenName(name, doing),
    account: accountOf(account, doing),
    maxQueued: maxQueuedOf(maxQueued, doing),
  };
  const trace = traceOf(given, doing);
  if (fd !== undefined) return takePeer(fd, asked === "auto" ? "kernel" : asked, wanted, trace);
  const engine = chooseEngine(asked, doing);
  const core = engine.open(wanted);
  if (typeof core === "number") throw openFailure(core, engine, wanted, doing);
  return { how: "open", engine, core, name: wanted.name ?? null, trace };
}

function openFailure(answer: number, engine: Engine, { account }: OpenOptions, doing: string): BusError {
  if (answer === -ERRNO.EINVAL) return busError(answer, doing, `user ${account?.user} has other limits already`);
  if (answer === -ERRNO.EOPNOTSUPP) return busError(answer, doing, `the engine ${engine.name} ${NO_OPTIONS}`);
  return busError(answer, doing);
}

const NO_OPTIONS = "takes neither account nor maxQueued: accounts and queues are the kernel's";

function takePeer(
  fd: number | Fd,
  engineName: EngineName,
  { account, maxQueued, name = null }: OpenOptions,
  trace: Trace | undefined,
): OpenedPeer {
  const doing = `open a peer from ${nameOfFd(fd)}`;
  const number = openBitsOf(fd, doing);
  const engine = chooseEngine(engineName, doing);
  if (engine.take === undefined) {
    throw new BusError("EOPNOTSUPP", doing, `the engine ${engineName} takes no descriptor`);
  }
  if (account !== undefined || maxQueued !== undefined) {
    throw new BusError("EOPNOTSUPP", doing, `the engine ${engineName} ${NO_OPTIONS}`);
  }
  const core = engine.take(number, name);
  if (typeof core === "number") throw fdFailure(core, doing);
  giveAway(fd);
  return { how: "open", engine, core, name, trace };
}

/** Does what `Peer.adopt` is asked for. */
export function adoptPeer(ticket: Ticket, options: AdoptOptions | undefined): OpenedPeer {
  const doing = "adopt a peer";
  const checked = ticketOf(ticket, doing);
  const trace = traceOf(optionsOf(options, ADOPT_OPTIONS, doing).trace, doing);
  const engine = chooseEngine(checked.engine, doing);
  const core = engine.adopt(checked);
  if (typeof core === "number") throw ticketFailure(core, checked, doing);
  const totals = core.totals();
  return { how: "adopt", engine, core, name: typeof totals === "number" ? null : totals.name, trace };
}

/** Does what `Peer.revoke` is asked for. */
export function revokePeer(ticket: Ticket): void {
  const doing = "revoke a peer";
  const checked = ticketOf(ticket, doing);
  const answer = chooseEngine(checked.engine, doing).revoke(checked);
  if (answer < 0) throw ticketFailure(answer, checked, doing);
}

function ticketOf(value: Ticket, doing: string): Ticket {
  if (typeof value !== "object" || value === null) {
    throw new TypeError(`${doing}: expected a ticket, not ${nameOf(value)}`);
  }
  const { engine, key } = value;
  if (!isEngineName(engine)) throw new TypeError(`${doing}: the ticket names no engine: ${quote(engine)}`);
  if (typeof key !== "string") throw new TypeError(`${doing}: the ticket's key must be a string, not ${nameOf(key)}`);
  return { engine, key };
}

function ticketFailure(answer: number, ticket: Ticket, doing: string): BusError {
  if (answer === -ERRNO.EBADRQC) return busError(answer, doing, "the ticket is spent, or the peer has ended");
  if (answer !== -ERRNO.EOPNOTSUPP || ticket.engine !== "typescript") return busError(answer, doing);
  return busError(
    answer,
    doing,
    "the TypeScript engine cannot move a peer to another isolate, and this ticket was made in another one; engineReport() " +
      "tells why the other engines do not work here",
  );
}
