/**
 * A scenario in the hash of an address: `#1` and then the actions, as bytes in base64url.
 *
 * ```text
 * bytes   = count action* check      count: a varint; check: two bytes over all before them
 * action  = varint(peer * 9 + kind)  and what that kind needs: varints, and text as its length and UTF-8
 * ```
 *
 * Rules:
 * - The first character is the version. Another version is refused in words, so that the format can change.
 * - Decoding checks the form, the size, and the work that a scenario makes. A broken or hostile hash is a
 *   {@linkcode Problem}; it is never thrown, run, or put into a page as anything but text.
 * - One scenario has one hash: what decodes encodes to the same hash.
 *
 * @module
 */

import { type Action, checkAction, LIMITS, type Ref, type Sending, type Step, workOf } from "./action.ts";
import { at } from "./list.ts";

/** Why a hash is not a scenario, in words. */
interface Problem {
  readonly problem: string;
}

/** The format that {@linkcode encode} writes. */
const VERSION = "1";

/** No scenario within the limits is longer. */
const MAX_LENGTH = 60_000;

const KINDS = ["open", "node", "send", "copy", "transaction", "release", "receive", "receive-all", "close"] as const;

/** Returns the hash of a scenario, without the `#`. */
export function encode(actions: readonly Action[]): string {
  const bytes: number[] = [];
  varint(bytes, actions.length);
  let opened = 0;
  for (const action of actions) {
    const kind = action.do === "receive" && action.all ? "receive-all" : action.do;
    varint(bytes, ("peer" in action ? action.peer : opened) * KINDS.length + KINDS.indexOf(kind));
    switch (action.do) {
      case "open":
        opened++;
        putText(bytes, action.name);
        break;
      case "node":
        varint(bytes, action.for);
        break;
      case "send":
        putSending(bytes, action);
        break;
      case "copy":
        varint(bytes, action.handle);
        varint(bytes, action.for);
        break;
      case "transaction":
        varint(bytes, action.steps.length);
        for (const step of action.steps) putStep(bytes, step);
        break;
      case "release":
        varint(bytes, action.objects.length);
        for (const object of action.objects) putRef(bytes, object);
    }
  }
  const check = checksum(bytes);
  bytes.push(check >> 8, check & 255);
  return VERSION + toBase64(bytes);
}

/** Returns the scenario of a hash (without the `#`), or what is wrong with it. */
export function decode(hash: string): Action[] | Problem {
  if (hash[0] !== VERSION) {
    return { problem: "This link is of another version of the playground, or of another page." };
  }
  if (hash.length > MAX_LENGTH) return { problem: "This link is longer than any scenario." };
  const bytes = fromBase64(hash.slice(1));
  if (bytes === null) return { problem: "This link is damaged: it has characters that no link has." };
  const body = bytes.subarray(0, -2);
  const [high = 0, low = 0] = bytes.subarray(-2);
  if (body.length === 0 || checksum(body) !== high * 256 + low) {
    return { problem: "This link is damaged: a part of it is missing, or was changed." };
  }
  try {
    return new Reader(body).actions();
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { problem: `This link is not a scenario: ${error.message}.` };
  }
}

class Malformed extends Error {}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  actions(): Action[] {
    const count = this.#number(LIMITS.actions, "it has too many actions");
    const actions: Action[] = [];
    let opened = 0;
    let work = 0;
    while (actions.length < count) {
      const action = this.#action(opened);
      const wrong = checkAction(action);
      if (wrong !== null) throw new Malformed(wrong);
      if (action.do === "open" && ++opened > LIMITS.peers) throw new Malformed("it has too many peers");
      work += workOf(action);
      if (work > LIMITS.work) throw new Malformed("it makes more messages than a board can show");
      actions.push(action);
    }
    if (this.#at !== this.#bytes.length) throw new Malformed("it does not end where it should");
    return actions;
  }

