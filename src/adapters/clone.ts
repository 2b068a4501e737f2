/**
 * Values as bytes: the values that `postMessage` can clone, as far as bytes can carry them.
 *
 * The runtimes have serializers of their own (`node:v8`). But each has its own format, browsers have none, one is not
 * made for bytes from untrusted senders, and in Deno a small message takes ten times as long as with JSON. So values
 * are JSON, and a value that JSON cannot express is an object with the key `"$"`, its kind:
 *
 * | kind | other keys |
 * | --- | --- |
 * | `undefined` | |
 * | `number`, `bigint`, `date` | `value`, as text: `-0`, `NaN` and the infinities; any; any, or `NaN` |
 * | `box` | `value`: a `Number`, `String`, `Boolean` or `BigInt` object |
 * | `regexp` | `source`, `flags` |
 * | `map`, `set` | `values`: keys and values in turn; the values |
 * | `array` | `length`, `entries`: index, value, … of one with holes |
 * | `object` | `entries`: key, value, … of one that has the key `"$"` itself |
 * | `error` | `name`, `message`, `stack`, and `cause` and `errors` if it has them |
 * | `exception` | `name`, `message`: a `DOMException` |
 * | `buffer` | `at`, `length`, and `max` if it is resizable: an `ArrayBuffer`, and where in the tail its bytes are |
 * | `view` | `name`, `buffer`, `at`, `length`: a typed array or a `DataView` |
 * | `ref` | `to`: the place of an object in the order in which objects begin, from 0; so cycles pass |
 * | `endpoint` | `index`: an endpoint among those that go with the message |
 *
 * If there are buffers, the bytes are: four zero bytes, the length of the JSON as a little-endian `u32`, the JSON, and
 * the tail, which begins, as each buffer in it, at a multiple of eight. Otherwise they are the JSON alone.
 *
 * As with `postMessage`, an object of a class arrives as a plain object of its own properties, and what cannot pass is
 * a `DataCloneError`: functions, symbols, promises, and the like. Here also: shared memory, blobs, streams and all
 * else that only the runtime can clone, and objects of classes with a `Symbol.toStringTag`. Properties of arrays
 * beside their elements do not pass.
 *
 * Reading trusts nothing: bytes in any other form are an error.
 *
 * @module
 */

import { alignUp } from "../port/bytes.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const KIND = "$";

/** Bytes before the JSON, if there is a tail. */
const HEAD = 8;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

type ViewConstructor = new (buffer: ArrayBuffer, at: number, length: number) => ArrayBufferView;

const VIEWS = new Map<string, ViewConstructor>(
  [
    ...["DataView", "Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array"],
    ...["Uint32Array", "Float16Array", "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array"],
  ].flatMap((name) => {
    const view = (globalThis as unknown as Record<string, ViewConstructor | undefined>)[name];
    return view === undefined ? [] : [[name, view]];
  }),
);

