/**
 * Memory that the kernel is shown: all structures and arrays of one call in one buffer, so that one address is asked
 * for, and reading the outputs keeps all of it alive until the call is over.
 *
 * @module
 */

import { alignUp } from "../port/bytes.ts";
import { BusError } from "../port/errors.ts";
import { requireLibrary } from "../library/library.ts";

/** A structure of the uapi: its size, and the offsets of its fields. */
export type Layout = Readonly<Record<string, number>>;

type Fields<L extends Layout> = { readonly [Name in Exclude<keyof L, "size">]?: number | bigint };

const halves = new Uint32Array(2);

/** Where the bytes of a view are; see `addressOf` in uapi.ts. */
export function addressOfView(view: ArrayBufferView, doing: string): bigint {
  // Small views live in the engine's own heap, where they may be moved, until somebody asks for their buffer.
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  requireLibrary(doing).bus1_address_of(bytes, halves);
  return BigInt(halves[0]!) << 32n | BigInt(halves[1]!);
}

function allocate(size: number, doing: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(size);
  } catch {
    throw new BusError("ENOMEM", doing, `there is no room for ${size} bytes`);
  }
}

/** Regions of memory, one after the other, filled with zeros. */
export class Memory {
  /** Where in {@linkcode bytes} each region begins, a multiple of 8. */
  readonly regions: number[] = [];
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #address: bigint;

  /** @param sizes The sizes of the regions. */
  constructor(sizes: readonly number[], doing: string) {
    let end = 0;
    for (const size of sizes) {
      this.regions.push(end);
      end += alignUp(size);
    }
    this.bytes = allocate(end, doing);
    this.#view = new DataView(this.bytes.buffer);
    this.#address = addressOfView(this.bytes, doing);
  }

  /** What the kernel knows the offset `at` by. */
  address(at: number): bigint {
    return this.#address + BigInt(at);
  }

  /** Writes a `u64`. */
  set(at: number, value: number | bigint): void {
    this.#view.setBigUint64(at, BigInt(value), true);
  }

  /** Writes fields of a structure; the others are 0. */
  put<L extends Layout>(at: number, layout: L, fields: Fields<L>): void {
    for (const [name, value] of Object.entries(fields)) this.set(at + layout[name]!, value as number | bigint);
  }

  /** Reads a `u64`. */
  get(at: number): bigint {
    return this.#view.getBigUint64(at, true);
  }

  /** Reads a `u64` that is a count, a type or flags. */
  getNumber(at: number): number {
    return Number(this.get(at));
  }
}
