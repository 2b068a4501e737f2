/**
 * A point: one sentence of the specification, and a small program that a device must pass.
 *
 * @module
 */

/**
 * The known ways in which a device breaks the specification, by the numbers of docs/device_faults.md. They were found
 * in the kernel's first public module.
 */
export const FAULTS = {
  F1: "element i of an array of transfers is read i bytes after the first; a failed TRANSFER has effects",
  F2: "element i of an array of ids or destinations is read i bytes after the first",
  F3: "the errors of a SEND are 64 bits wide, and NULL is refused",
  F4: "RELEASE succeeds for every id",
  F5: "a SEND that cannot import its message crashes the kernel and leaves the peer locked",
  F6: "SEND sends the whole vectors",
  F7: "RECV writes more transfers than the array can hold",
  F8: "EMSGSIZE does not return the required sizes, and a failed RECV consumes ids",
  F9: "a release message that cannot be written to the receiver is lost",
  F10: "a peer stays readable after its first message",
  F11: "each released handle notifies the owner of the node, and the first notification destroys the node",
  F12: "a copy of a handle to a released node never gets its NODE_RELEASE",
} as const;

/** The number of a device fault. */
export type Fault = keyof typeof FAULTS;

/** The fault that can crash or wedge the machine. */
const DANGEROUS: Fault = "F5";

/** What a point cites. */
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
  return { number, title, ...citation, dangerous: citation.fault === DANGEROUS, run };
}
