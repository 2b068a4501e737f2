/**
 * The part of Comlink's protocol that an endpoint needs to reply in the place of a side that is gone.
 *
 * A request has an id and one of six types; the reply has the same id, and a value as Comlink puts it on the wire.
 *
 * @module
 */

import { BusError } from "../port/errors.ts";

/** A call, or another request that Comlink treats as one. */
export interface Request {
  readonly id: string;
  readonly type: "GET" | "SET" | "APPLY" | "CONSTRUCT" | "ENDPOINT" | "RELEASE";
}

/** The reply to a request. */
export interface Reply {
  readonly id: string;
  readonly type: "RAW" | "HANDLER";
  readonly name?: string;
  readonly value?: unknown;
}

/** The type of the request with which a proxy releases its object. */
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
 * Returns the reply to a call that failed without the other side. With `mustClone` the reply is forwarded, so the error
 * is sent as plain data; otherwise the caller gets the error itself.
 *
 * A program cannot await the result of setting a property or of a release, and an unhandled rejection would end the
 * process. So these succeed.
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
