/**
 * The assertions of `@std/assert` that the tests use, with its names and meanings, over `node:assert`: the same
 * in Deno and in Bun, and nothing to download. The import map calls this file `@std/assert`.
 *
 * A trailing `message` is added to what went wrong, it does not replace it.
 *
 * @module
 */

import nodeAssert, { AssertionError } from "node:assert";
import { inspect } from "node:util";

export { AssertionError };

/** The class of an expected error. */
export type ErrorClass<E extends Error> = abstract new (...args: never[]) => E;

/** Fails. */
export function fail(message = "failed"): never {
  throw new AssertionError({ message, stackStartFn: fail });
}

/** Fails: this line must not be reached. */
export function unreachable(message = "unreachable"): never {
  fail(message);
}

/** `condition` is truthy. */
export function assert(condition: unknown, message = "expected a truthy value"): asserts condition {
  if (!condition) fail(message);
}

/** `condition` is falsy. */
export function assertFalse(condition: unknown, message = "expected a falsy value"): void {
  if (condition) fail(message);
}

/** `actual` equals `expected`, deeply. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  explained(message, () => nodeAssert.deepStrictEqual(actual, expected));
}

/** `actual` differs from `expected`, somewhere. */
export function assertNotEquals<T>(actual: T, expected: T, message?: string): void {
  explained(message, () => nodeAssert.notDeepStrictEqual(actual, expected));
}

/** `actual` is `expected`: the same object or, as `Object.is` has it, the same value. */
export function assertStrictEquals<T>(actual: unknown, expected: T, message?: string): asserts actual is T {
  explained(message, () => nodeAssert.strictEqual(actual, expected));
}

/** `actual` is another object, or another value, than `expected`. */
export function assertNotStrictEquals<T>(actual: T, expected: T, message?: string): void {
  explained(message, () => nodeAssert.notStrictEqual(actual, expected));
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

/** `actual` matches `expected`. */
export function assertMatch(actual: string, expected: RegExp, message?: string): void {
  compared(expected.test(actual), actual, `to match ${expected}`, message);
}

/** `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, message?: string): void {
  compared(actual.includes(expected), actual, `to contain ${show(expected)}`, message);
}

/** `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, message?: string): void {
  compared(actual > expected, actual, `> ${show(expected)}`, message);
}

/** `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, message?: string): void {
  compared(actual >= expected, actual, `>= ${show(expected)}`, message);
}

/** `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, message?: string): void {
  compared(actual < expected, actual, `< ${show(expected)}`, message);
}

/** `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, message?: string): void {
  compared(actual <= expected, actual, `<= ${show(expected)}`, message);
}

/** `call` throws; answers what it throws. */
export function assertThrows(call: () => unknown, message?: string): unknown;
/** `call` throws an error of this class, whose message contains `includes`; answers it. */
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
    return checkedError(error, expected);
  }
  fail(explanation("expected to throw, but it returned", read(expected).message));
}

/** The promise of `call` rejects; resolves to what it rejects with. */
export function assertRejects(call: () => PromiseLike<unknown>, message?: string): Promise<unknown>;
/** The promise of `call` rejects with an error of this class, whose message contains `includes`; resolves to it. */
export function assertRejects<E extends Error>(
  call: () => PromiseLike<unknown>,
  type: ErrorClass<E>,
  includes?: string,
  message?: string,
): Promise<E>;
export async function assertRejects(call: () => PromiseLike<unknown>, ...expected: Expected): Promise<unknown> {
  const promise = call(); // what throws at once does not reject
  try {
    await promise;
  } catch (error) {
    return checkedError(error, expected);
  }
  fail(explanation("expected to reject, but it resolved", read(expected).message));
}

type Expected = [message?: string] | [type: ErrorClass<Error>, includes?: string, message?: string];

function read(expected: Expected): { type?: ErrorClass<Error>; includes?: string; message?: string } {
  const [first, includes, message] = expected;
  return typeof first === "function" ? { type: first, includes, message } : { message: first };
}

function checkedError(error: unknown, expected: Expected): unknown {
  const { type, includes = "", message } = read(expected);
  if (!type) return error;
  if (!(error instanceof type)) {
    fail(explanation(`expected an error of class ${type.name}, got ${show(error)}`, message));
  }
  assertStringIncludes(error.message, includes, message);
  return error;
}

function compared(holds: boolean, actual: unknown, expectation: string, message: string | undefined): void {
  if (!holds) fail(explanation(`expected ${show(actual)} ${expectation}`, message));
}

function explained(message: string | undefined, call: () => void): void {
  try {
    call();
  } catch (error) {
    if (message === undefined || !(error instanceof AssertionError)) throw error;
    const { actual, expected, operator } = error;
    throw new AssertionError({ message: explanation(error.message, message), actual, expected, operator });
  }
}

function explanation(problem: string, message: string | undefined): string {
  return message === undefined ? problem : `${problem}\n${message}`;
}

function show(value: unknown): string {
  return inspect(value, { depth: 3 });
}
