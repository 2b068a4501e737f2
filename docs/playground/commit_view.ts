/**
 * The view of a commit: a story, step by step, with all lists and flags.
 *
 * @module
 */

/// <reference lib="dom" />

import type { PageHost } from "./board_view.ts";
import { type ActorState, type Deed, isReceiver, type Part, type Task, type Variant } from "./commit.ts";
import { button, draw, field, h, select } from "./dom.ts";
import { at } from "./list.ts";
import { encodeTelling, STORIES, Telling, VARIANTS } from "./stories.ts";
import { and, quoted } from "./words.ts";

/** The reasons why the rules hold. */
const REASONS: readonly (readonly [string, string])[] = [
  [
    "All or nothing",
    "The parts of a transaction share one flag. Before it is set none of them can be received, after it all can: there is " +
    "no moment in which one has happened and another has not.",
  ],
  [
    "No early look",
    "A receiver that has received a part has seen the flag set. A receiver that looks later also sees it set, as it is " +
    "never cleared; and it finds its own part, as that was pushed before the flag was set.",
  ],
  [
    "Causes first",
    "If the sender of B knew of A, then A's flag was set before B was pushed. A take that brings B comes after " +
    "that, and flags are tested after the take: A is seen committed. A lies behind B, so it goes to the front later, and " +
    "is received first.",
  ],
];

/** Returns the algorithm, with the step of each line; some lines have no step. */
function listingOf(variant: Variant): readonly (readonly [Deed | null, string])[] {
  return [
    [null, "commit a transaction:"],
    ["push", "  push each part onto its receiver's incoming"],
    ["commit", "  set the flag that all the parts share"],
    ["wake", "  wake the receivers"],
    [null, "receive:"],
    [null, variant === "eager" ? "  whether or not ready is empty:" : "  if ready is empty:"],
    ...(variant === "flag-first" ? [["read", "    read the flags of those on busy"] as const] : []),
    ["take", "    take all of incoming at once"],
    [null, "    of each part, newest first, then busy:"],
    [
      "test",
      variant === "no-flag" ? "      to the front of ready" : "      flag set? to the front of ready, else to busy",
    ],
    ["receive", "  take the first of ready"],
  ];
}

export class CommitView {
  readonly element: HTMLElement = h("section", {
    id: "view-commit",
    role: "tabpanel",
    "aria-labelledby": "tab-commit",
    hidden: true,
  });
  readonly #page: PageHost;
  readonly #toolbar: HTMLElement = h("div", { class: "toolbar", role: "group", "aria-label": "Story" });
  readonly #about: HTMLElement = h("p", { class: "about" });
  readonly #caption: HTMLElement = h("div", { class: "caption" });
  readonly #flags: HTMLElement = h("ul", { class: "flags", "aria-label": "Transactions" });
  readonly #listing: HTMLElement = h("ol", { class: "listing" });
  readonly #actors: HTMLElement = h("div", { class: "actors" });
  readonly #steps: HTMLElement = h("ol", { class: "taken", id: "taken", tabindex: 0, "aria-label": "Steps so far" });
  #telling: Telling = new Telling(0);

  constructor(page: PageHost) {
    this.#page = page;
    this.element.append(
      this.#toolbar,
      this.#about,
      h(
        "div",
        { class: "above" },
        h(
          "div",
          { class: "told" },
          this.#caption,
          h(
            "section",
            { class: "card", "aria-labelledby": "flags-title" },
            h("h2", { id: "flags-title" }, "Transactions and their flags"),
            this.#flags,
          ),
        ),
        h(
          "section",
          { class: "card", "aria-labelledby": "listing-title" },
          h("h2", { id: "listing-title" }, "The algorithm, and the step just taken"),
          this.#listing,
        ),
      ),
      this.#actors,
      h(
        "div",
        { class: "below" },
        h(
          "section",
          { class: "card", "aria-labelledby": "taken-title" },
          h("h2", { id: "taken-title" }, "Steps so far"),
          this.#steps,
        ),
        h(
          "section",
          { class: "card reasons", "aria-labelledby": "reasons-title" },
          h("h2", { id: "reasons-title" }, "Why it holds"),
          h("dl", {}, ...REASONS.flatMap(([name, why]) => [h("dt", {}, name), h("dd", {}, why)])),
        ),
      ),
    );
    this.draw();
  }

  get hash(): string {
    return encodeTelling(this.#telling);
  }

  load(telling: Telling): void {
    this.#telling = telling;
    this.draw();
  }

  #change(telling: Telling): void {
    this.#telling = telling;
    this.draw();
    this.#page.say(`${telling.story.title}.`);
    this.#page.moved(this.hash);
  }

