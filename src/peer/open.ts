/**
 * How peers come: made anew, from a descriptor that somebody gave us, or by a ticket.
 *
 * @module
 */

import { ERRNO } from "../port/abi.ts";
import { accountOf, calledOf, maxQueuedOf, optionsOf, traceOf } from "./arguments.ts";
import { type Fd, fdFailure, giveAway, nameOfFd, openBitsOf } from "../port/descriptor.ts";
import type { Engine, EngineName, EnginePeer, OpenOptions, Ticket } from "../port/engine.ts";
import { chooseEngine, isEngineName } from "../engines/registry.ts";
import { BusError, busError, quote } from "../port/errors.ts";
import type { AdoptOptions, PeerOptions } from "./options.ts";
import { ticketFailure, ticketOf } from "./ticket.ts";
import type { Trace } from "../port/trace.ts";
import { TracedPeer } from "./looking/traced_peer.ts";

/** A peer that is about to come. */
export interface Opening {
  readonly engine: Engine;
  /** Lets it come, or throws. */
  make(wake: () => void): EnginePeer;
  /** What stands for it from then on. */
  traced(core: EnginePeer): EnginePeer;
  /** What it is called. */
  nameOf(core: EnginePeer): string | null;
}

/** What `Peer.open` is asked for. */
export function opening(options: PeerOptions | undefined): Opening {
  const doing = "open a peer";
  const given = optionsOf(options, doing);
  const { engine: name = "auto", fd } = given;
  if (name !== "auto" && !isEngineName(name)) throw new TypeError(`${doing}: there is no engine ${quote(name)}`);
  const called = calledOf(given.name, doing);
  const wanted: OpenOptions = { account: accountOf(given, doing), maxQueued: maxQueuedOf(given, doing), name: called };
  const trace = traceOf(given, doing);
  if (fd !== undefined) return taking(fd, name === "auto" ? "kernel" : name, wanted, trace);
  const engine = chooseEngine(name, doing);
  return {
    engine,
    traced: (core) => traced(core, engine, trace, "open"),
    nameOf: () => called,
    make(wake) {
      const core = engine.open(wake, wanted);
      if (typeof core === "number") throw openFailure(core, engine, wanted, doing);
      return core;
    },
  };
}

function openFailure(answer: number, engine: Engine, { account }: OpenOptions, doing: string): BusError {
  if (answer === -ERRNO.EINVAL) return busError(answer, doing, `user ${account?.user} has other limits already`);
  if (answer === -ERRNO.EOPNOTSUPP) return busError(answer, doing, `the engine ${engine.name} ${NO_OPTIONS}`);
  return busError(answer, doing);
}

const NO_OPTIONS = "takes neither account nor maxQueued: accounts and queues are the kernel's";

function traced(core: EnginePeer, engine: Engine, trace: Trace | undefined, how: "open" | "adopt"): EnginePeer {
  return trace === undefined ? core : new TracedPeer(core, engine.name, trace, how);
}

function taking(
  fd: number | Fd,
  name: EngineName,
  { account, maxQueued, name: called = null }: OpenOptions,
  trace: Trace | undefined,
): Opening {
  const doing = `open a peer from ${nameOfFd(fd)}`;
  const number = openBitsOf(fd, doing);
  const engine = chooseEngine(name, doing);
  return {
    engine,
    traced: (core) => traced(core, engine, trace, "open"),
    nameOf: () => called,
    make(wake) {
      if (engine.take === undefined) throw new BusError("EOPNOTSUPP", doing, `the engine ${name} takes no descriptor`);
      if (account !== undefined || maxQueued !== undefined) {
        throw new BusError("EOPNOTSUPP", doing, `the engine ${name} ${NO_OPTIONS}`);
      }
      const core = engine.take(number, wake, called);
      if (typeof core === "number") throw fdFailure(core, doing);
      giveAway(fd);
      return core;
    },
  };
}

/** What `Peer.adopt` is asked for. */
export function adoption(ticket: Ticket, options: AdoptOptions | undefined): Opening {
  const doing = "adopt a peer";
  const checked = ticketOf(ticket, doing);
  const trace = traceOf(optionsOf(options, doing), doing);
  const engine = chooseEngine(checked.engine, doing);
  return {
    engine,
    traced: (core) => traced(core, engine, trace, "adopt"),
    nameOf(core) {
      const totals = core.totals();
      return typeof totals === "number" ? null : totals.name;
    },
    make(wake) {
      const core = engine.adopt(checked, wake);
      if (typeof core === "number") throw ticketFailure(core, checked, doing);
      return core;
    },
  };
}
