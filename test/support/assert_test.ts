/** The assertions fail when they should: a test with one that cannot fail would prove nothing. */

import * as assertions from "@std/assert";
import { assert, assertEquals, AssertionError, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { test } from "./harness.ts";

/** For each assertion, a call that must pass and calls that must fail. */
const calls: Record<string, { pass: () => void; fail: (() => void)[] }> = {
  assert: { pass: () => assert(1), fail: [() => assert(0), () => assert(null), () => assert("")] },
  assertFalse: { pass: () => assertions.assertFalse(""), fail: [() => assertions.assertFalse("x")] },
  assertEquals: {
    pass: () => assertEquals({ a: [1n, new Uint8Array([2])] }, { a: [1n, new Uint8Array([2])] }),
    fail: [
      () => assertEquals<unknown>({ a: 1 }, { a: "1" }),
      () => assertEquals([1, 2], [2, 1]),
      () => assertEquals(new Uint8Array([1]), new Uint8Array([2])),
      () => assertEquals<unknown>({ a: undefined }, {}),
    ],
  },
  assertNotEquals: {
    pass: () => assertions.assertNotEquals([1], [2]),
    fail: [() => assertions.assertNotEquals([1], [1])],
  },
  assertStrictEquals: {
    pass: () => assertions.assertStrictEquals(NaN, NaN),
    fail: [() => assertions.assertStrictEquals([], []), () => assertions.assertStrictEquals(0, -0)],
  },
  assertNotStrictEquals: {
    pass: () => assertions.assertNotStrictEquals([], []),
    fail: [() => assertions.assertNotStrictEquals(calls, calls)],
  },
  assertExists: {
    pass: () => assertions.assertExists(0),
    fail: [() => assertions.assertExists(null), () => assertions.assertExists(undefined)],
  },
  assertInstanceOf: {
    pass: () => assertions.assertInstanceOf(new RangeError(), Error),
    fail: [() => assertions.assertInstanceOf({}, Error), () => assertions.assertInstanceOf(null, Error)],
  },
  assertMatch: { pass: () => assertions.assertMatch("abc", /b/), fail: [() => assertions.assertMatch("abc", /x/)] },
  assertStringIncludes: {
    pass: () => assertStringIncludes("abc", "bc"),
    fail: [() => assertStringIncludes("abc", "cb")],
  },
  assertGreater: { pass: () => assertions.assertGreater(2n, 1n), fail: [() => assertions.assertGreater(1, 1)] },
  assertGreaterOrEqual: {
    pass: () => assertions.assertGreaterOrEqual(1, 1),
    fail: [() => assertions.assertGreaterOrEqual(0, 1)],
  },
  assertLess: { pass: () => assertions.assertLess(1, 2), fail: [() => assertions.assertLess(1, 1)] },
  assertLessOrEqual: {
    pass: () => assertions.assertLessOrEqual(1, 1),
    fail: [() => assertions.assertLessOrEqual(2, 1)],
  },
};

/** Returns the error that `call` throws, without an assertion. */
function thrown(call: () => void): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
}

function mustFail(call: () => void): void {
  const error = thrown(call);
  if (!(error instanceof AssertionError)) throw new Error(`no AssertionError from ${call}, but ${error}`);
}

for (const [name, { pass, fail }] of Object.entries(calls)) {
  test(`assert: ${name} passes and fails`, () => {
    pass();
    fail.forEach(mustFail);
  });
}

test("assert: fail fails", () => {
  mustFail(() => assertions.fail());
});

test("assert: assertThrows returns the error, and fails if there is none or another", () => {
  const error = new RangeError("too far");
  const call = () => {
    throw error;
  };
  assert(assertThrows(call) === error);
  assert(assertThrows(call, RangeError, "far") === error);
  mustFail(() => assertThrows(() => {}));
  mustFail(() => assertThrows(() => {}, RangeError));
  mustFail(() => assertThrows(call, TypeError));
  mustFail(() => assertThrows(call, RangeError, "near"));
});

test("assert: assertRejects resolves to the error, and rejects if there is none or another", async () => {
  const error = new RangeError("too far");
  const call = () => Promise.reject(error);
  assert(await assertRejects(call) === error);
  assert(await assertRejects(call, RangeError, "far") === error);
  const bad = [
    assertRejects(() => Promise.resolve()),
    assertRejects(call, TypeError),
    assertRejects(call, RangeError, "near"),
  ];
  for (const outcome of await Promise.allSettled(bad)) {
    assert(outcome.status === "rejected" && outcome.reason instanceof AssertionError);
  }
});

test("assert: a message is added to the description of the failure", () => {
  const error = thrown(() => assertEquals(1, 2, "in the third round"));
  assert(error instanceof AssertionError);
  assertStringIncludes(error.message, "in the third round");
  assertStringIncludes(error.message, "1 !== 2");
});
