/**
 * How the Comlink adapter writes values: they arrive as `structuredClone` copies them, values that cannot pass are
 * refused, and wrong bytes only throw.
 */

import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "@std/assert";
import { decode, encode } from "../../src/adapters/clone.ts";
import { test } from "../support/harness.ts";
import { random } from "../support/random.ts";
import { firstSeed, timesOf } from "../support/durations.ts";

function bytesOf(data: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return typeof data === "string" ? new TextEncoder().encode(data) : new Uint8Array(data);
}

// deno-lint-ignore no-explicit-any -- a copy has the type of the value
function copy(value: unknown, endpoints: object[] = []): any {
  return decode(bytesOf(encode(value, endpoints)), (index) => endpoints[index]);
}

const values: Record<string, unknown> = {
  "text": ["", "plain", "ümläut €", '\u0000\u2028"\\', "\ud800 alone", "𝄞"],
  "numbers": [0, -0, 1.5, NaN, Infinity, -Infinity, Number.MAX_SAFE_INTEGER, 5e-324],
  "bigint": [0n, -1n, 2n ** 100n],
  "nothing": [null, undefined, { a: undefined, b: null }],
  "booleans": [true, false],
  "dates": [new Date(0), new Date(-1), new Date(NaN)],
  "expressions": [/a/, /[\/"]/giu],
  "maps": new Map<unknown, unknown>([[1, "one"], [{ key: 1 }, new Map([["inner", new Set([1, "2", null])]])]]),
  "boxes": [Object(1), Object("text"), Object(false), Object(7n)],
  "an array with holes": [[1, , 3], [, ,], Object.assign([], { length: 5 })],
  "keys": { "$": "kind", nested: { "$": { "$": 1 } }, "": 1, "2": 2, "1": 1, toJSON: "no function" },
  "a __proto__ of its own": JSON.parse('{"__proto__":{"polluted":true},"a":[{"__proto__":1,"$":2}]}'),
  "a class": new class {
    own = 1;
    get inherited() {
      return 2;
    }
  }(),
  "no prototype": Object.assign(Object.create(null), { a: 1 }),
  "buffers": [new ArrayBuffer(0), new ArrayBuffer(3), new Uint8Array([1, 2, 3]).buffer],
  "views": [
    ...[new Uint8Array([1, 2, 3]), new Uint8ClampedArray([300]), new Int16Array([-1]), new Float64Array([1.5, NaN])],
    ...[new BigInt64Array([-1n]), new Uint8Array(0), new DataView(new ArrayBuffer(4), 1, 2)],
    new Uint8Array([1, 2, 3, 4, 5]).subarray(1, 3),
  ],
};

for (const [what, value] of Object.entries(values)) {
  test(`clone: ${what}`, () => assertEquals(copy(value), structuredClone(value)));
}

test("clone: cycles, and one object at two places", () => {
  const shared = { n: 1 }, buffer = new ArrayBuffer(8);
  const value: Record<string, unknown> = { one: shared, two: [shared], map: new Map(), views: [] };
  value.self = value;
  (value.map as Map<unknown, unknown>).set(value, value.map);
  value.views = [new Uint8Array(buffer, 1, 2), new Uint8Array(buffer), buffer];
  const error = new Error("x");
  error.cause = { error, value };
  value.error = error;
  const came = copy(value);
  assertStrictEquals(came.self, came);
  assertStrictEquals(came.two[0], came.one);
  assertStrictEquals(came.map.get(came), came.map);
  assertStrictEquals(came.views[0].buffer, came.views[2]);
  assertStrictEquals(came.views[1].buffer, came.views[2]);
  assertEquals([came.views[0].byteOffset, came.views[0].length], [1, 2]);
  assertStrictEquals(came.error.cause.error, came.error);
  assertStrictEquals(came.error.cause.value, came);
});

test("clone: errors keep class, name, message, stack, cause and errors", () => {
  const error = new RangeError("too far", { cause: new TypeError("because") });
  const came = copy(error);
  assertInstanceOf(came, RangeError);
  assertInstanceOf(came.cause, TypeError);
  assertEquals([came.message, came.stack, came.cause.message], [error.message, error.stack, "because"]);
  const custom = copy(Object.assign(new Error("x"), { name: "CustomError" }));
  assertEquals([custom.name, custom.message, Object.keys(custom)], ["CustomError", "x", []]);
  const many = copy(new AggregateError([new Error("one")], "many"));
  assertInstanceOf(many, AggregateError);
  assertEquals(many.errors[0].message, "one");
  const exception = copy(new DOMException("stop", "AbortError"));
  assertInstanceOf(exception, DOMException);
  assertEquals([exception.name, exception.message], ["AbortError", "stop"]);
});

test("clone: a resizable buffer stays one", () => {
  const buffer = new ArrayBuffer(2, { maxByteLength: 8 });
  const came = copy(buffer);
  assertEquals([came.byteLength, came.resizable, came.maxByteLength], [2, true, 8]);
});

test("clone: a copy is the receiver's own", () => {
  const bytes = new Uint8Array([1, 2, 3]);
  const message = bytesOf(encode(bytes, []));
  const came = decode(message, () => null) as Uint8Array;
  message.fill(255);
  bytes.fill(9);
  assertEquals([...came], [1, 2, 3]);
});

test("clone: endpoints pass as their replacement, and only if they are on the list", () => {
  const endpoint = new EventTarget();
  assertStrictEquals(copy({ a: [endpoint] }, [endpoint]).a[0], endpoint);
  assertThrows(() => encode({ endpoint }, []), DOMException, "EventTarget");
});

const uncloneable: Record<string, unknown> = {
  "a function": () => {},
  "a symbol": Symbol("s"),
  "a promise": Promise.resolve(),
  "a WeakMap": new WeakMap(),
  "shared memory": new SharedArrayBuffer(1),
  "a view on shared memory": new Uint8Array(new SharedArrayBuffer(1)),
  "a blob": new Blob([]),
  "an EventTarget": new EventTarget(),
  "a generator": (function* () {})(),
  "a detached buffer": (() => {
    const buffer = new ArrayBuffer(1);
    structuredClone(buffer, { transfer: [buffer] });
    return buffer;
  })(),
};

for (const [what, value] of Object.entries(uncloneable)) {
  test(`clone: ${what} is a DataCloneError, wherever it is`, () => {
    for (const holder of [value, [value], { deep: { value } }, new Map([[1, value]]), new Set([value])]) {
      assertEquals(assertThrows(() => encode(holder, []), DOMException).name, "DataCloneError");
    }
  });
}

/** Any value that `structuredClone` takes, but for class instances and the like. */
const anything = fc.anything({
  ...{ withBigInt: true, withDate: true, withMap: true, withSet: true, withSparseArray: true, withTypedArray: true },
  ...{ withNullPrototype: true, withBoxedValues: true, withUnicodeString: true, maxDepth: 4 },
  key: fc.oneof(fc.string(), fc.constantFrom("$", "__proto__", "constructor", "1")),
});

test("clone: every value arrives as structuredClone copies it", () => {
  const holds = (value: unknown) => {
    const expected = structuredClone(value);
    fc.pre(isDeepStrictEqual(structuredClone(value), expected)); // Bun compares boxes as the keys of a map by identity
    assertEquals(copy(value), expected);
  };
  fc.assert(fc.property(anything, holds), { seed: firstSeed(), numRuns: timesOf(2000) });
}, { timeout: timesOf(60_000) });

test("clone: wrong bytes throw, and do nothing else", () => {
  const pick = random(firstSeed());
  const messages = fc.sample(anything, { numRuns: 200, seed: firstSeed() }).map((value) => bytesOf(encode(value, [])));
  let refused = 0;
  for (let i = timesOf(20_000); i > 0; i--) {
    const bytes = messages[pick(messages.length)].slice(0, pick(4) === 0 ? pick(64) : undefined);
    for (let n = 1 + pick(3); n > 0; n--) bytes[pick(bytes.length || 1)] = pick(256);
    try {
      decode(bytes, () => null);
    } catch (error) {
      assertInstanceOf(error, Error);
      refused++;
    }
  }
  assert(refused > 1000, `${refused} were refused`);
}, { timeout: timesOf(60_000) });

for (
  const [what, json] of Object.entries({
    "an unknown kind": '{"$":"other"}',
    "a reference to nothing": '{"$":"ref","to":0}',
    "a negative reference": '[{"$":"ref","to":-1}]',
    "a buffer beyond the end": '{"$":"buffer","at":0,"length":1}',
    "a buffer with a wrong length": '{"$":"buffer","at":0,"length":1e999}',
    "a view of no class": '{"$":"view","name":"Array","buffer":[],"at":0,"length":0}',
    "a view of no buffer": '{"$":"view","name":"Uint8Array","buffer":8,"at":0,"length":0}',
    "an array of a wrong length": '{"$":"array","length":4294967296,"entries":[]}',
    "an index beyond the length": '{"$":"array","length":1,"entries":[5,1]}',
    "half a pair": '{"$":"map","values":[1]}',
    "text that is not JSON": "nonsense",
    "a bigint that is not a number": '{"$":"bigint","value":"x"}',
  })
) {
  test(`clone: ${what} is refused`, () => {
    assertThrows(() => decode(new TextEncoder().encode(json), () => null), Error);
  });
}

test("clone: nesting without end is an error", () => {
  const deep = "[".repeat(1_000_000) + "]".repeat(1_000_000);
  assertThrows(() => decode(new TextEncoder().encode(deep), () => null), Error);
});
