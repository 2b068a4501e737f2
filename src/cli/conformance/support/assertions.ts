/**
 * Assertions about the results of calls.
 *
 * @module
 */

/** The device did something else than the point expects. */
class Mismatch extends Error {
  override name = "Mismatch";

  constructor(what: string, got: string, expected: string) {
    super(`${what}: got ${got}, expected ${expected}`);
  }
}

/** A value that can be compared and printed. */
type Value = string | number | bigint | boolean | readonly Value[];

/** Asserts that a value is the expected one. `what` is the name of the value in the message. */
export function equal(what: string, value: Value, expected: Value): void {
  const [printed, wanted] = [print(value), print(expected)];
  if (printed !== wanted) throw new Mismatch(what, printed, wanted);
}

/** Asserts that the result of a call is not an errno. */
export function succeeded(what: string, result: string): void {
  if (result.startsWith("E")) throw new Mismatch(what, result, "success");
}

/** Asserts that the result of a call is an errno, whichever one. */
export function refused(what: string, result: string): void {
  if (!result.startsWith("E")) throw new Mismatch(what, result, "an errno");
}

/** Returns an element of an array; throws if it is missing. */
export function at<T>(array: readonly T[], index: number): T {
  if (index < 0 || index >= array.length) throw new Error(`element ${index} of ${array.length} is missing`);
  return array[index] as T;
}

function print(value: Value): string {
  if (Array.isArray(value)) return value.length === 0 ? "nothing" : value.map(print).join(", ");
  return String(value);
}
