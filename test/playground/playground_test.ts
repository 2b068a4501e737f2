/**
 * The playground without its page (docs/playground): the model of a commit, the links, the bus behind the board, and
 * the program that it writes. `page_test.ts` tests the page itself.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { liveCounts } from "@bus1/bus1";
import fc from "fast-check";
import { type Action, isName, LIMITS, type Ref, type Step } from "../../docs/playground/action.ts";
import { type Actor, begin, type CommitState, nextStep, perform, type Variant } from "../../docs/playground/commit.ts";
import { PRESETS, startOf } from "../../docs/playground/presets.ts";
import { programOf } from "../../docs/playground/program.ts";
import { oldestFirst } from "../../docs/playground/queue.ts";
import { Session } from "../../docs/playground/session.ts";
import { decode, encode } from "../../docs/playground/share.ts";
import { decodeTelling, encodeTelling, STORIES, Telling, VARIANTS } from "../../docs/playground/stories.ts";
import type { World } from "../../docs/playground/world.ts";
import { test } from "../support/harness.ts";

// The model of a commit.

/** All that can be broken in any interleaving; a state in which something is broken is not followed. */
function explore(cast: readonly Actor[], variant: Variant): { broken: string[]; ends: Set<string>; states: number } {
  const first = begin(cast, variant);
  const seen = new Set([JSON.stringify(first)]);
  const broken = new Set<string>();
  const ends = new Set<string>();
  const todo: CommitState[] = [first];
  for (let state = todo.pop(); state !== undefined; state = todo.pop()) {
    for (const text of state.broken) broken.add(text);
    if (state.broken.length > 0) continue;
    const isOver = state.txs.every(({ committed }) => committed) &&
      state.actors.every(({ queue }) => oldestFirst(queue).length + (queue.look?.hand?.length ?? 0) === 0);
    if (isOver) ends.add(state.actors.map(({ received }) => received.map(({ tx }) => tx).join("")).join(" "));
    for (let actor = 0; actor < cast.length; actor++) {
      if (nextStep(cast, state, actor) === null) continue;
      const next = perform(cast, state, actor).state;
      const key = JSON.stringify(next);
      if (seen.has(key)) continue;
      seen.add(key);
      todo.push(next);
    }
  }
  return { broken: [...broken].sort(), ends, states: seen.size };
}

/** Senders at the same time and after others, to overlapping receivers: more than the stories have. */
const CROSSING: readonly Actor[] = [
  { name: "alice", tasks: [{ sends: "A", parts: [{ to: "bob", text: "a" }, { to: "carol", text: "a" }] }] },
  { name: "bob", tasks: [{ sends: "B", parts: [{ to: "carol", text: "b" }] }] },
  { name: "carol", tasks: [{ receives: "A" }, { sends: "C", parts: [{ to: "bob", text: "c" }] }] },
];

/** Two parts of one transaction to one receiver, which may hold both back. */
const PAIR: readonly Actor[] = [
  {
    name: "alice",
    tasks: [{
      sends: "A",
      parts: [{ to: "bob", text: "one" }, { to: "carol", text: "and" }, { to: "bob", text: "two" }],
    }],
  },
  { name: "bob", tasks: [] },
  { name: "carol", tasks: [] },
];

/** dave can know of A indirectly only: by C, which was sent because of B, which was sent because of A. */
const INDIRECT: readonly Actor[] = [
  { name: "alice", tasks: [{ sends: "A", parts: [{ to: "bob", text: "a" }, { to: "dave", text: "a" }] }] },
  { name: "bob", tasks: [{ receives: "A" }, { sends: "B", parts: [{ to: "carol", text: "b" }] }] },
  { name: "carol", tasks: [{ receives: "B" }, { sends: "C", parts: [{ to: "dave", text: "c" }] }] },
  { name: "dave", tasks: [] },
];

const CASTS: readonly (readonly [string, readonly Actor[]])[] = [
  ...STORIES.map(({ title, actors }) => [title, actors] as const),
  ...[["crossing", CROSSING], ["a pair", PAIR], ["indirect", INDIRECT]] as const,
];

for (const [title, cast] of CASTS) {
  test(`playground: the algorithm keeps the rules in every interleaving: ${title}`, () => {
    const { broken, ends, states } = explore(cast, "right");
    assertEquals(broken, []);
    assert(ends.size > 0 && states > 50, `${states} states`);
    for (const end of ends) {
      for (const { tx, to } of cast.flatMap(({ tasks }) => tasks.flatMap(partsOf))) {
        const received = end.split(" ")[cast.findIndex(({ name }) => name === to)];
        const parts = cast.flatMap(({ tasks }) => tasks.flatMap(partsOf)).filter((part) =>
          part.tx === tx && part.to === to
        );
        assertEquals(received.split(tx).length - 1, parts.length, `${to} receives all of ${tx} once: ${end}`);
      }
    }
  });
}

