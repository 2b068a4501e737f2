/**
 * What a point of the contract is, and how one says what it has seen.
 *
 * @module
 */

/**
 * A known way to break the contract, by its number; `FAULTS` says what each is. Found by running the kernel's first
 * public module.
 */
export type Fault = keyof typeof FAULTS;

/** What the faults are. */
export const FAULTS = {
  F1: "element i of an array of transfers is taken i bytes behind the first; a TRANSFER that fails leaves traces",
  F2: "element i of an array of ids or destinations is taken i bytes behind the first",
  F3: "the errors of a SEND are 64 bits wide, and must be asked for",
  F4: "RELEASE succeeds whatever the ids are",
  F5: "a SEND that cannot import its message crashes the kernel and leaves the peer locked",
  F6: "SEND takes the whole vectors",
  F7: "RECV writes more transfers than there is room for",
  F8: "EMSGSIZE does not tell the room that is needed, and a RECV that fails uses ids up",
  F9: "a release message that cannot be written to the receiver is lost",
  F10: "readable for ever after the first message",
  F11: "each released handle is told to the node's owner, and the first one destroys the node",
  F12: "a copy of a handle to a dead node never gets its NODE_RELEASE",
} as const;

/** One sentence of the contract, and a small program that a device must pass. */
export interface Point {
  /** Its number: for ever this point's. */
  readonly number: number;
  /** What must be. */
  readonly title: string;
  /** The words of the contract that it stands for, after the number of their section. */
  readonly spec: string;
  /** The known fault that makes it fail. */
  readonly fault?: Fault;
  /** Whether a device with that fault may crash or wedge the machine. */
  readonly dangerous: boolean;
  /** Throws if it is not so. */
  run(): void | Promise<void>;
}

/** Points about one subject; they run in one process, unless the device ends it. */
export interface Group {
  /** A word, for the command line. */
  readonly name: string;
  /** The subject. */
  readonly about: string;
  readonly points: readonly Point[];
}

type Definition = [number: number, title: string, spec: string, run: () => void | Promise<void>];

/** A point that no known fault breaks. */
export function point(...[number, title, spec, run]: Definition): Point {
  return { number, title, spec, dangerous: false, run };
}

/** A point that a known fault breaks. */
export function faulty(fault: Fault, ...[number, title, spec, run]: Definition): Point {
  return { number, title, spec, fault, dangerous: false, run };
}

/** A point that is broken by F5, which no machine survives unharmed. */
export function dangerous(...[number, title, spec, run]: Definition): Point {
  return { number, title, spec, fault: "F5", dangerous: true, run };
}

/** Something else was seen than was expected. */
class Seen extends Error {
  override name = "Seen";

  constructor(seen: string, expected: string, what: string) {
    super(`${what}: seen ${seen}, expected ${expected}`);
  }
}

/** Something that can be compared and shown. */
type Value = string | number | bigint | boolean | readonly Value[];

/** Demands that `seen` is `expected`. `what` says what it is. */
export function equal(what: string, seen: Value, expected: Value): void {
  const [shown, wanted] = [show(seen), show(expected)];
  if (shown !== wanted) throw new Seen(shown, wanted, what);
}

/** Demands that an answer is no errno. */
export function succeeded(what: string, answer: string): void {
  if (answer.startsWith("E")) throw new Seen(answer, "success", what);
}

/** Demands an errno, whichever. */
export function refused(what: string, answer: string): void {
  if (!answer.startsWith("E")) throw new Seen(answer, "an errno", what);
}

function show(value: Value): string {
  if (Array.isArray(value)) return value.length === 0 ? "nothing" : value.map(show).join(", ");
  return String(value);
}
