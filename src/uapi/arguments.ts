/**
 * Checks what callers pass to the commands, and makes the fields of the kernel's structures of it. A value of the wrong
 * type is a `TypeError`. Each value is read once.
 *
 * @module
 */

import { BUS1_INVALID } from "../port/abi.ts";
import { exactly } from "../port/bytes.ts";
import { nameOf, quote } from "../port/errors.ts";
import { type Data, toPayload } from "../port/payload.ts";

/** `struct bus1_transfer`: a handle on its way from one peer to another. */
export interface Transfer {
  /** {@linkcode BUS1_TRANSFER_FLAG_CREATE} in a {@linkcode transfer}, else 0. */
  flags: number;
  /** The id of the handle, or of the node that was created. */
  id: bigint;
}

/** A {@linkcode Transfer} as an argument: flags are 0 and the id is `BUS1_INVALID` if omitted; or just an id. */
export type TransferInit = bigint | { readonly flags?: number | bigint; readonly id?: bigint };

/** The names of all properties of an argument. */
export type OptionNames<T> = readonly (string & keyof T)[];

function record<T extends object>(value: T, what: string, doing: string): T {
  if (typeof value === "object" && value !== null) return value;
  throw new TypeError(`${doing}: ${what} must be an object, not ${nameOf(value)}`);
}

/** Checks that an argument is an object without other properties than these. */
export function optionsOf<T extends object>(value: T, what: string, names: OptionNames<T>, doing: string): T {
  const known: readonly string[] = names;
  for (const name in record(value, what, doing)) {
    if (known.includes(name)) continue;
    throw new TypeError(`${doing}: ${what} must not have ${quote(name)}; it may have: ${known.join(", ")}`);
  }
  return value;
}

/** An integer as the u64 that C makes of it. */
export function u64(value: number | bigint, what: string, doing: string): bigint {
  if (typeof value === "bigint") return BigInt.asUintN(64, value);
  if (Number.isSafeInteger(value)) return BigInt.asUintN(64, BigInt(value));
  throw new TypeError(`${doing}: ${what} must be an integer, not ${quote(value)}`);
}

function id64(value: bigint, what: string, doing: string): bigint {
  if (typeof value === "bigint") return BigInt.asUintN(64, value);
  throw new TypeError(`${doing}: ${what} must be a bigint, not ${quote(value)}`);
}

/** A number of elements or bytes. */
export function checkCount(value: number, what: string, doing: string): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new TypeError(`${doing}: ${what} must be a number from 0 on, not ${quote(value)}`);
}

function arrayOf<T>(value: readonly T[], what: string, doing: string): T[] {
  if (Array.isArray(value)) return Array.from(value as readonly T[]);
  throw new TypeError(`${doing}: ${what} must be an array, not ${nameOf(value)}`);
}

/** An array of ids. */
export function idsOf(ids: readonly bigint[], what: string, doing: string): bigint[] {
  return arrayOf(ids, what, doing).map((id) => id64(id, "an id", doing));
}

/** The fields of a `struct bus1_transfer`. */
export interface TransferFields {
  flags: bigint;
  id: bigint;
}

/** An array of transfers. */
export function transfersOf(transfers: readonly TransferInit[], doing: string): TransferFields[] {
  return arrayOf(transfers, "transfers", doing).map((init) => {
    if (typeof init === "bigint") return { flags: 0n, id: id64(init, "an id", doing) };
    const { flags = 0, id = BUS1_INVALID } = record(init, "a transfer", doing);
    return { flags: u64(flags, "flags", doing), id: id64(id, "an id", doing) };
  });
}

/** The bytes of each part. */
export function vectorsOf(data: Data | readonly Data[], doing: string): Uint8Array[] {
  const parts: readonly unknown[] = Array.isArray(data) ? data : [data];
  return parts.map((part) => {
    const { bytes, length } = toPayload(typeof part === "string" ? new TextEncoder().encode(part) : part, doing);
    return exactly(bytes, length);
  });
}
