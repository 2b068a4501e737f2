/**
 * Tries a device before it is used: what does it get wrong?
 *
 * Devices are not all alike, and what is wrong with one shows when it is asked, not in its name. The native library tries,
 * on peers of its own, whatever can be tried without harm (native/src/device/probe.zig); here its findings are put into words.
 *
 * @module
 */

import { ERRNO } from "../../port/abi.ts";
import type { Library } from "../../library/runtimes/runtime.ts";

/** A way in which devices break the contract. */
export interface Fault {
  /** Its number: `F1` to `F12` in messages. */
  readonly number: number;
  /** What is wrong. */
  readonly words: string;
}

/** The faults that can be seen from outside. F5 cannot be tried, since it kills; where any other is, it is expected. */
const WORDS: Readonly<Record<number, string>> = {
  1: "it reads arrays of transfers wrongly",
  2: "it reads arrays of destinations and ids wrongly",
  3: "it writes errors of the wrong size, and wants them written",
  4: "it says that ids were released which there are not",
  6: "it sends more bytes than it is told",
  7: "it writes more transfers than there is room for",
  8: "it does not tell how much room a message needs",
  9: "it loses a message that it could not write",
  10: "it is readable for ever after its first message",
  11: "it drops a node with the first handle that is released, not the last",
  12: "it does not tell of a dead node whom a handle reaches late",
};

/** What was found. */
export type Findings = { faults: Fault[] } | { reason: string };

/** Tries the device at `path`, or says why there is none. */
export function probe(library: Library, path: string): Findings {
  const bytes = new TextEncoder().encode(path);
  const answer = library.bus1_device_probe(bytes, bytes.length);
  if (answer < 0) return { reason: reasonOf(answer, path) };
  return { faults: faultsOf(answer) };
}

/** The faults of a set of bits, as the library knows it. */
export function faultsOf(bits: number): Fault[] {
  return Object.entries(WORDS)
    .map(([number, words]) => ({ number: Number(number), words }))
    .filter(({ number }) => bits & 1 << number);
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
      return `there is no ${path}: this kernel has no bus1, and no "cli run" gives it one; BUS1_DEVICE names another`;
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
