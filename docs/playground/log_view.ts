/**
 * What has happened, in words, and beside it the line of TypeScript that does the same.
 *
 * Entries are added and taken away at the end only, so that who listens hears what is new and nothing twice.
 *
 * @module
 */

/// <reference lib="dom" />

import { h } from "./dom.ts";
import type { Entry, World } from "./world.ts";

export class LogView {
  readonly element: HTMLOListElement = h("ol", {
    class: "log",
    id: "log",
    role: "log",
    "aria-label": "What happened",
    tabindex: 0,
  });
  readonly #shown: Entry[] = [];

  draw(world: World): void {
    const { log } = world;
    let same = 0;
    while (same < log.length && same < this.#shown.length && isSame(log[same], this.#shown[same])) same++;
    while (this.#shown.length > same) {
      this.#shown.pop();
      this.element.lastElementChild!.remove();
    }
    for (const entry of log.slice(same)) {
      this.#shown.push(entry);
      this.element.append(row(entry));
    }
    this.element.scrollTop = this.element.scrollHeight;
  }
}

function row({ words, code, failed }: Entry): HTMLElement {
  return h(
    "li",
    { class: failed ? "entry failed" : "entry" },
    h("div", { class: "words" }, ...words.map((text) => h("p", {}, text))),
    h("pre", { class: "code" }, h("code", {}, code.join("\n"))),
  );
}

function isSame(a: Entry, b: Entry): boolean {
  return a.words.join("\n") === b.words.join("\n") && a.code.join("\n") === b.code.join("\n");
}
