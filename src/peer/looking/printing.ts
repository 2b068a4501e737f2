/**
 * How objects print: `console.log` of Deno, Bun and Node.js asks them by two symbols. Printing never throws, whatever has
 * become of an object, and receives nothing.
 *
 * @module
 */

import type { Peer } from "../peer.ts";

/** What comes first, and what the object has; nothing more than the first, if that says all. */
export type Shown = [head: string, fields?: Record<string, unknown>];

interface Options {
  depth?: number | null;
}

type Inspect = (value: unknown, options?: Options) => string;

/** Lets the objects of a class print as `show` says. */
export function printsAs<T extends object>(Class: { readonly prototype: T }, show: (object: T) => Shown): void {
  const print = (object: T, inspect: Inspect | undefined, options: Options = {}): string => {
    try {
      const [head, fields] = show(object);
      if (fields === undefined || inspect === undefined) return head;
      const { depth } = options;
      if (typeof depth === "number" && depth < 0) return `[${head}]`;
      return `${head} ${inspect(fields, options)}`;
    } catch {
      return Object.prototype.toString.call(object); // a prototype, which has nothing of its own
    }
  };
  const define = (name: string, value: (this: T, ...args: never[]) => string) =>
    Object.defineProperty(Class.prototype, Symbol.for(name), { value, configurable: true, writable: true });
  define("Deno.customInspect", function (inspect: Inspect, options?: Options) {
    // The others count by themselves how deep they are; here each passes on one less.
    const { depth } = options ?? {};
    return print(this, inspect, typeof depth === "number" ? { ...options, depth: depth - 1 } : options);
  });
  define("nodejs.util.inspect.custom", function (depth: number, options?: Options, inspect?: Inspect) {
    return print(this, inspect, { ...options, depth });
  });
}

let title: (peer: Peer) => string;

/** Says how {@linkcode titleOf} finds the title of a peer. */
export function titlesBy(find: (peer: Peer) => string): void {
  title = find;
}

/** `Peer "server"`, or by its number `Peer 2`. */
export function titleOf(peer: Peer): string {
  return title(peer);
}

/** Whether `look` finds something: it throws for what is gone. */
export function isThere(look: () => unknown): boolean {
  try {
    look();
    return true;
  } catch {
    return false;
  }
}

const SHOWN_TEXT = 200;

/** Bytes: as text, if they are some that can be read. */
export function shownBytes(bytes: Uint8Array): Record<string, unknown> {
  if (bytes.length === 0) return { bytes };
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, SHOWN_TEXT));
    if (/(?![\t\n\r])\p{Cc}/u.test(text)) return { bytes };
    return { text: bytes.length > SHOWN_TEXT ? `${text}…` : text, length: bytes.length };
  } catch {
    return { bytes };
  }
}
