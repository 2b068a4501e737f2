/**
 * Access to lists by number.
 *
 * @module
 */

/** Returns the element of a list or table at that place, which must exist. */
export function at<T>(list: { readonly [place: number]: T }, place: number): T {
  const element = list[place];
  if (element === undefined) throw new RangeError(`the list has nothing at ${place}`);
  return element;
}
