/**
 * The line that `play.ts` prints after each program: this, and why it failed, as JSON.
 *
 * @module
 */

/** What no program prints. */
export const MARK = "\u0001 ";
