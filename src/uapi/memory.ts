/**
 * Memory for one call of the kernel: all its structures and arrays in one buffer. So one address is enough, and reading the
 * outputs keeps all of it alive until the call is over.
 *
 * @module
 */

import type { StructLayout } from "../port/abi.ts";
import { alignUp } from "../port/bytes.ts";
import { BusError } from "../port/errors.ts";
import { requireLibrary } from "../library/library.ts";

const halves = new DataView(new ArrayBuffer(8));
const halfWords = new Uint32Array(halves.buffer);

/** Returns the address of the bytes of a view; see `addressOf` in ioctl.ts. */
export function addressOfView(view: ArrayBufferView, doing: string): bigint {
  // The JavaScript engine keeps small views in its own heap, where it may move them, until their buffer is asked for.
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  requireLibrary(doing).bus1_address_of(bytes, halfWords);
  return BigInt(halves.getUint32(0, true)) << 32n | BigInt(halves.getUint32(4, true));
}

function allocate(size: number, doing: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(size);
  } catch {
    throw new BusError("ENOMEM", doing, `memory for ${size} bytes could not be allocated`);
  }
}

/** Regions of memory, one after the other, filled with zeros. */
export class Memory<Sizes extends readonly number[] = readonly number[]> {
  /** Where in {@linkcode bytes} each region begins, a multiple of 8. */
  readonly regions: { readonly [Index in keyof Sizes]: number };
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #address: bigint;

  /** @param sizes The sizes of the regions. */
  constructor(sizes: readonly [...Sizes], doing: string) {
    let end = 0;
    this.regions = sizes.map((size) => {
      const start = end;
      end += alignUp(size);
      return start;
    }) as { [Index in keyof Sizes]: number };
    this.bytes = allocate(end, doing);
    this.#view = new DataView(this.bytes.buffer);
    this.#address = addressOfView(this.bytes, doing);
  }

  /** Returns the address of the offset `at`. */
  address(at: number): bigint {
    return this.#address + BigInt(at);
  }

  /** Writes a `u64`. */
  set(at: number, value: number | bigint): void {
    this.#view.setBigUint64(at, BigInt(value), true);
  }

  /** Writes fields of a structure; the others are 0. */
  put<Field extends string>(
    at: number,
    layout: StructLayout<Field>,
    fields: Readonly<Partial<Record<NoInfer<Field>, number | bigint>>>,
  ): void {
    for (const name of Object.keys(fields) as Field[]) this.set(at + layout[name], fields[name] ?? 0);
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
