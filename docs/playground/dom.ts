/**
 * Elements of the page.
 *
 * Rules:
 * - Text becomes a text node, never markup: so no text from a link can run as code.
 * - Drawing again keeps the focus: the element that had it is found again by its id.
 *
 * @module
 */

/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import { at } from "./list.ts";

export type Child = Node | string | null | false;

/** Attributes (`true`: without a value; `false`: left out), and event listeners. */
type Props = Record<string, string | number | boolean | ((event: Event) => void)>;

/** Makes an element of HTML. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  return filled(document.createElement(tag), props, children);
}

/** Makes an element of SVG. */
export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  props: Props = {},
  ...children: Child[]
): SVGElementTagNameMap[Tag] {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), props, children);
}

function filled<E extends Element>(element: E, props: Props, children: Child[]): E {
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (name === "checked") (element as unknown as HTMLInputElement).checked = value === true;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false) element.setAttribute(name, String(value));
  }
  for (const child of children) if (child !== null && child !== false) element.append(child);
  return element;
}

/** Makes a button; `aria-label` names it where the text alone is not clear. */
export function button(
  id: string,
  text: string,
  press: () => void,
  more: Props = {},
  ...children: Child[]
): HTMLButtonElement {
  return h("button", { type: "button", id, click: press, ...more }, text, ...children);
}

/** Makes a list to choose from. */
export function select<T extends string | number>(
  id: string,
  options: readonly { value: T; text: string }[],
  chosen: T,
  change: (value: T) => void,
  more: Props = {},
): HTMLSelectElement {
  const element = h(
    "select",
    { id, ...more, change: () => change(at(options, element.selectedIndex).value) },
    ...options.map(({ value, text }) => h("option", { value, selected: value === chosen }, text)),
  );
  return element;
}

/** Makes a label above its control. */
export function field(id: string, label: string, control: HTMLElement): HTMLElement {
  return h("div", { class: "field" }, h("label", { for: id }, label), control);
}

/** Draws `place` again. The element that had the focus gets it back, or `otherwise` if it is gone. */
export function draw(place: Element, children: Child[], otherwise?: () => HTMLElement | null): void {
  const { activeElement: active } = document;
  const had = active !== null && place.contains(active);
  const id = active?.id ?? "";
  const tops = [...place.querySelectorAll("[data-scroll]")].map(({ id, scrollTop }) => ({ id, scrollTop }));
  place.replaceChildren(...children.filter((child): child is Node | string => child !== null && child !== false));
  for (const { id, scrollTop } of tops) {
    const element = document.getElementById(id);
    if (element !== null) element.scrollTop = scrollTop;
  }
  if (!had) return;
  const again = id === "" ? null : document.getElementById(id);
  const usable = again !== null && !(again as HTMLButtonElement).disabled ? again : otherwise?.() ?? null;
  usable?.focus({ preventScroll: true });
}

/** Puts text onto the clipboard, where the browser lets a page do that. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without a secure context or permission, the older interface may work.
  }
  const area = h("textarea", { "aria-hidden": "true", class: "unseen" });
  area.value = text;
  const { activeElement: active } = document;
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  (active as HTMLElement | null)?.focus();
  return copied;
}
