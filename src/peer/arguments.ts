/**
 * What callers pass, checked: everything that is not of the right class is a `TypeError`, before anything else is
 * looked at. Each value is read once, so that a getter or a proxy cannot answer twice.
 *
 * @module
 */

import { NOBODY } from "../port/abi.ts";
import type { AccountOptions, Id, QueueLimits } from "../port/engine.ts";
import { nameOf, quote } from "../port/errors.ts";
import { type Handle, handleId, isHandle } from "./handle.ts";
import { type Node, nodeId } from "./node.ts";
import type { PeerOptions, SendOptions } from "./options.ts";
import type { Peer } from "./peer.ts";
import type { Trace } from "../port/trace.ts";

/** The options of a call, which may be left out. */
export function optionsOf<T extends object>(options: T | undefined, doing: string): Partial<T> {
  if (options === undefined) return {};
  if (typeof options === "object" && options !== null) return options;
  throw new TypeError(`${doing}: the options must be an object, not ${nameOf(options)}`);
}

/** The destinations of a message: one handle, or an array of them. */
export function destinationsOf(to: Handle | readonly Handle[], doing: string): readonly Handle[] {
  return isHandle(to) ? [to] : arrayOf(to, doing);
}

/** The handles that go with a message; the option may be left out. */
export function transfersOf(options: SendOptions | undefined, doing: string): readonly Handle[] {
  const { handles } = optionsOf(options, doing);
  return handles === undefined ? [] : arrayOf(handles, doing);
}

/** The ids of handles on `peer`; `0` for another peer's. */
export function handleIds(handles: readonly Handle[], peer: Peer, doing: string): Id[] {
  return handles.map((handle) => handleId(handle, peer, doing));
}

/** The ids of nodes and handles on `peer`; `0` for another peer's. */
export function objectIds(objects: readonly (Node | Handle)[], peer: Peer, doing: string): Id[] {
  return objects.map((object) => isHandle(object) ? handleId(object, peer, doing) : nodeId(object, peer, doing));
}

/** The signal of a call that waits; it may be left out. */
export function signalOf(options: { signal?: AbortSignal } | undefined, doing: string): AbortSignal | undefined {
  const { signal } = optionsOf(options, doing);
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  throw new TypeError(`${doing}: the signal must be an AbortSignal, not ${nameOf(signal)}`);
}

/** Who pays; may be left out. */
export function accountOf({ account }: PeerOptions, doing: string): AccountOptions | undefined {
  if (account === undefined) return undefined;
  const { user, objects, bytes } = optionsOf(account, `${doing}: account`);
  if (!(Number.isInteger(user) && user! >= 0 && user! < NOBODY)) {
    throw new TypeError(`${doing}: the user must be a whole number from 0 to ${NOBODY - 1}, not ${quote(user)}`);
  }
  return { user: user!, objects: limitOf(objects, "objects", doing), bytes: limitOf(bytes, "bytes", doing) };
}

/** A name, well-formed as it travels; `null` if it is left out, or empty. */
export function calledOf(name: string | undefined, doing: string): string | null {
  if (name === undefined) return null;
  if (typeof name !== "string") throw new TypeError(`${doing}: the name must be a string, not ${nameOf(name)}`);
  return name.toWellFormed() || null;
}

/** Who is told of what a peer does; may be left out. */
export function traceOf({ trace }: { trace?: Trace }, doing: string): Trace | undefined {
  if (trace === undefined || typeof trace === "function") return trace;
  throw new TypeError(`${doing}: the trace must be a function, not ${nameOf(trace)}`);
}

/** How much may wait; may be left out. */
export function maxQueuedOf({ maxQueued }: PeerOptions, doing: string): QueueLimits | undefined {
  if (maxQueued === undefined) return undefined;
  const { messages, bytes } = optionsOf(maxQueued, `${doing}: maxQueued`);
  return { messages: limitOf(messages, "messages", doing), bytes: limitOf(bytes, "bytes", doing) };
}

function limitOf(value: number | undefined, what: string, doing: string): number | undefined {
  if (value === undefined || value === Infinity || Number.isSafeInteger(value) && value >= 0) return value;
  throw new TypeError(`${doing}: the limit of ${what} must be a whole number from 0 on, not ${quote(value)}`);
}

function arrayOf(value: readonly Handle[], doing: string): readonly Handle[] {
  if (Array.isArray(value)) return Array.from(value as readonly Handle[]);
  throw new TypeError(`${doing}: expected handles in an array, not ${nameOf(value)}`);
}