const ERRORS = new Map<string, ErrorConstructor>(
  [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((type) => [type.name, type]),
);

/** Writes a value as the payload of a message. Objects of `endpoints` may be in it, and are written as their index. */
export function encode(value: unknown, endpoints: readonly object[]): string | Uint8Array {
  const writer = new Writer(endpoints);
  const text = JSON.stringify(writer.write(value));
  return writer.size === 0 ? text : writer.withTail(text);
}

class Writer {
  /** The length of the tail in bytes. */
  size = 0;
  readonly #endpoints: readonly object[];
  readonly #seen = new Map<object, number>();
  readonly #buffers: ArrayBuffer[] = [];

  constructor(endpoints: readonly object[]) {
    this.#endpoints = endpoints;
  }

  write(value: unknown): Json {
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "number":
        if (Number.isFinite(value) && !Object.is(value, -0)) return value;
        return { [KIND]: "number", value: Object.is(value, -0) ? "-0" : String(value) };
      case "undefined":
        return { [KIND]: "undefined" };
      case "bigint":
        return { [KIND]: "bigint", value: String(value) };
      case "object":
        return value === null ? null : this.#object(value);
      default:
        throw uncloneable(typeof value === "symbol" ? "a symbol" : "a function");
    }
  }

  #object(value: object): Json {
    const index = this.#endpoints.indexOf(value);
    if (index >= 0) return { [KIND]: "endpoint", index };
    const to = this.#seen.get(value);
    if (to !== undefined) return { [KIND]: "ref", to };
    this.#seen.set(value, this.#seen.size);

    if (Array.isArray(value)) return this.#array(value);
    if (ArrayBuffer.isView(value)) return this.#view(value);
    const tag = Object.prototype.toString.call(value).slice("[object ".length, -1);
    switch (tag) {
      case "Object":
      case "Arguments":
        return this.#plain(value as Record<string, unknown>);
      case "Map":
        return { [KIND]: "map", values: this.#list([...value as Map<unknown, unknown>].flat(1)) };
      case "Set":
        return { [KIND]: "set", values: this.#list([...value as Set<unknown>]) };
      case "Date":
        return { [KIND]: "date", value: String((value as Date).getTime()) };
      case "RegExp":
        return { [KIND]: "regexp", source: (value as RegExp).source, flags: (value as RegExp).flags };
      case "Error":
        return this.#error(value as Error);
      case "DOMException":
        return { [KIND]: "exception", name: (value as Error).name, message: (value as Error).message };
      case "ArrayBuffer":
        return this.#buffer(value as ArrayBuffer);
      case "Number":
      case "String":
      case "Boolean":
      case "BigInt":
        return { [KIND]: "box", value: this.write(value.valueOf()) };
      default:
        throw uncloneable(`an object of the kind ${tag}`);
    }
  }

  #list(values: readonly unknown[]): Json[] {
    return values.map((value) => this.write(value));
  }

  #plain(value: Record<string, unknown>): Json {
    const keys = Object.keys(value);
    if (keys.includes(KIND)) {
      return { [KIND]: "object", entries: keys.flatMap((key) => [key, this.write(value[key])]) };
    }
    const written: Record<string, Json> = {};
    for (const key of keys) put(written, key, this.write(value[key]));
    return written;
  }

  #array(value: readonly unknown[]): Json {
    const { length } = value;
    const written: Json[] = [];
    for (let i = 0; i < length; i++) {
      const element = value[i];
      if (element === undefined && !(i in value)) return this.#sparse(value, written);
      written.push(this.write(element));
    }
    return written;
  }

  /** The rest of an array that has a hole where `written` ends. */
  #sparse(value: readonly unknown[], written: readonly Json[]): Json {
    const entries: Json[] = written.flatMap((element, i) => [i, element]);
    for (const key of Object.keys(value)) {
      const i = Number(key);
      if (i >= written.length && String(i) === key) entries.push(i, this.write(value[i]));
    }
    return { [KIND]: "array", length: value.length, entries };
  }

  #error(error: Error & { errors?: unknown }): Json {
    const { name, message, stack } = error;
    const written: Record<string, Json> = { [KIND]: "error", name: `${name}`, message: `${message}` };
    if (typeof stack === "string") written.stack = stack;
    if (Object.hasOwn(error, "cause")) written.cause = this.write(error.cause);
    if (Array.isArray(error.errors)) written.errors = this.write(error.errors);
    return written;
  }

  #buffer(buffer: ArrayBuffer): Json {
    if (buffer.detached) throw uncloneable("a detached ArrayBuffer");
    const { byteLength: length } = buffer;
    const written: Record<string, Json> = { [KIND]: "buffer", at: this.size, length };
    if (buffer.resizable) written.max = buffer.maxByteLength;
    this.#buffers.push(buffer);
    this.size += alignUp(Math.max(length, 1)); // so that there is a tail
    return written;
  }

  #view(view: ArrayBufferView): Json {
    const name = view instanceof DataView ? "DataView" : (view as Uint8Array)[Symbol.toStringTag];
    if (!(view.buffer instanceof ArrayBuffer)) throw uncloneable("shared memory");
    const buffer = this.#object(view.buffer);
    const length = view instanceof DataView ? view.byteLength : (view as Uint8Array).length;
    return { [KIND]: "view", name, buffer, at: view.byteOffset, length };
  }

  withTail(text: string): Uint8Array {
    const json = encoder.encode(text);
    const start = alignUp(HEAD + json.length);
    const bytes = new Uint8Array(start + this.size);
    new DataView(bytes.buffer).setUint32(4, json.length, true);
    bytes.set(json, HEAD);
    let at = start;
    for (const buffer of this.#buffers) {
      bytes.set(new Uint8Array(buffer), at);
      at += alignUp(Math.max(buffer.byteLength, 1));
    }
    return bytes;
  }
}

