/**
 * Finds the faults of a device before it is used.
 *
 * A device does not report its faults, so they must be tried. The native library tries those that do no harm, on peers of
 * its own (native/src/device/probe.zig). This module puts the findings into words.
 *
 * @module
 */

import { DEVICE_FAULTS, ERRNO } from "../../port/abi.ts";
import type { Library } from "../../library/runtimes/runtime.ts";

/** A way in which devices break the contract; see docs/device_faults.md. */
export interface Fault {
  /** Its number: `F1` to `F12` in messages. */
  readonly number: number;
  /** What is wrong. */
  readonly words: string;
}

/** The result of a probe. */
export type Findings = { faults: Fault[] } | { reason: string };

/** Tries the device at `path`, or returns the reason why there is none. */
export function probe(library: Library, path: string): Findings {
  const bytes = new TextEncoder().encode(path);
  const answer = library.bus1_device_probe(bytes, bytes.length);
  if (answer < 0) return { reason: reasonOf(answer, path) };
  return { faults: faultsOf(answer) };
}

/** The faults of a set of bits, as the library knows it. */
export function faultsOf(bits: number): Fault[] {
  return DEVICE_FAULTS.filter(({ number }) => bits & 1 << number)
    .map(({ number, summary }) => ({ number, words: summary }));
}

/** The bits of those faults. */
export function bitsOf(faults: readonly Fault[]): number {
  return faults.reduce((bits, { number }) => bits | 1 << number, 0);
}

/** The faults, in a sentence's part: `"F1 (it reads …), F10 (…)"`. */
export function describeFaults(faults: readonly Fault[]): string {
  return faults.map(({ number, words }) => `F${number} (${words})`).join(", ");
}

function reasonOf(answer: number, path: string): string {
  switch (-answer) {
    case ERRNO.ENOENT:
      return `there is no ${path}: this kernel has no bus1, and this program was not started by "cli run"; BUS1_DEVICE names another`;
    case ERRNO.EACCES:
    case ERRNO.EPERM:
      return `${path} may not be opened: permission denied`;
    case ERRNO.ENOTTY:
      return `${path} does not answer as a bus1 device does`;
    default: {
      const code = Object.entries(ERRNO).find(([, errno]) => errno === -answer)?.[0] ?? `errno ${-answer}`;
      return `${path} cannot be opened: ${code}`;
    }
  }
}