  #action(opened: number): Action {
    const head = this.#number();
    const kind = at(KINDS, head % KINDS.length);
    const peer = Math.floor(head / KINDS.length);
    if (peer >= opened && !(kind === "open" && peer === opened)) {
      throw new Malformed("it names a peer that is not there");
    }
    switch (kind) {
      case "open":
        return { do: kind, name: this.#text() };
      case "node":
        return { do: kind, peer, for: this.#number() };
      case "send":
        return { do: kind, peer, ...this.#sending() };
      case "copy":
        return { do: kind, peer, handle: this.#number(), for: this.#number() };
      case "transaction":
        return { do: kind, peer, steps: this.#list(() => this.#step()) };
      case "release":
        return { do: kind, peer, objects: this.#list(() => this.#ref()) };
      case "receive":
        return { do: kind, peer, all: false };
      case "receive-all":
        return { do: "receive", peer, all: true };
      case "close":
        return { do: kind, peer };
    }
  }

  #sending(): Sending {
    return {
      to: this.#list(() => this.#number()),
      text: this.#text(),
      gives: this.#list(() => this.#number()),
    };
  }

  #step(): Step {
    const head = this.#number();
    return head === 0 ? this.#sending() : { release: refOf(head - 1) };
  }

  #ref(): Ref {
    return refOf(this.#number());
  }

  #list<T>(item: () => T): T[] {
    const length = this.#number(LIMITS.named, "an action names too much");
    return Array.from({ length }, item);
  }

  #text(): string {
    const length = this.#number(LIMITS.text * 3, "a text is too long");
    const part = this.#bytes.subarray(this.#at, this.#at + length);
    if (part.length < length) throw new Malformed("it ends too early");
    this.#at += length;
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(part);
    } catch {
      throw new Malformed("a text is not UTF-8");
    }
  }

  /** A varint of at most three bytes, in its shortest form. */
  #number(most = 2 ** 21 - 1, tooMuch = "a number is too large"): number {
    let value = 0;
    for (let shift = 0; shift < 21; shift += 7) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new Malformed("it ends too early");
      value |= (byte & 127) << shift;
      if (byte >= 128) continue;
      if (byte === 0 && shift > 0) throw new Malformed("a number is not in its shortest form");
      if (value > most) throw new Malformed(tooMuch);
      return value;
    }
    throw new Malformed(tooMuch);
  }
}

function refOf(value: number): Ref {
  return value % 2 === 0 ? { handle: value / 2 } : { node: (value - 1) / 2 };
}

function refNumber(ref: Ref): number {
  return "handle" in ref ? ref.handle * 2 : ref.node * 2 + 1;
}

function putRef(bytes: number[], ref: Ref): void {
  varint(bytes, refNumber(ref));
}

function putStep(bytes: number[], step: Step): void {
  if ("release" in step) return varint(bytes, refNumber(step.release) + 1);
  varint(bytes, 0);
  putSending(bytes, step);
}

function putSending(bytes: number[], { to, text, gives }: Sending): void {
  varint(bytes, to.length);
  for (const handle of to) varint(bytes, handle);
  putText(bytes, text);
  varint(bytes, gives.length);
  for (const handle of gives) varint(bytes, handle);
}

function putText(bytes: number[], text: string): void {
  const encoded = new TextEncoder().encode(text);
  varint(bytes, encoded.length);
  bytes.push(...encoded);
}

function varint(bytes: number[], value: number): void {
  while (value >= 128) {
    bytes.push(value & 127 | 128);
    value >>= 7;
  }
  bytes.push(value);
}

/** Returns a checksum that shows when a link was cut or mistyped; it does not prevent forged links. */
function checksum(bytes: Iterable<number>): number {
  let sum = 1;
  let sums = 0;
  for (const byte of bytes) {
    sum = (sum + byte) % 251;
    sums = (sums + sum) % 251;
  }
  return sums * 256 + sum;
}

function toBase64(bytes: readonly number[]): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64(text: string): Uint8Array | null {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return null;
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  // The bits that no byte uses must be 0: else two hashes were one scenario.
  return toBase64([...bytes]) === text ? bytes : null;
}