function partsOf(task: Actor["tasks"][number]): { tx: string; to: string }[] {
  return "sends" in task ? task.parts.map(({ to }) => ({ tx: task.sends, to })) : [];
}

const CAUSES = "carol received B before A, though the sender of B knew of A.";

test("playground: flags read before the take lose the order of causes, and nothing else does in that story", () => {
  const { actors } = STORIES[2];
  assertEquals(explore(actors, "flag-first").broken, [CAUSES]);
  assertEquals(explore(actors, "right").broken, []);
  assertEquals(explore(actors, "eager").broken, []);
});

test("playground: they lose it also for a receiver that knows of a cause indirectly", () => {
  assertEquals(explore(INDIRECT, "flag-first").broken, ["dave received C before A, though the sender of C knew of A."]);
});

test("playground: without a flag a multicast is seen early, and a receiver that looks after that finds nothing", () => {
  const { actors } = STORIES[3];
  assertEquals(explore(actors, "no-flag").broken, [
    "bob received A before it was committed: it happened for bob alone.",
    "carol received A before it was committed: it happened for carol alone.",
  ]);
  const telling = new Telling(3);
  for (const actor of telling.story.order) telling.step(Number(actor));
  assertEquals(
    telling.state.broken[1],
    "carol looked and found nothing of A, though another had received a part of it before.",
  );
});

test("playground: taking while something is ready breaks the order of one sender", () => {
  assertEquals(explore(STORIES[4].actors, "eager").broken, [
    "bob received C before B, though the sender of C knew of B.",
  ]);
});

test("playground: the stories end as they are told", () => {
  const told = STORIES.map((story, number) => {
    const telling = new Telling(number);
    for (const actor of story.order) {
      assertEquals(telling.suggested, Number(actor), story.title);
      assert(telling.next(Number(actor)) !== null, story.title);
      telling.step(Number(actor));
    }
    assertEquals(telling.suggested, null);
    const received = telling.state.actors.map(({ received }) => received.map(({ tx }) => tx).join(""));
    return [received.join(" "), telling.state.broken.length];
  });
  assertEquals(told, [[" A A", 0], [" A AB", 0], [" A B", 1], [" A ", 2], [" AC", 1]]);
});

test("playground: a step changes no earlier state, and Back undoes it", () => {
  const telling = new Telling(1);
  const before = JSON.stringify(telling.state);
  telling.step(0);
  assert(JSON.stringify(telling.state) !== before);
  assertEquals(telling.suggested, 0);
  telling.step(2);
  assertEquals([telling.suggested, telling.isOnTrack], [null, false]);
  telling.back();
  telling.back();
  telling.back();
  assertEquals([JSON.stringify(telling.state), telling.moves, telling.suggested], [before, "", 0]);
});

test("playground: a story's link brings its steps back, and no other hash does", () => {
  STORIES.forEach((_, number) => {
    for (const { variant } of VARIANTS) {
      const telling = new Telling(number, variant);
      for (let i = 0; i < 40; i++) telling.step(i * 7 % telling.story.actors.length);
      const again = decodeTelling(encodeTelling(telling));
      assertEquals(again?.state, telling.state);
    }
  });
  const wrong = [
    "o1",
    "o1.9.0.",
    "o1.0.9.",
    "o2.0.0.0",
    "o1.0.0.3",
    "o1.0.0.9",
    "o1.0.0.x",
    `o1.0.0.${"1".repeat(301)}`,
  ];
  for (const hash of wrong) assertEquals(decodeTelling(hash), null, hash);
  fc.assert(fc.property(fc.string({ maxLength: 30 }), (text) => {
    const telling = decodeTelling(`o1.${text}`);
    assert(telling === null || encodeTelling(telling) === `o1.${text}`);
  }));
});

// Random scenarios.

const choice = fc.record({
  kind: fc.nat(11),
  peer: fc.nat(99),
  other: fc.nat(99),
  some: fc.array(fc.nat(99), { minLength: 1, maxLength: 3 }),
  more: fc.array(fc.nat(99), { maxLength: 2 }),
  text: fc.string({ unit: "grapheme", maxLength: 12 }),
});
type Choice = typeof choice extends fc.Arbitrary<infer T> ? T : never;

