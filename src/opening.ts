/**
 * How peers come: made anew, from a descriptor that somebody gave us, or by a ticket.
 *
 * @module
 */

import { ERRNO } from "./abi.ts";
import { accountOf, maxQueuedOf, optionsOf } from "./arguments.ts";
import { type Fd, fdFailure, giveAway, nameOfFd, openBitsOf } from "./descriptor.ts";
import type { Engine, EngineName, EnginePeer, OpenOptions, Ticket } from "./engine.ts";
import { chooseEngine, isEngineName } from "./engines.ts";
import { BusError, busError, quote } from "./errors.ts";
import type { PeerOptions } from "./options.ts";
import { ticketFailure, ticketOf } from "./ticket.ts";

/** A peer that is about to come. */
export interface Opening {
  readonly engine: Engine;
  /** Lets it come, or throws. */
  make(wake: () => void): EnginePeer;
}

/** What `Peer.open` is asked for. */
export function opening(options: PeerOptions | undefined): Opening {
  const doing = "open a peer";
  const given = optionsOf(options, doing);
  const { engine: name = "auto", fd } = given;
  if (name !== "auto" && !isEngineName(name)) throw new TypeError(`${doing}: there is no engine ${quote(name)}`);
  const wanted: OpenOptions = { account: accountOf(given, doing), maxQueued: maxQueuedOf(given, doing) };
  if (fd !== undefined) return taking(fd, name === "auto" ? "kernel" : name, wanted);
  const engine = chooseEngine(name, doing);
  return {
    engine,
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

function taking(fd: number | Fd, name: EngineName, { account, maxQueued }: OpenOptions): Opening {
  const doing = `open a peer from ${nameOfFd(fd)}`;
  const number = openBitsOf(fd, doing);
  const engine = chooseEngine(name, doing);
  return {
    engine,
    make(wake) {
      if (engine.take === undefined) throw new BusError("EOPNOTSUPP", doing, `the engine ${name} takes no descriptor`);
      if (account !== undefined || maxQueued !== undefined) {
        throw new BusError("EOPNOTSUPP", doing, `the engine ${name} ${NO_OPTIONS}`);
      }
      const core = engine.take(number, wake);
      if (typeof core === "number") throw fdFailure(core, doing);
      giveAway(fd);
      return core;
    },
  };
}

/** What `Peer.adopt` is asked for. */
export function adoption(ticket: Ticket): Opening {
  const doing = "adopt a peer";
  const checked = ticketOf(ticket, doing);
  const engine = chooseEngine(checked.engine, doing);
  return {
    engine,
    make(wake) {
      const core = engine.adopt(checked, wake);
      if (typeof core === "number") throw ticketFailure(core, checked, doing);
      return core;
    },
  };
}
