/**
 * The page: two views, the hash of the address that describes their state, and one place for announcements.
 *
 * Rules:
 * - The hash is checked before any of it is performed. A wrong hash is reported, and the page goes on.
 * - Nothing is loaded, stored or sent: the page is one file.
 *
 * @module
 */

/// <reference lib="dom" />

import { BoardView } from "./board_view.ts";
import { CommitView } from "./commit_view.ts";
import { button, draw, h } from "./dom.ts";
import { decode } from "./share.ts";
import { decodeTelling } from "./stories.ts";

const TABS = ["board", "commit"] as const;
type Tab = (typeof TABS)[number];

const TITLES: Record<Tab, string> = { board: "The board", commit: "A commit, step by step" };

class Page {
  readonly #status: HTMLElement = document.getElementById("status")!;
  readonly #problem: HTMLElement = document.getElementById("problem")!;
  readonly #views: { board: BoardView; commit: CommitView };
  #tab: Tab = "board";
  /** The last hash that the page has written itself. */
  #written = "";
  #isReady = false;

  constructor() {
    this.#views = { board: new BoardView(this), commit: new CommitView(this) };
    document.getElementById("views")!.append(this.#views.board.element, this.#views.commit.element);
    document.getElementById("skip")!.addEventListener("click", () => document.getElementById("views")!.focus());
    this.#drawTabs();
    this.#isReady = true;
    this.#read();
    addEventListener("hashchange", () => this.#read());
  }

  say(text: string, isShown = false): void {
    if (!this.#isReady) return;
    this.#status.textContent = text;
    this.#status.classList.toggle("unseen", !isShown);
  }

  moved(hash: string): void {
    if (!this.#isReady) return;
    this.#complain(null);
    this.#written = hash;
    try {
      history.replaceState(null, "", `#${hash}`);
    } catch {
      // Some browsers limit the number of calls in a time: the next call has the whole state again.
    }
  }

  /** Shows the state in the hash of the address. */
  #read(): void {
    const hash = location.hash.slice(1);
    if (hash === "" || hash === this.#written) return;
    this.#complain(hash.startsWith("o") ? this.#readCommit(hash) : this.#readBoard(hash));
  }

  #readBoard(hash: string): string | null {
    const decoded = decode(hash);
    const problem = "problem" in decoded ? decoded.problem : this.#views.board.load(decoded);
    if (problem === null) this.#show("board");
    return problem;
  }

  #readCommit(hash: string): string | null {
    const telling = decodeTelling(hash);
    if (telling === null) return "This link is damaged, or of another version of the playground.";
    this.#views.commit.load(telling);
    this.#show("commit");
    return null;
  }

  #complain(problem: string | null): void {
    this.#problem.hidden = problem === null;
    draw(
      this.#problem,
      problem === null ? [] : [
        h("p", {}, `${problem} The page shows what it showed before.`),
        button("dismiss", "Dismiss", () => {
          this.#complain(null);
          document.getElementById("views")!.focus();
        }, { class: "small" }),
      ],
    );
  }

  #choose(tab: Tab): void {
    this.#show(tab);
    this.moved(this.#views[tab].hash);
    this.say(TITLES[tab]);
  }

  #show(tab: Tab): void {
    this.#tab = tab;
    for (const name of TABS) this.#views[name].element.hidden = name !== tab;
    this.#drawTabs();
    this.#views.board.shown();
  }

  #drawTabs(): void {
    draw(
      document.getElementById("tabs")!,
      TABS.map((tab, i) => {
        const isShown = tab === this.#tab;
        return button(`tab-${tab}`, TITLES[tab], () => this.#choose(tab), {
          role: "tab",
          "aria-selected": isShown ? "true" : "false",
          "aria-controls": `view-${tab}`,
          tabindex: isShown ? 0 : -1,
          keydown: (event) => {
            if (!["ArrowLeft", "ArrowRight"].includes((event as KeyboardEvent).key)) return;
            const other = TABS[i === 0 ? 1 : 0];
            this.#choose(other);
            document.getElementById(`tab-${other}`)!.focus();
          },
        });
      }),
    );
  }
}

new Page();
