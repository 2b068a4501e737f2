/**
 * The line that `run_programs.ts` prints after each program: this mark, and why the program failed, as JSON.
 *
 * @module
 */

/** No program prints this character. */
export const MARK = "\u0001 ";