/** Performs a choice, if there is an object to choose; objects may belong to another peer, or be gone. */
function act(session: Session, { kind, peer, other, some, more, text }: Choice): void {
  const { peers, nodes, handles } = session.world;
  const pick = (number: number, from: readonly unknown[]) => number % from.length;
  const own = <T extends { owner: number }>(from: readonly T[], owner: number, number: number) => {
    const owned = from.flatMap((view, i) => view.owner === owner ? [i] : []);
    return owned.length > 0 && number % 20 > 0 ? owned[number % owned.length] : pick(number, from);
  };
  if (peers.length < 2 || kind === 0 && peers.length < 6) {
    return done(session, { do: "open", name: `p${peers.length}` });
  }
  const actor = pick(peer, peers);
  const receiver = pick(other, peers);
  if (handles.length === 0 || kind < 3) return done(session, { do: "node", peer: actor, for: receiver });
  const sending = {
    to: some.map((number) => own(handles, actor, number)),
    text,
    gives: more.map((number) => own(handles, actor, number)),
  };
  const refs: Ref[] = some.map((number, i) =>
    i % 2 === 0 ? { handle: own(handles, actor, number) } : { node: own(nodes, actor, number) }
  );
  const steps: Step[] = [sending, ...refs.map((release) => ({ release }))];
  const rest: Action[] = [
    { do: "send", peer: actor, ...sending },
    { do: "send", peer: actor, ...sending },
    { do: "copy", peer: actor, handle: own(handles, actor, other), for: receiver },
    { do: "transaction", peer: actor, steps },
    { do: "release", peer: actor, objects: refs },
    { do: "receive", peer: actor, all: false },
    { do: "receive", peer: actor, all: true },
    { do: other % 2 === 0 ? "close" : "receive", peer: actor, all: true },
    { do: "send", peer: actor, ...sending },
  ];
  done(session, rest[kind - 3]);
}

function done(session: Session, action: Action): void {
  assertEquals(session.do(action.do === "close" ? { do: "close", peer: action.peer } : action), null);
}

/** A session on which all of it was tried; it is ended in any case. */
function during(choices: readonly Choice[], look: (session: Session) => void): void {
  const session = new Session();
  try {
    for (const one of choices) act(session, one);
    look(session);
  } finally {
    session.world.close();
  }
}

const choices = fc.array(choice, { maxLength: 40, size: "max" });

function wordsOf(world: World): string[][] {
  return world.log.map(({ words }) => [...words]);
}

test("playground: what the board shows is what the bus has", () => {
  let waiting = 0;
  fc.assert(
    fc.property(choices, (choices) => {
      during(choices, (session) => {
        const { world } = session;
        for (const [views, find] of [[world.nodes, "node"], [world.handles, "handle"]] as const) {
          for (const view of views) {
            const { peer, closed } = world.peers[view.owner];
            const object = "coming" in view ? view.node : view.handle;
            let isAlive = true;
            try {
              isAlive = !closed && peer[find](object.id) === object;
            } catch {
              isAlive = false;
            }
            assertEquals(view.state === "live", isAlive);
          }
        }
        // One peer's queue, the longest, as receiving from one can change what waits for another.
        const lengths = session.queues.map(({ items }) => items.length);
        const peer = lengths.indexOf(Math.max(...lengths));
        const queue = session.queues[peer];
        const expected = queue?.items.map((item) => queue.world.describe(item, peer)) ?? [];
        assertEquals(
          world.peers.length > 0 ? world.drain(peer).map((item) => world.describe(item, peer)) : [],
          expected,
        );
        for (const text of expected) assert(!text.includes("undefined") && !/: ,|: \./.test(text), text);
        waiting += expected.length;
      });
    }),
    { numRuns: 150 },
  );
  assert(waiting > 60, `${waiting} in all queues`);
});

test("playground: Back, Forward and a link come to the same as doing it, and leave nothing behind", () => {
  const before = liveCounts();
  fc.assert(
    fc.property(choices, fc.nat(40), (choices, back) => {
      during(choices, (session) => {
        const words = wordsOf(session.world);
        const { counts } = session;
        const hash = encode(session.actions);
        session.goTo(session.done - back);
        session.undo();
        while (session.done < session.length) session.redo();
        assertEquals(wordsOf(session.world), words);
        assertEquals(session.counts, counts);

        const actions = decode(hash);
        assert(!("problem" in actions));
        assertEquals(session.load(actions), null);
        assertEquals(wordsOf(session.world), words);
        assertEquals(session.counts, counts);
      });
    }),
    { numRuns: 60 },
  );
  assertEquals(liveCounts(), before);
});

