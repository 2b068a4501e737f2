/**
 * A hook that runs before a peer of this isolate is closed: the last chance to inspect it. `cli graph` draws the bus of a
 * program that closes its peers before it ends.
 *
 * @module
 */

let hook: (() => void) | null = null;

/** Sets the function that is called before a peer is closed; `null` removes it. */
export function whenClosing(look: (() => void) | null): void {
  hook = look;
}

/** A peer is about to be closed. */
export function aboutToClose(): void {
  hook?.();
}
