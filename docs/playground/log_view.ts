/**
 * The log: what has happened, in words, and beside it the lines of TypeScript that do the same.
 *
 * Entries are added and removed at the end only, so that a reader keeps the place.
 *
 * @module
 */

/// <reference lib="dom" />

import { h } from "./dom.ts";
import type { Entry, World } from "./world.ts";

export class LogView {
  // The page announces new entries in the same words, so the log itself is not announced.
  readonly element: HTMLElement = h("div", {
    class: "log",
    id: "log",
    role: "log",
    "aria-live": "off",
    "aria-labelledby": "log-title",
    tabindex: 0,
  });
  readonly #list: HTMLOListElement = h("ol");
  readonly #shown: Entry[] = [];

  constructor() {
    this.element.append(this.#list);
  }

  draw(world: World): void {
    const { log } = world;
    let same = 0;
    while (isSame(log[same], this.#shown[same])) same++;
    while (this.#shown.length > same) {
      this.#shown.pop();
      this.#list.lastElementChild!.remove();
    }
    for (const entry of log.slice(same)) {
      this.#shown.push(entry);
      this.#list.append(row(entry));
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

function isSame(a: Entry | undefined, b: Entry | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a.words.join("\n") === b.words.join("\n") && a.code.join("\n") === b.code.join("\n");
}