test("playground: something new forgets what was undone", () => {
  const session = new Session();
  session.load(PRESETS[0].actions);
  session.goTo(2);
  assertEquals([session.done, session.length], [2, 5]);
  assertEquals(session.do({ do: "close", peer: 0 }), null);
  assertEquals([session.done, session.length], [3, 3]);
  assertEquals(session.do({ do: "receive", peer: 7, all: true }), "an action names an object that is not there");
  assertEquals([session.done, session.length], [3, 3]);
  session.world.close();
});

// Links.

test("playground: a scenario comes back from its link, and has one link only", () => {
  fc.assert(fc.property(choices, (choices) => {
    during(choices, ({ actions }) => {
      const hash = encode(actions);
      assert(/^1[A-Za-z0-9_-]+$/.test(hash));
      assertEquals(decode(hash), [...actions]);
    });
  }));
  assertEquals(decode(encode([])), []);
});

/** What decodes must encode to what it was; what does not, says why. */
function isJudged(hash: string): boolean {
  const decoded = decode(hash);
  if ("problem" in decoded) return decoded.problem.startsWith("This link is ");
  return encode(decoded) === hash;
}

test("playground: a link that was cut, mistyped or made up is a problem in words", () => {
  const whole = encode(PRESETS[1].actions);
  for (let end = 0; end < whole.length; end++) assert("problem" in decode(whole.slice(0, end)), `the first ${end}`);
  fc.assert(fc.property(fc.nat(whole.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, character) => {
    const hash = whole.slice(0, at) + character + whole.slice(at + 1);
    assert(hash === whole || "problem" in decode(hash), hash);
  }));
  // The bits of the last character that belong to no byte.
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (const { actions } of PRESETS) {
    const hash = encode(actions);
    const good = [...alphabet].filter((last) => !("problem" in decode(hash.slice(0, -1) + last)));
    assertEquals(good, [hash.at(-1)]);
  }
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => isJudged(text) && isJudged(`1${text}`)));
});

