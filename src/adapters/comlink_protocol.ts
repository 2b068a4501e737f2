/**
 * As much of Comlink's protocol as an endpoint must know that answers in the place of one who is gone.
 *
 * A request has an id and one of six types; the reply has the same id, and a value as Comlink puts it on the wire.
 *
 * @module
 */

import { BusError } from "../port/errors.ts";

/** A call, or one of what Comlink treats alike. */
export interface Request {
  readonly id: string;
  readonly type: "GET" | "SET" | "APPLY" | "CONSTRUCT" | "ENDPOINT" | "RELEASE";
}

/** What comes back. */
export interface Reply {
  readonly id: string;
  readonly type: "RAW" | "HANDLER";
  readonly name?: string;
  readonly value?: unknown;
}

/** The type of the request with which a proxy lets go of what it is for. */
export const RELEASE = "RELEASE";

const REQUESTS: ReadonlySet<unknown> = new Set(["GET", "SET", "APPLY", "CONSTRUCT", "ENDPOINT", RELEASE]);
const REPLIES: ReadonlySet<unknown> = new Set(["RAW", "HANDLER"]);

export function isRequest(message: unknown): message is Request {
  return isOf(message, REQUESTS);
}

export function isReply(message: unknown): message is Reply {
  return isOf(message, REPLIES);
}

function isOf(message: unknown, types: ReadonlySet<unknown>): boolean {
  if (typeof message !== "object" || message === null) return false;
  const { id, type } = message as Partial<Request>;
  return typeof id === "string" && types.has(type);
}

/**
 * The reply of a call that failed without the other side. `mustClone`: whether it goes on to where an object arrives as a
 * copy; otherwise the caller gets the error itself.
 *
 * Nobody can await what comes of setting a property or of a release, and a rejection that nobody awaits ends the process:
 * these are told that it is done.
 */
export function failureOf({ id, type }: { id: string; type?: string }, error: unknown, mustClone: boolean): Reply {
  if (type === "SET" || type === RELEASE) return { id, type: "RAW", value: undefined };
  const value = mustClone ? { isError: true, value: partsOf(error) } : { isError: false, value: error };
  return { id, type: "HANDLER", name: "throw", value };
}

function partsOf(error: unknown): object {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return error instanceof BusError
    ? { name, message, stack, code: error.code, errno: error.errno }
    : { name, message, stack };
}