/**
 * Reads the value in the bytes of a message; `endpoint` returns the endpoints that go with it. Throws a `TypeError` for
 * bytes that {@linkcode encode} does not write.
 */
export function decode(bytes: Uint8Array<ArrayBuffer>, endpoint: (index: number) => unknown): unknown {
  if (bytes.length === 0 || bytes[0] !== 0) {
    return new Reader(bytes.subarray(bytes.length), endpoint).read(JSON.parse(decoder.decode(bytes)));
  }
  check(bytes.length >= HEAD, "its head");
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  check(HEAD + length <= bytes.length, "the length of its text");
  const text = decoder.decode(bytes.subarray(HEAD, HEAD + length));
  return new Reader(bytes.subarray(alignUp(HEAD + length)), endpoint).read(JSON.parse(text));
}

class Reader {
  readonly #tail: Uint8Array<ArrayBuffer>;
  readonly #endpoint: (index: number) => unknown;
  /** The objects, in the order in which they are begun. */
  readonly #begun: unknown[] = [];

  constructor(tail: Uint8Array<ArrayBuffer>, endpoint: (index: number) => unknown) {
    this.#tail = tail;
    this.#endpoint = endpoint;
  }

  /** Makes the value of its JSON; arrays and plain objects are changed in place. */
  read(json: Json | undefined): unknown {
    if (typeof json !== "object" || json === null) return json;
    if (Array.isArray(json)) {
      this.#begun.push(json);
      for (let i = 0; i < json.length; i++) {
        if (typeof json[i] === "object") json[i] = this.read(json[i]) as Json;
      }
      return json;
    }
    if (Object.hasOwn(json, KIND)) return this.#special(json);
    this.#begun.push(json);
    for (const key of Object.keys(json)) {
      if (typeof json[key] === "object") put(json, key, this.read(json[key]) as Json);
    }
    return json;
  }