  #step(actor: number): void {
    const before = this.#telling.state.broken.length;
    this.#telling.step(actor);
    this.draw();
    const { taken, state } = this.#telling;
    const broken = state.broken.slice(before).map((text) => ` Against the rules: ${text}`).join("");
    this.#page.say(at(taken, taken.length - 1).words + broken);
    this.#page.moved(this.hash);
  }

  #back(): void {
    this.#telling.back();
    this.draw();
    this.#page.say(`Back: ${this.#telling.taken.length} steps are taken.`);
    this.#page.moved(this.hash);
  }

  draw(): void {
    const telling = this.#telling;
    this.#drawToolbar();
    this.#about.textContent = telling.story.about;
    this.#drawCaption();
    draw(
      this.#flags,
      telling.state.txs.map(({ name, to, pushed, committed }) =>
        h(
          "li",
          { class: committed ? "flag set" : "flag" },
          token(name),
          h(
            "span",
            {},
            h("strong", {}, committed ? "flag set" : "flag not set"),
            h("span", { class: "where" }, `to ${and(to)}: ${pushed} of ${to.length} pushed`),
          ),
          h("span", { class: "pole", "aria-hidden": "true" }),
        )
      ),
    );
    const deed = telling.taken[telling.taken.length - 1]?.deed;
    draw(
      this.#listing,
      listingOf(telling.variant).map(([line, text]) => {
        const isNow = line !== null && line === deed;
        const depth = (text.length - text.trimStart().length) / 2;
        return h(
          "li",
          { class: `deep-${depth}${isNow ? " now" : ""}`, "aria-current": isNow ? "step" : false },
          text.trim(),
        );
      }),
    );
    draw(
      this.#actors,
      telling.story.actors.map((_, actor) => this.#actor(actor)),
      () => document.getElementById("next"),
    );
    draw(this.#steps, telling.taken.map(({ words }) => h("li", {}, words)));
    this.#steps.scrollTop = this.#steps.scrollHeight;
  }

  #drawToolbar(): void {
    const telling = this.#telling;
    const { suggested, number, variant } = telling;
    const stories = STORIES.map(({ title }, value) => ({ value, text: title }));
    const variants = VARIANTS.map(({ variant, title }) => ({ value: variant, text: title }));
    draw(this.#toolbar, [
      field("story", "Story", select("story", stories, number, (value) => this.#change(new Telling(value)))),
      field(
        "variant",
        "Algorithm",
        select("variant", variants, variant, (value) => this.#change(new Telling(number, value))),
      ),
      h(
        "div",
        { class: "steps", role: "group", "aria-label": "Steps" },
        button("step-back", "Back", () => this.#back(), { disabled: telling.taken.length === 0 }),
        button("next", "Next step", () => this.#step(suggested!), { class: "primary", disabled: suggested === null }),
        button("restart", "Restart", () => this.#change(new Telling(number, variant)), {
          disabled: telling.taken.length === 0,
        }),
      ),
    ], () => document.getElementById(suggested !== null ? "next" : "step-back"));
  }

  #drawCaption(): void {
    const { taken, state, suggested, story, isOnTrack } = this.#telling;
    const last = taken[taken.length - 1];
    const upNext = suggested === null
      ? isOnTrack ? "The story is over; go on as you like." : "You have left the story: any actor may go next."
      : `Next in the story: ${at(story.actors, suggested).name} · ${this.#telling.next(suggested)}`;
    draw(this.#caption, [
      h(
        "p",
        { class: "words" },
        last?.words ?? "Nothing has happened yet. Take the next step, or let any actor go first.",
      ),
      h("p", { class: "up-next" }, upNext),
      ...state.broken.map((text) => h("p", { class: "broken" }, h("strong", {}, "Against the rules: "), text)),
    ]);
  }

  #actor(actor: number): HTMLElement {
    const telling = this.#telling;
    const { story, state, suggested } = telling;
    const { name, tasks } = at(story.actors, actor);
    const me = at(state.actors, actor);
    const next = telling.next(actor);
    const receives = isReceiver(story.actors, name);
    return h(
      "section",
      { class: suggested === actor ? "card actor next" : "card actor", "aria-label": name },
      h(
        "div",
        { class: "card-head" },
        h("h2", {}, name),
        me.woken && h("span", { class: "badge" }, "woken"),
        me.queue.look !== null && h("span", { class: "badge" }, "looking"),
      ),
      tasks.length > 0 && h("ol", { class: "tasks" }, ...tasks.map((task, i) => taskLine(task, i, me))),
      button(`step-${actor}`, next ?? "Nothing left to do", () => this.#step(actor), {
        class: "step",
        disabled: next === null,
        "aria-label": next === null ? `${name} has nothing left to do` : `${name}: ${next}`,
      }),
      receives && this.#lists(me, name),
    );
  }

  #lists({ queue, received }: ActorState, name: string): HTMLElement {
    const { incoming, busy, ready, look } = queue;
    return h(
      "div",
      { class: "lists" },
      list(name, "incoming", "LIFO, newest first", incoming),
      list(name, "in hand", "to be tested, next first", look?.hand ?? []),
      list(name, "busy", "not committed when tested", [...look?.held ?? [], ...busy]),
      list(name, "ready", "oldest first", ready),
      list(name, "received", "in this order", received),
    );
  }
}

function taskLine(task: Task, index: number, me: ActorState): HTMLElement {
  const text = "sends" in task
    ? `sends ${task.sends} to ${and(task.parts.map(({ to }) => to))}`
    : `receives until it has ${task.receives}`;
  const state = index < me.task ? "done" : index === me.task ? "now" : "later";
  return h("li", { class: state, "aria-current": state === "now" ? "step" : false }, text);
}

function list(name: string, title: string, about: string, parts: readonly Part[]): HTMLElement {
  return h(
    "div",
    { class: `list ${title.replace(" ", "-")}` },
    h("h3", {}, title, " ", h("span", { class: "where" }, about)),
    parts.length > 0
      ? h(
        "ol",
        { "aria-label": `${name}, ${title}` },
        ...parts.map(({ tx, text }) => h("li", {}, token(tx), h("span", { class: "said" }, quoted(text)))),
      )
      : h("p", { class: "none" }, "empty"),
  );
}

/** Draws a transaction's letter, in its colour. */
function token(tx: string): HTMLElement {
  return h("span", { class: `token ${tx.toLowerCase()}` }, tx);
}
