/**
 * The view of the board: the scenario and its steps, the board, the panel, and the log.
 *
 * @module
 */

/// <reference lib="dom" />

import { type Action, freeName, isName, LIMITS, type Ref } from "./action.ts";
import { Board } from "./board.ts";
import { button, copyText, draw, field, h, select } from "./dom.ts";
import { at } from "./list.ts";
import { LogView } from "./log_view.ts";
import { Panel } from "./panel.ts";
import { isBegunBy, PRESETS, startOf } from "./presets.ts";
import { programOf } from "./program.ts";
import { Session } from "./session.ts";
import { encode } from "./share.ts";
import { counted } from "./words.ts";

/** What both views need from the page. */
export interface PageHost {
  /** Announces a text to screen readers; a text that stands nowhere else on the page is shown too. */
  say(text: string, isShown?: boolean): void;
  /** Notes that the state has another hash. */
  moved(hash: string): void;
}

/** Entries of the list of scenarios beside the presets. */
const OWN = -1;
const EMPTY = -2;

export class BoardView {
  readonly element: HTMLElement = h("section", { id: "view-board", role: "tabpanel", "aria-labelledby": "tab-board" });
  readonly session: Session = new Session();
  peer = 0;
  selected: Ref | null = null;
  readonly #page: PageHost;
  readonly #board: Board = new Board(this);
  readonly #panel: Panel = new Panel(this);
  readonly #log: LogView = new LogView();
  readonly #toolbar: HTMLElement = h("div", { class: "toolbar", role: "group", "aria-label": "Scenario" });
  readonly #about: HTMLElement = h("p", { class: "about" });
  readonly #opener: HTMLElement = h("div", { class: "opener" });
  readonly #counts: HTMLElement = h("p", { class: "counts" });
  #preset = 0;

