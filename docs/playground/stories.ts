/**
 * Stories about a commit: the actors, their tasks, and an order of steps that shows something.
 *
 * The reader may leave the order at any step, and let any actor go next.
 *
 * @module
 */

import { type Actor, begin, type CommitState, nextStep, perform, type Told, type Variant } from "./commit.ts";
import { at } from "./list.ts";

export interface Story {
  readonly title: string;
  /** A description. */
  readonly about: string;
  readonly actors: readonly Actor[];
  readonly variant: Variant;
  /** The order: each digit is the actor that takes the next step. */
  readonly order: string;
}

/** The variants, in the order of their numbers in a link. */
export const VARIANTS: readonly { readonly variant: Variant; readonly title: string; readonly about: string }[] = [
  {
    variant: "right",
    title: "As it is",
    about: "Take the whole list, and only when nothing is ready; then test the flags, newest first.",
  },
  {
    variant: "flag-first",
    title: "What if: flags of busy read before the take",
    about: "A flag that was read before the take is used after it.",
  },
  {
    variant: "no-flag",
    title: "What if: no flag",
    about: "What is in the list counts as committed.",
  },
  {
    variant: "eager",
    title: "What if: take while something is ready",
    about: "The list is taken also when ready is not empty.",
  },
];

const multicast: readonly Actor[] = [
  { name: "alice", tasks: [{ sends: "A", parts: [{ to: "bob", text: "go" }, { to: "carol", text: "go" }] }] },
  { name: "bob", tasks: [] },
  { name: "carol", tasks: [] },
];

const causal: readonly Actor[] = [
  { name: "alice", tasks: [{ sends: "A", parts: [{ to: "bob", text: "moved" }, { to: "carol", text: "moved" }] }] },
  { name: "bob", tasks: [{ receives: "A" }, { sends: "B", parts: [{ to: "carol", text: "so come" }] }] },
  { name: "carol", tasks: [] },
];

const inARow: readonly Actor[] = [
  {
    name: "alice",
    tasks: [
      { sends: "A", parts: [{ to: "bob", text: "one" }] },
      { sends: "B", parts: [{ to: "bob", text: "two" }] },
      { sends: "C", parts: [{ to: "bob", text: "three" }] },
    ],
  },
  { name: "bob", tasks: [] },
];

export const STORIES: readonly Story[] = [
  {
    title: "A multicast: no receiver sees it early",
    about:
      "alice sends A to bob and carol. Both look in the middle of it, and see nothing; after the flag, both have it.",
    actors: multicast,
    variant: "right",
    order: "0" + "11" + "0" + "22" + "0" + "111" + "0" + "222",
  },
  {
    title: "A before B: the order of causes",
    about:
      "carol has taken its part of A too early, and holds it on busy. bob receives a part of A, and sends B because of " +
      "it. carol's next take brings B alone; the flags, tested after it, put A first.",
    actors: causal,
    variant: "right",
    order: "00" + "22" + "0" + "111" + "11" + "222" + "22",
  },
  {
    title: "What if the flag is read first?",
    about:
      "The same, but carol reads the flags of the parts on busy before the take, and uses them after it. The flag of A " +
      "is set in between, B arrives, and B is received first.",
    actors: causal,
    variant: "flag-first",
    order: "00" + "22" + "2" + "0" + "111" + "11" + "222" + "2",
  },
  {
    title: "What if the flag is left out?",
    about:
      "The same multicast, and what is in the list counts. bob has received A before it is pushed to carol: bob could " +
      "tell carol, and carol would look and find nothing.",
    actors: multicast,
    variant: "no-flag",
    order: "0" + "111" + "2",
  },
  {
    title: "What if a receiver takes while something is ready?",
    about:
      "What is taken goes to the front of ready, so it must be empty. Here bob takes again after the first of two.",
    actors: inARow,
    variant: "eager",
    order: "000" + "000" + "1111" + "00" + "111",
  },
];

/** One step of a story, as it was taken. */
interface Taken extends Told {
  readonly actor: number;
}

/** A story in progress: the steps that were taken, and the state after each. */
export class Telling {
  readonly number: number;
  readonly story: Story;
  readonly variant: Variant;
  readonly taken: Taken[] = [];
  readonly #states: CommitState[];

  constructor(number: number, variant: Variant = at(STORIES, number).variant) {
    this.number = number;
    this.story = at(STORIES, number);
    this.variant = variant;
    this.#states = [begin(this.story.actors, variant)];
  }

  get state(): CommitState {
    return at(this.#states, this.#states.length - 1);
  }

  /** The actors of the steps so far, a digit each. */
  get moves(): string {
    return this.taken.map(({ actor }) => actor).join("");
  }

  /** The actor of the story's next step; `null` if the story is over, or was left. */
  get suggested(): number | null {
    const { order, variant } = this.story;
    const { moves } = this;
    if (variant !== this.variant || !order.startsWith(moves) || moves === order) return null;
    return Number(order[moves.length]);
  }

  /** Whether the steps so far are the story's. */
  get isOnTrack(): boolean {
    return this.variant === this.story.variant && this.story.order.startsWith(this.moves);
  }

  /** Returns an actor's next step in words; `null` if there is none. */
  next(actor: number): string | null {
    return this.taken.length < MAX_MOVES ? nextStep(this.story.actors, this.state, actor) : null;
  }

  step(actor: number): void {
    if (this.next(actor) === null) return;
    const { state, words, deed } = perform(this.story.actors, this.state, actor);
    this.#states.push(state);
    this.taken.push({ actor, words, deed });
  }

  back(): void {
    if (this.taken.length === 0) return;
    this.taken.pop();
    this.#states.pop();
  }
}

/** The limit of steps, which a link cannot exceed. */
const MAX_MOVES = 300;

/** Returns the hash of a story in progress, without the `#`. */
export function encodeTelling({ number, variant, moves }: Telling): string {
  return `o1.${number}.${VARIANTS.findIndex((entry) => entry.variant === variant)}.${moves}`;
}

/** Returns the story in progress of such a hash; `null` for any other hash. */
export function decodeTelling(hash: string): Telling | null {
  const [, story, number, moves = ""] = /^o1\.(\d)\.(\d)\.(\d{0,300})$/.exec(hash) ?? [];
  const variant = VARIANTS[Number(number)]?.variant;
  if (STORIES[Number(story)] === undefined || variant === undefined) return null;
  const telling = new Telling(Number(story), variant);
  for (const digit of moves) {
    const actor = Number(digit);
    if (telling.story.actors[actor] === undefined || telling.next(actor) === null) return null;
    telling.step(actor);
  }
  return telling;
}
