/**
 * The assertions of `@std/assert` that the tests use, by `node:assert/strict`: the same in all runtimes, and nothing to
 * download. The import map calls this file `@std/assert`.
 *
 * A trailing `message` is added to the description of the failure; `node:assert` would replace it.
 *
 * @module
 */

import strict, { AssertionError } from "node:assert/strict";
import { inspect } from "node:util";

export { AssertionError };

type ErrorClass<E extends Error> = abstract new (...args: never[]) => E;
type Expected = [message?: string] | [type: ErrorClass<Error>, includes?: string, message?: string];

/** Fails. */
export function fail(message = "failed"): never {
  throw new AssertionError({ message, stackStartFn: fail });
}

/** `condition` is truthy. */
export function assert(condition: unknown, message = "expected a truthy value"): asserts condition {
  if (!condition) fail(message);
}

/** `condition` is falsy. */
export function assertFalse(condition: unknown, message = "expected a falsy value"): void {
  if (condition) fail(message);
}

/** `actual` deeply equals `expected`. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  explained(message, () => strict.deepEqual(actual, expected));
}

/** `actual` does not deeply equal `expected`. */
export function assertNotEquals<T>(actual: T, expected: T, message?: string): void {
  explained(message, () => strict.notDeepEqual(actual, expected));
}

/** `actual` and `expected` are the same object, or the same value by `Object.is`. */
export function assertStrictEquals<T>(actual: unknown, expected: T, message?: string): asserts actual is T {
  explained(message, () => strict.equal(actual, expected));
}

/** `actual` and `expected` are different objects or values. */
export function assertNotStrictEquals<T>(actual: T, expected: T, message?: string): void {
  explained(message, () => strict.notEqual(actual, expected));
}

/** `actual` matches `expected`. */
export function assertMatch(actual: string, expected: RegExp, message?: string): void {
  explained(message, () => strict.match(actual, expected));
}

/** `actual` is neither `null` nor `undefined`. */
export function assertExists<T>(actual: T, message?: string): asserts actual is NonNullable<T> {
  compared(actual !== null && actual !== undefined, actual, "to exist", message);
}

/** `actual` is an instance of `type`. */
export function assertInstanceOf<T>(
  actual: unknown,
  type: abstract new (...args: never[]) => T,
  message?: string,
): asserts actual is T {
  compared(actual instanceof type, actual, `to be an instance of ${type.name}`, message);
}

/** `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, message?: string): void {
  compared(actual.includes(expected), actual, `to contain ${inspect(expected)}`, message);
}

/** `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, message?: string): void {
  compared(actual > expected, actual, `> ${inspect(expected)}`, message);
}

/** `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, message?: string): void {
  compared(actual >= expected, actual, `>= ${inspect(expected)}`, message);
}

/** `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, message?: string): void {
  compared(actual < expected, actual, `< ${inspect(expected)}`, message);
}

/** `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, message?: string): void {
  compared(actual <= expected, actual, `<= ${inspect(expected)}`, message);
}

/** `call` throws; returns the error. */
export function assertThrows(call: () => unknown, message?: string): unknown;
/** `call` throws an error of this class with a message that contains `includes`; returns the error. */
export function assertThrows<E extends Error>(
  call: () => unknown,
  type: ErrorClass<E>,
  includes?: string,
  message?: string,
): E;
export function assertThrows(call: () => unknown, ...expected: Expected): unknown {
  try {
    call();
  } catch (error) {
    return checked(error, expected);
  }
  fail("expected to throw, but it returned");
}

/** The promise of `call` rejects; resolves to the error. */
export function assertRejects(call: () => PromiseLike<unknown>, message?: string): Promise<unknown>;
/** The promise of `call` rejects with an error of this class and a message that contains `includes`; resolves to it. */
export function assertRejects<E extends Error>(
  call: () => PromiseLike<unknown>,
  type: ErrorClass<E>,
  includes?: string,
  message?: string,
): Promise<E>;
export async function assertRejects(call: () => PromiseLike<unknown>, ...expected: Expected): Promise<unknown> {
  const promise = call(); // an error that it throws at once is not a rejection
  try {
    await promise;
  } catch (error) {
    return checked(error, expected);
  }
  fail("expected to reject, but it resolved");
}

function checked(error: unknown, [type, includes = "", message]: Expected): unknown {
  if (typeof type !== "function") return error;
  compared(error instanceof type, error, `to be of class ${type.name}`, message);
  assertStringIncludes((error as Error).message, includes, message);
  return error;
}

function compared(holds: boolean, actual: unknown, expectation: string, message: string | undefined): void {
  if (!holds) fail(joined(`expected ${inspect(actual, { depth: 3 })} ${expectation}`, message));
}

function explained(message: string | undefined, call: () => void): void {
  try {
    call();
  } catch (error) {
    if (message === undefined || !(error instanceof AssertionError)) throw error;
    const { actual, expected, operator } = error;
    throw new AssertionError({ message: joined(error.message, message), actual, expected, operator });
  }
}

function joined(problem: string, message: unknown): string {
  return message === undefined ? problem : `${problem}\n${message}`;
}