  constructor(page: PageHost) {
    this.#page = page;
    this.element.append(
      this.#toolbar,
      this.#about,
      h(
        "div",
        { class: "stage" },
        h(
          "section",
          { class: "card bus", "aria-labelledby": "bus-title" },
          h("div", { class: "card-head" }, h("h2", { id: "bus-title" }, "The bus"), this.#counts),
          button("skip-board", "Skip the board", () => document.getElementById("actor")?.focus(), { class: "skip" }),
          this.#board.element,
          this.#opener,
        ),
        h(
          "section",
          { class: "card panel", "aria-labelledby": "panel-title" },
          h("h2", { id: "panel-title" }, "Do something"),
          this.#panel.element,
        ),
        h(
          "section",
          { class: "card history", "aria-labelledby": "log-title" },
          h(
            "div",
            { class: "card-head" },
            h("h2", { id: "log-title" }, "What happened, and the program that does it"),
            button("copy-program", "Copy program", () => void this.#copyProgram()),
          ),
          this.#log.element,
        ),
      ),
    );
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.loadPreset(0);
  }

  get hash(): string {
    return encode(this.session.actions);
  }

  /** Loads a scenario from a link. Returns why it is refused, or `null`. */
  load(actions: readonly Action[]): string | null {
    const problem = this.session.load(actions);
    if (problem !== null) return problem;
    this.#preset = PRESETS.findIndex((preset) => actions.length > startOf(preset) && isBegunBy(preset, actions));
    this.#fresh();
    return null;
  }

  loadPreset(number: number): void {
    this.#preset = number;
    const preset = PRESETS[number];
    if (preset === undefined) this.session.load([]);
    else this.session.load(preset.actions, startOf(preset));
    this.#fresh();
  }

  act(action: Action): boolean {
    const { world } = this.session;
    const before = world.log.length;
    const problem = this.session.do(action);
    if (problem !== null) {
      this.#page.say(`That cannot be done here: ${problem}.`, true);
      return false;
    }
    const { failed } = at(world.log, before);
    const preset = PRESETS[this.#preset];
    if (preset !== undefined && !isBegunBy(preset, this.session.actions)) this.#preset = OWN;
    if (action.do === "open") this.#setPeer(world.peers.length - 1);
    this.#changed(before);
    return !failed;
  }

  receive(peer: number, all: boolean): void {
    this.act({ do: "receive", peer, all });
  }

  choosePeer(peer: number): void {
    this.#setPeer(peer);
    this.selected = null;
    this.draw();
  }

  chooseNode(node: number): void {
    this.#setPeer(at(this.session.world.nodes, node).owner);
    this.selected = { node };
    this.draw();
    this.#panel.prepareRelease(node);
  }

  chooseHandle(handle: number): void {
    this.#setPeer(at(this.session.world.handles, handle).owner);
    this.selected = { handle };
    this.draw();
    this.#panel.prepareSend(handle);
  }

  draw(): void {
    const { session } = this;
    const { peers, nodes, handles, messages, bytes } = session.counts;
    this.#drawToolbar();
    this.#about.textContent = PRESETS[this.#preset]?.about ??
      "Open peers, create nodes, send. Back undoes everything.";
    this.#board.draw();
    this.#counts.textContent = `liveCounts(): ${
      [
        counted(peers, "peer"),
        counted(nodes, "node"),
        counted(handles, "handle"),
        counted(messages, "message"),
        counted(bytes, "byte"),
      ].join(", ")
    }`;
    this.#drawOpener();
    this.#panel.draw();
    this.#log.draw(session.world);
  }

  /** Draws the arrows, since the places of the boxes are known when the view is shown. */
  shown(): void {
    this.#board.drawArrows();
  }

  #fresh(): void {
    this.peer = 0;
    this.selected = null;
    this.#panel.reset();
    this.#changed(this.session.done);
  }

  /** Draws the new state, and announces the entries of the log from `before` on. */
  #changed(before: number): void {
    const { world } = this.session;
    if (world.peers[this.peer]?.closed !== false) {
      this.#setPeer(Math.max(0, world.peers.findIndex(({ closed }) => !closed)));
    }
    this.draw();
    const news = world.log.slice(before).flatMap(({ words }) => words);
    if (news.length > 0) this.#page.say(news.join(" "));
    this.#page.moved(this.hash);
  }

  #setPeer(peer: number): void {
    if (peer !== this.peer) this.#panel.reset();
    this.peer = peer;
  }

  #go(count: number): void {
    const before = this.session.done;
    this.session.goTo(count);
    this.selected = null;
    const last = this.session.actions[this.session.done - 1];
    if (last !== undefined && "peer" in last) this.#setPeer(last.peer); // the forms are for the peer that has just acted
    this.#changed(Math.min(before, this.session.done));
    if (this.session.done < before) {
      this.#page.say(`Back: ${this.session.done} of ${this.session.length} steps are done.`);
    }
  }

  #drawToolbar(): void {
    const { session } = this;
    const { done, length } = session;
    const isOwn = PRESETS[this.#preset] === undefined;
    const options = [
      ...PRESETS.map(({ title }, value) => ({ value, text: title })),
      { value: EMPTY, text: "An empty board" },
      ...(isOwn && length > 0 ? [{ value: OWN, text: "Your own" }] : []),
    ];
    const chosen = !isOwn ? this.#preset : length > 0 ? OWN : EMPTY;
    draw(this.#toolbar, [
      field("preset", "Scenario", select("preset", options, chosen, (value) => this.loadPreset(value))),
      h(
        "div",
        { class: "steps", role: "group", "aria-label": "Steps" },
        button("back", "Back", () => this.#go(done - 1), { disabled: done === 0, "aria-keyshortcuts": "Control+Z" }),
        h("span", { class: "position" }, `${done} / ${length}`),
        button("forward", "Forward", () => this.#go(done + 1), {
          class: done < length ? "primary" : "",
          disabled: done === length,
          "aria-keyshortcuts": "Control+Y",
        }),
        button("to-start", "Start over", () => this.#go(0), { disabled: done === 0 }),
      ),
      button("copy-link", "Copy link", () => void this.#copyLink(), { class: "share" }),
    ], () => document.getElementById(done < length ? "forward" : "back"));
  }

  #drawOpener(): void {
    const names = this.session.world.peers.map(({ name }) => name);
    const input = h("input", {
      id: "new-name",
      type: "text",
      value: freeName(names),
      maxlength: 12,
      autocomplete: "off",
      autocapitalize: "none",
      spellcheck: "false",
      keydown: (event) => {
        if ((event as KeyboardEvent).key === "Enter") open();
      },
    });
    const open = () => {
      const name = input.value.trim();
      if (!isName(name)) {
        return this.#page.say(
          "A name has up to 12 small letters and digits, and must not be a keyword of TypeScript.",
          true,
        );
      }
      if (names.includes(name)) return this.#page.say(`${name} is there already.`, true);
      this.act({ do: "open", name });
    };
    const full = names.length >= LIMITS.peers;
    draw(this.#opener, [
      field("new-name", "A new peer", input),
      button("open-peer", "Open it", open, { disabled: full }),
    ]);
  }

  #key(event: KeyboardEvent): void {
    const { target, key } = event;
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    if (target instanceof HTMLInputElement && target.type === "text") return;
    const isRedo = key === "y" || key === "Z" || key === "z" && event.shiftKey;
    if (!isRedo && key !== "z") return;
    event.preventDefault();
    this.#go(this.session.done + (isRedo ? 1 : -1));
  }

  async #copyLink(): Promise<void> {
    this.#page.moved(this.hash);
    const link = `${location.href.replace(/#.*/s, "")}#${this.hash}`;
    const copied = await copyText(link);
    this.#page.say(copied ? "The link is copied." : "The link is in the address bar: copy it from there.", true);
  }

  async #copyProgram(): Promise<void> {
    const copied = await copyText(programOf(this.session.world));
    this.#page.say(copied ? "The program is copied." : "This browser does not let a page copy.", true);
  }
}
