/**
 * Checks what callers pass: a value of the wrong kind is a `TypeError`, before anything else is examined. Each value is read
 * once, so that a getter or a proxy cannot return two different values.
 *
 * @module
 */

import { NO_USER } from "../port/abi.ts";
import type { AccountOptions, Id, QueueLimits } from "../port/engine.ts";
import { nameOf, quote } from "../port/errors.ts";
import { isBusObject } from "./looking/printing.ts";
import type { Trace } from "../port/trace.ts";

/** The names of all options of a call: a name that is missing or superfluous does not compile. */
export type OptionNames<T> = { readonly [Name in keyof Required<T>]: true };

/** Checks the options of a call, which may be omitted: an option with another name is a `TypeError` that names it. */
export function optionsOf<T extends object>(
  options: T | undefined,
  names: OptionNames<T>,
  doing: string,
): Partial<T> {
  if (options === undefined) return {};
  if (typeof options !== "object" || options === null) throw notOptions(options, doing);
  let isEmpty = true;
  for (const name in options) {
    isEmpty = false;
    if (names[name] !== true) throw unknownOption(name, names, doing);
  }
  // A `Handle` in place of options, for example, would otherwise be ignored.
  if (isEmpty && isBusObject(options)) throw notOptions(options, doing);
  return options;
}

function notOptions(value: unknown, doing: string): TypeError {
  return new TypeError(`${doing}: the options must be an object with options, not ${nameOf(value)}`);
}

function unknownOption(name: string, names: object, doing: string): TypeError {
  const known = Object.keys(names).join(", ");
  return new TypeError(`${doing}: unknown option ${quote(name)}; the options are: ${known}`);
}

/** Checks the `signal` of a call that waits; it may be omitted. */
export function signalOf(signal: AbortSignal | undefined, doing: string): AbortSignal | undefined {
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  throw new TypeError(`${doing}: the signal must be an AbortSignal, not ${nameOf(signal)}`);
}

const ACCOUNT: OptionNames<AccountOptions> = { user: true, objects: true, bytes: true };

/** Checks the account to charge; it may be omitted. */
export function accountOf(account: AccountOptions | undefined, doing: string): AccountOptions | undefined {
  if (account === undefined) return undefined;
  const { user, objects, bytes } = optionsOf(account, ACCOUNT, `${doing}: account`);
  if (user === undefined || !(Number.isInteger(user) && user >= 0 && user < NO_USER)) {
    throw new TypeError(`${doing}: the user must be a whole number from 0 to ${NO_USER - 1}, not ${quote(user)}`);
  }
  return { user, objects: limitOf(objects, "objects", doing), bytes: limitOf(bytes, "bytes", doing) };
}

const QUEUE: OptionNames<QueueLimits> = { messages: true, bytes: true };

/** Checks the limits of a queue; they may be omitted. */
export function maxQueuedOf(maxQueued: QueueLimits | undefined, doing: string): QueueLimits | undefined {
  if (maxQueued === undefined) return undefined;
  const { messages, bytes } = optionsOf(maxQueued, QUEUE, `${doing}: maxQueued`);
  return { messages: limitOf(messages, "messages", doing), bytes: limitOf(bytes, "bytes", doing) };
}

function limitOf(value: number | undefined, what: string, doing: string): number | undefined {
  if (value === undefined || value === Infinity || Number.isSafeInteger(value) && value >= 0) return value;
  throw new TypeError(`${doing}: the limit of ${what} must be a whole number from 0 on, not ${quote(value)}`);
}

/** Checks a name, and makes it well-formed; `null` if it is omitted or empty. */
export function givenName(name: string | undefined, doing: string): string | null {
  if (name === undefined) return null;
  if (typeof name !== "string") throw new TypeError(`${doing}: the name must be a string, not ${nameOf(name)}`);
  return name.toWellFormed() || null;
}

/** Checks the trace of a peer; it may be omitted. */
export function traceOf(trace: Trace | undefined, doing: string): Trace | undefined {
  if (trace === undefined || typeof trace === "function") return trace;
  throw new TypeError(`${doing}: the trace must be a function, not ${nameOf(trace)}`);
}

/** Checks an id: a bigint, or a safe integer. Returns `0`, which is never an id, for a bigint that is too large. */
export function idOf(id: bigint | number, doing: string): Id {
  if (typeof id === "number" && Number.isSafeInteger(id)) return id;
  if (typeof id === "bigint") return id > 0n && id <= Number.MAX_SAFE_INTEGER ? Number(id) : 0;
  throw new TypeError(`${doing}: the id must be a bigint or a safe integer, not ${quote(id)}`);
}

/** Checks a time in milliseconds. */
export function timeoutOf(timeout: number | undefined = Infinity, doing: string): number {
  if (typeof timeout === "number" && timeout >= 0) return timeout;
  throw new TypeError(`${doing}: the timeout must be a number of milliseconds from 0 on, not ${quote(timeout)}`);
}