  #begin<T>(value: T): T {
    this.#begun.push(value);
    return value;
  }

  #special(json: Record<string, Json>): unknown {
    switch (json[KIND]) {
      case "undefined":
        return undefined;
      case "number":
        return Number(textOf(json.value));
      case "bigint":
        return BigInt(textOf(json.value));
      case "endpoint":
        return this.#endpoint(countOf(json.index));
      case "ref": {
        const to = countOf(json.to);
        check(to < this.#begun.length, "a reference");
        return this.#begun[to];
      }
      case "box":
        return this.#later(() => Object(this.read(json.value)));
      case "date":
        return this.#begin(new Date(Number(textOf(json.value))));
      case "regexp":
        return this.#begin(new RegExp(textOf(json.source), textOf(json.flags)));
      case "map": {
        const map = this.#begin(new Map());
        this.#pairs(json.values, (key, value) => map.set(this.read(key), this.read(value)));
        return map;
      }
      case "set": {
        const set = this.#begin(new Set());
        for (const value of listOf(json.values)) set.add(this.read(value));
        return set;
      }
      case "array": {
        const length = countOf(json.length);
        check(length < 2 ** 32, "the length of an array");
        const array: unknown[] = this.#begin([]);
        array.length = length;
        this.#pairs(json.entries, (key, value) => array[countOf(key)] = this.read(value));
        check(array.length === length, "an index");
        return array;
      }
      case "object": {
        const object: Record<string, unknown> = this.#begin({});
        this.#pairs(json.entries, (key, value) => put(object, textOf(key), this.read(value)));
        return object;
      }
      case "error":
        return this.#error(json);
      case "exception":
        return this.#begin(new DOMException(textOf(json.message), textOf(json.name)));
      case "buffer":
        return this.#begin(this.#buffer(countOf(json.at), countOf(json.length), json.max));
      case "view":
        return this.#later(() => this.#view(json));
      default:
        throw malformed("what kind of value it has");
    }
  }

  /** Begins an object that can be made only after those in it. */
  #later<T>(make: () => T): T {
    const at = this.#begun.push(undefined) - 1;
    const value = make();
    this.#begun[at] = value;
    return value;
  }

  #pairs(json: Json | undefined, each: (key: Json | undefined, value: Json | undefined) => void): void {
    const list = listOf(json);
    check(list.length % 2 === 0, "a list of pairs");
    for (let i = 0; i < list.length; i += 2) each(list[i], list[i + 1]);
  }

  #error(json: Record<string, Json>): Error {
    const name = textOf(json.name), message = textOf(json.message);
    const error = this.#begin(
      json.errors === undefined ? new (ERRORS.get(name) ?? Error)(message) : aggregate(message),
    );
    if (error.name !== name) hide(error, "name", name);
    if (json.stack !== undefined) hide(error, "stack", textOf(json.stack));
    if (json.cause !== undefined) hide(error, "cause", this.read(json.cause));
    if (json.errors !== undefined) hide(error, "errors", this.read(json.errors));
    return error;
  }

  #buffer(at: number, length: number, max: Json | undefined): ArrayBuffer {
    check(at + length <= this.#tail.length, "where a buffer is");
    const bytes = this.#tail.subarray(at, at + length);
    if (max === undefined) return bytes.slice().buffer;
    const maxByteLength = countOf(max);
    check(maxByteLength >= length, "the most that a buffer can hold");
    const buffer = new ArrayBuffer(length, { maxByteLength });
    new Uint8Array(buffer).set(bytes);
    return buffer;
  }

  #view(json: Record<string, Json>): ArrayBufferView {
    const view = VIEWS.get(textOf(json.name));
    const buffer = this.read(json.buffer);
    if (view === undefined || !(buffer instanceof ArrayBuffer)) throw malformed("a view");
    return new view(buffer, countOf(json.at), countOf(json.length));
  }
}

/** Sets a property, whatever its name is. */
function put<T>(object: Record<string, T>, key: string, value: T): void {
  if (key !== "__proto__") object[key] = value;
  else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

function hide(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, configurable: true });
}

function aggregate(message: string): Error {
  return new AggregateError([], message);
}

function uncloneable(what: string): DOMException {
  return new DOMException(`${what} cannot be sent over bus1, which carries bytes`, "DataCloneError");
}

function malformed(what: string): TypeError {
  return new TypeError(`the message is not of the adapter's making: ${what} is wrong`);
}

function check(holds: boolean, what: string): void {
  if (!holds) throw malformed(what);
}

function textOf(json: Json | undefined): string {
  if (typeof json !== "string") throw malformed("a text");
  return json;
}

function countOf(json: Json | undefined): number {
  if (!Number.isSafeInteger(json) || json as number < 0) throw malformed("a number");
  return json as number;
}

function listOf(json: Json | undefined): Json[] {
  if (!Array.isArray(json)) throw malformed("a list");
  return json;
}