/** The hash of any bytes, with the check that they need to be looked at. */
function forged(bytes: readonly number[]): string {
  let [sum, sums] = [1, 0];
  for (const byte of bytes) {
    sum = (sum + byte) % 251;
    sums = (sums + sum) % 251;
  }
  const binary = String.fromCharCode(...bytes, sums, sum);
  return `1${btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

test("playground: a link forged with the right check is held to the limits, and does no more than they say", () => {
  assertEquals(decode(forged([0])), []);
  const bytes = fc.array(fc.oneof(fc.nat(20), fc.nat(255)), { maxLength: 60 });
  fc.assert(
    fc.property(bytes, (bytes) => {
      const hash = forged([1, 0, 1, 97, ...bytes]);
      assert(isJudged(hash));
      const decoded = decode(forged([bytes.length % 8, ...bytes]));
      if ("problem" in decoded) return;
      const session = new Session();
      const problem = session.load(decoded);
      assert(problem === null || problem.startsWith("This link is not a scenario: "));
      session.world.close();
    }),
    { numRuns: 2000 },
  );
  const problems = [
    [255, 255, 127], // very many actions
    [255, 255, 255, 127], // a number that is too long
    [1, 0, 1, 65], // a name in capitals
    [1, 0, 2, 105, 102], // "if" as a name
    [1, 0, 2, 255, 255], // no text
    [1, 0, 9, 97], // a text that ends too early
    [1, 128, 0, 1, 97], // a number in a longer form than it needs
    [1, 8 + 9], // a peer that is not there
    [1, 0, 1, 97, 0], // more than there should be
    [2, 0, 1, 97, 2, 0, 0, 0], // a message without destinations
    [2, 0, 1, 97, 5, 0], // a release of nothing
    [2, 0, 1, 97, 2, 255, 255, 3], // very many destinations
  ].map((bytes) => decode(forged(bytes)));
  for (const problem of problems) assert("problem" in problem, JSON.stringify(problem));
});

test("playground: no link makes more than a board can show", () => {
  const many = LIMITS.named;
  const to = new Array(many).fill(0);
  const flood: Action[] = [
    { do: "open", name: "a" },
    { do: "node", peer: 0, for: 0 },
    { do: "send", peer: 0, to, text: "", gives: to },
  ];
  assert("problem" in decode(encode(flood)), "64 times 65");
  const peers: Action[] = Array.from({ length: LIMITS.peers + 1 }, (_, i) => ({ do: "open", name: `p${i}` }));
  assert("problem" in decode(encode(peers)));
  assert(!("problem" in decode(encode(peers.slice(1)))));
  const looks: Action[] = Array.from({ length: LIMITS.actions }, () => ({ do: "receive", peer: 0, all: true }));
  assert(!("problem" in decode(encode([peers[0], ...looks.slice(1)]))));
  assert("problem" in decode(encode([peers[0], ...looks])));
  assertStringIncludes(JSON.stringify(decode(`1${"A".repeat(70_000)}`)), "longer than any scenario");
  assertStringIncludes(JSON.stringify(decode("2abc")), "another version");

  const session = new Session();
  const twice: Action[] = [peers[0], peers[0]];
  assertEquals(session.load(twice), "This link is not a scenario: p0 is there already.");
  assertEquals(session.load([peers[0], { do: "copy", peer: 0, handle: 3, for: 0 }])?.includes("not there"), true);
  assertEquals(session.length, 0);
});

// The program.

/** What a program prints. Each is a module of its own, as its user has it, but for where the bus is. */
async function printedBy(text: string, folder: string, number: number): Promise<string[]> {
  const path = join(folder, `program${number}.ts`);
  writeFileSync(path, text.replace('"@bus1/bus1"', JSON.stringify(new URL("../../mod.ts", import.meta.url).href)));
  const printed: string[] = [];
  const { log } = console;
  console.log = (line: unknown) => printed.push(String(line));
  try {
    await import(pathToFileURL(path).href);
  } finally {
    console.log = log;
  }
  return printed;
}

/** What the log says that the program prints. */
function expectedOf(session: Session): string[] {
  const lines: string[] = [];
  for (const { words, failed } of session.world.log) {
    for (const text of words) {
      const said = /received “(.*)” at n\d+, from/s.exec(text);
      const told = /received (node-release|handle-release) of/.exec(text);
      if (failed) lines.push(/nothing happened\. (\w+):/.exec(text)![1]);
      else if (said) lines.push(said[1]);
      else if (told) lines.push(told[1]);
      else if (/looked, and nothing was ready/.test(text)) lines.push("nothing");
    }
  }
  return lines;
}

/** Messages that a program could get wrong. */
const HARD_TO_QUOTE: readonly Action[] = [
  { do: "open", name: "a" },
  { do: "node", peer: 0, for: 0 },
  ...['"', "\\", "`${1}`", "'", "\n\r", "\u2028", "\0", "*/", "</script>"].flatMap((text): Action[] => [
    { do: "send", peer: 0, to: [0], text, gives: [] },
    { do: "receive", peer: 0, all: false },
  ]),
];

test("playground: the program does what the board did, on any engine", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bus1-playground-"));
  try {
    const sessions = [
      ...PRESETS.map(({ actions }) => (session: Session) => assertEquals(session.load(actions), null)),
      (session: Session) => assertEquals(session.load(HARD_TO_QUOTE), null),
      ...fc.sample(choices, { numRuns: 25, seed: 7 }).map(
        (choices) => (session: Session) => {
          for (const one of choices) act(session, { ...one, text: one.text.replaceAll("”", "") });
        },
      ),
    ];
    let number = 0;
    const kinds = new Map<string, number>();
    for (const fill of sessions) {
      const session = new Session();
      fill(session);
      const text = programOf(session.world);
      const printed = await printedBy(text, folder, number++);
      const expected = expectedOf(session);
      session.world.close();
      for (const line of expected) kinds.set(line, (kinds.get(line) ?? 0) + 1);
      assertEquals(printed.map((line) => ["0", "null"].includes(line) ? "nothing" : line), expected, text);
    }
    for (const kind of ["node-release", "handle-release", "EBADRQC", "ESHUTDOWN", "nothing"]) {
      assert(kinds.has(kind), kind);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("playground: a peer's name can be a variable, and is none that the program has", () => {
  assert(["alice", "p1", "server", "x", "async", "of"].every(isName));
  const refused = [
    "",
    "Alice",
    "a-b",
    "1a",
    "await",
    "class",
    "n1",
    "h22",
    "m3",
    "tx",
    "console",
    "error",
    "aaaaaaaaaaaaa",
    "a b",
  ];
  for (const name of refused) assert(!isName(name), name);
  fc.assert(fc.property(fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/), (name) => {
    if (isName(name)) new Function(`"use strict"; const ${name} = 1; return ${name};`);
  }));
});

test("playground: every preset is told to its end, opens where its peers are, and nothing in it is refused", () => {
  for (const { title, actions, ...preset } of PRESETS) {
    const session = new Session();
    assertEquals(session.load(actions), null);
    const start = startOf({ title, actions, ...preset });
    assert(start >= 2 && actions.slice(0, start).every((action) => action.do === "open"), title);
    for (const { failed, words } of session.world.log) assert(!failed, words.join());
    session.world.close();
  }
});
