/**
 * The one error of the command line that is the user's to correct.
 *
 * @module
 */

/** A command was called in a way that it does not understand; the message says how. Exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
}
