/**
 * A first-in-first-out queue: a ring that doubles when it is full, so that the cost of a push and a shift does not depend
 * on the length. It returns its memory when it has been drained.
 *
 * @module
 */

const SMALL = 16;
const LARGE = 4096;

export class Queue<T> {
  /** Capacity is a power of two, or 0 before the first push. */
  #slots: (T | undefined)[] = [];
  #head = 0;
  #length = 0;

  /** The oldest item; `undefined` if there is none. */
  front(): T | undefined {
    return this.#length === 0 ? undefined : this.#slots[this.#head];
  }

  /** Iterates over all items, the oldest first. */
  *[Symbol.iterator](): Iterator<T> {
    // Every slot from the head to the length has an item.
    for (let i = 0; i < this.#length; i++) yield this.#slots[(this.#head + i) & (this.#slots.length - 1)] as T;
  }

  push(item: T): void {
    if (this.#length === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#length) & (this.#slots.length - 1)] = item;
    this.#length++;
  }

  /** Takes the oldest item off; `undefined` if there is none. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    if (--this.#length === 0 && this.#slots.length > LARGE) this.clear();
    return item;
  }

  clear(): void {
    this.#slots = [];
    this.#head = 0;
    this.#length = 0;
  }

  #grow(): void {
    const old = this.#slots;
    const slots = new Array<T | undefined>(Math.max(SMALL, old.length * 2));
    for (let i = 0; i < this.#length; i++) slots[i] = old[(this.#head + i) & (old.length - 1)];
    this.#slots = slots;
    this.#head = 0;
  }
}
