/**
 * Checks of the playground's page. Each function runs in the browser, so it uses nothing outside of itself.
 *
 * @module
 */

/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** Texts that are hard to read: contrast below 4.5, or below 3 if they are large. */
export function faintTexts(): string[] {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true })!;
  const rgba = (color: string): number[] => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].map((value) => value / 255);
  };
  const luminance = ([r, g, b]: number[]): number => {
    const [x, y, z] = [r, g, b].map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element: Element): number[] => {
    for (let at: Element | null = element; at !== null; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] > 0.99) return color;
      if (color[3] > 0.01) return [2, 2, 2, 0]; // nothing here is half transparent
    }
    return rgba("white");
  };
  const faint = new Set<string>();
  let looked = 0;
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].filter(({ nodeType }) => nodeType === 3).map((node) => node.nodeValue).join("")
      .trim();
    const value = element instanceof HTMLInputElement && element.type === "text" ? element.value : text;
    if (value === "" || element.closest("script, style, noscript, option") || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const [light, dark] = [luminance(rgba(style.color)), luminance(behind(element))].sort((a, b) => b - a);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || size >= 18.66 && Number(style.fontWeight) >= 700;
    const contrast = (light + 0.05) / (dark + 0.05);
    looked++;
    if (!(contrast >= (isLarge ? 3 : 4.5)) || light > 1) {
      faint.add(`${value.slice(0, 30)}: ${contrast.toFixed(2)} ${element.className}`);
    }
  }
  if (looked < 20) faint.add(`only ${looked} texts were found`);
  return [...faint];
}

/** Returns what is wrong for screen readers and for use without a mouse. */
export function obstacles(): string[] {
  const found: string[] = [];
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  for (const id of new Set(ids)) {
    if (ids.filter((other) => other === id).length > 1) found.push(`two elements are #${id}`);
  }
  for (const name of ["aria-labelledby", "aria-controls", "for"]) {
    for (const element of document.querySelectorAll(`[${name}]`)) {
      for (const id of element.getAttribute(name)!.split(" ")) {
        if (!ids.includes(id)) found.push(`${name}: #${id} does not exist`);
      }
    }
  }
  const nameOf = (element: Element): string => {
    const labels = (element as HTMLInputElement).labels;
    const by = document.getElementById(element.getAttribute("aria-labelledby") ?? "");
    const label = by ?? (labels && labels.length > 0 ? labels[0] : element);
    return element.getAttribute("aria-label") ?? label.textContent ?? "";
  };
  const controls = [...document.querySelectorAll("button, input, select, textarea, a, [tabindex='0']")]
    .filter((element) => element.checkVisibility());
  for (const element of controls) {
    const name = nameOf(element).trim();
    const seen = element instanceof HTMLButtonElement ? element.innerText.trim() : "";
    const said = element.getAttribute("aria-label");
    if (name === "") found.push(`${element.outerHTML.slice(0, 80)} has no name`);
    // The label must contain the visible text, for voice control: WCAG 2.5.3.
    const isSaid = seen.toLowerCase().split(/\W+/).every((word) => (said ?? seen).toLowerCase().includes(word));
    if (!isSaid) found.push(`"${seen}" is called "${said}"`);
    if ((element as HTMLElement).tabIndex > 0) found.push(`${name} is out of the order`);
    const target = element instanceof HTMLInputElement && element.type !== "text" ? element.closest("label")! : element;
    const { width, height } = target.getBoundingClientRect();
    if (!element.matches(".skip") && (width < 24 || height < 24)) {
      found.push(`${name} is ${width} x ${height}, too small a target`);
    }
  }
  for (const control of controls) {
    const target = control.closest("label") ?? control;
    const { left, top, width, height } = target.getBoundingClientRect();
    const [x, y] = [left + width / 2, top + height / 2];
    const isIn = (box: DOMRect) => x > box.left && x < box.right && y > box.top && y < box.bottom;
    let isSeen = isIn(new DOMRect(0, 0, innerWidth, innerHeight)) && !target.matches(".skip");
    for (let at = target.parentElement; at !== null; at = at.parentElement) {
      if (getComputedStyle(at).overflowY !== "visible") isSeen &&= isIn(at.getBoundingClientRect());
    }
    const hit = isSeen ? document.elementFromPoint(x, y) : null;
    if (hit && !target.contains(hit) && !hit.closest("#status")) {
      found.push(`#${control.id} is behind ${hit.outerHTML.slice(0, 60)}`);
    }
  }
  if (controls.length < 10) found.push(`only ${controls.length} controls were found`);
  const levels = [...document.querySelectorAll("h1, h2, h3, h4")].filter((element) => element.checkVisibility())
    .map(({ tagName }) => Number(tagName[1]));
  levels.forEach((level, i) =>
    level > (levels[i - 1] ?? 0) + 1 && found.push(`h${level} comes after h${levels[i - 1]}`)
  );
  if (levels.filter((level) => level === 1).length !== 1) found.push("there is not one h1");
  for (
    const [selector, least] of [["main", 1], ["header", 1], ["[role=status]", 1], [
      "[role=tablist] [role=tab]",
      2,
    ]] as const
  ) {
    if (document.querySelectorAll(selector).length < least) found.push(`too few elements match ${selector}`);
  }
  if (document.documentElement.lang !== "en") found.push("the page does not say its language");
  for (const list of document.querySelectorAll("ul, ol")) {
    for (const child of list.children) if (child.tagName !== "LI") found.push(`a list has a ${child.tagName}`);
  }
  return found;
}

/** By how many pixels the page is wider than its window, and what stands out. */
export function overflow(): string[] {
  const { scrollWidth } = document.documentElement;
  if (scrollWidth <= innerWidth) return [];
  const wide = [...document.querySelectorAll("body *")].filter((element) =>
    element.getBoundingClientRect().right > innerWidth + 0.5
  );
  return [`${scrollWidth - innerWidth} pixels`, ...wide.slice(0, 5).map(({ outerHTML }) => outerHTML.slice(0, 80))];
}

/** Whether the element that has the focus shows it. */
export function showsFocus(): boolean {
  const { activeElement: active } = document;
  if (active === null || active === document.body) return false;
  const shown = active.matches(".kind input") ? active.nextElementSibling! : active;
  const { outlineStyle, outlineWidth } = getComputedStyle(shown);
  return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
}

/** Where the arrows of the board begin and end, beside the boxes: those that end nowhere. */
export function strayArrows(): string[] {
  const boxes = [...document.querySelectorAll(".peer")].map((box) => box.getBoundingClientRect());
  const { left, top } = document.getElementById("board")!.getBoundingClientRect();
  const isAtBox = (x: number, y: number) =>
    boxes.some((box) => y > box.top && y < box.bottom && Math.min(Math.abs(x - box.left), Math.abs(x - box.right)) < 8);
  return [...document.querySelectorAll("path.arrow")].flatMap((path) => {
    const d = path.getAttribute("d")!;
    const numbers = d.match(/-?[\d.]+/g)!.map(Number);
    const ends = [numbers.slice(0, 2), numbers.slice(-2)];
    return ends.every(([x, y]) => isAtBox(x + left, y + top)) ? [] : [d];
  });
}
