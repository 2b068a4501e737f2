/**
 * A point: one sentence of the specification, and a small program that a device must pass.
 *
 * @module
 */

import { DEVICE_FAULTS } from "../../../port/abi.ts";

/** The number of a device fault, as in docs/device_faults.md. */
export type Fault = `F${(typeof DEVICE_FAULTS)[number]["number"]}`;

/** The faults by their numbers. `probed` is false for those that may crash or wedge the machine. */
export const FAULTS: ReadonlyMap<Fault, (typeof DEVICE_FAULTS)[number]> = new Map(
  DEVICE_FAULTS.map((fault) => [`F${fault.number}`, fault]),
);

/** The documents that a point cites. */
export interface Citation {
  /** The section of docs/specification.md that states it. */
  readonly section: number;
  /** The fault of docs/device_faults.md that makes a device fail it. */
  readonly fault?: Fault;
}

/** One sentence of the specification, and a small program that a device must pass. */
export interface Point extends Citation {
  /** Belongs to this point forever: a number is never reused. */
  readonly number: number;
  /** The sentence. */
  readonly title: string;
  /** Whether the point may crash or wedge a device that has its fault. */
  readonly dangerous: boolean;
  /** Throws if the device fails the point. */
  run(): void | Promise<void>;
}

/** Points about one subject. They run in one process, unless the device ends that process. */
export interface Group {
  /** One word, for the command line. */
  readonly name: string;
  /** The subject. */
  readonly about: string;
  readonly points: readonly Point[];
}

/** Makes a point. */
export function point(number: number, title: string, citation: Citation, run: Point["run"]): Point {
  const dangerous = citation.fault !== undefined && FAULTS.get(citation.fault)?.probed === false;
  return { number, title, ...citation, dangerous, run };
}
