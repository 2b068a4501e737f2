/**
 * How objects print: `console.log` of Deno, Bun and Node.js calls two methods that are named by symbols. Printing never
 * throws, whatever the state of an object, and receives nothing.
 *
 * @module
 */

/** A heading and optional fields. */
export type Shown = [head: string, fields?: Record<string, unknown>];

interface Options {
  depth?: number | null;
}

type Inspect = (value: unknown, options?: Options) => string;

const prototypes = new WeakSet<object>();

/** Lets the objects of a class print as `show` says. */
export function printsAs<T extends object>(Class: { readonly prototype: T }, show: (object: T) => Shown): void {
  prototypes.add(Class.prototype);
  const print = (object: T, inspect: Inspect | undefined, options: Options = {}): string => {
    try {
      const [head, fields] = show(object);
      if (fields === undefined || inspect === undefined) return head;
      const { depth } = options;
      if (typeof depth === "number" && depth < 0) return `[${head}]`;
      return `${head} ${inspect(fields, options)}`;
    } catch {
      return Object.prototype.toString.call(object); // a prototype, which has no private fields
    }
  };
  const define = (name: string, value: (this: T, ...args: never[]) => string) =>
    Object.defineProperty(Class.prototype, Symbol.for(name), { value, configurable: true, writable: true });
  define("Deno.customInspect", function (inspect: Inspect, options?: Options) {
    // Bun and Node.js count the depth themselves; for Deno each level passes on one less.
    const { depth } = options ?? {};
    return print(this, inspect, typeof depth === "number" ? { ...options, depth: depth - 1 } : options);
  });
  define("nodejs.util.inspect.custom", function (depth: number, options?: Options, inspect?: Inspect) {
    return print(this, inspect, { ...options, depth });
  });
}

/** Returns whether `value` is an object of the bus, such as a `Peer` or a `Handle`. */
export function isBusObject(value: object): boolean {
  return prototypes.has(Object.getPrototypeOf(value));
}

let title: (peer: object) => string;

/** Says how {@linkcode titleOf} finds the title of a peer. */
export function titlesBy<P extends object>(find: (peer: P) => string): void {
  title = find as (peer: object) => string;
}

/** Returns `Peer "server"`, or with its number `Peer 2`. */
export function titleOf(peer: object): string {
  return title(peer);
}

/** Returns whether `find` finds an object: it throws for one that does not exist any more. */
export function exists(find: () => unknown): boolean {
  try {
    find();
    return true;
  } catch {
    return false;
  }
}

const SHOWN_TEXT = 200;

/** Returns the fields that show bytes: as text, if they are readable text. */
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
