/**
 * The bus in the language of Mermaid.
 *
 * @module
 */

import type { Snapshot } from "../port/snapshot.ts";
import { type Arrow, type Box, counted, factsOf, graphOf, multiplicity, type Row } from "./bus.ts";
import { clean } from "./text.ts";

/**
 * Writes a snapshot as a flowchart of Mermaid, which many viewers of Markdown draw.
 *
 * @example
 * ```ts
 * import { inspect, Peer } from "@bus1/bus1";
 * import { toMermaid } from "@bus1/bus1/graph";
 *
 * using peer = Peer.open({ name: "server" });
 * console.log(toMermaid(inspect())); // flowchart LR ...
 * ```
 */
export function toMermaid(snapshot: Snapshot): string {
  const { boxes, arrows } = graphOf(snapshot);
  const elsewhere = boxes.filter(({ peer }) => !peer.local).map(({ key }) => key);
  return [
    "flowchart LR",
    ...boxes.flatMap(subgraph),
    ...arrows.map(edge),
    ...(elsewhere.length > 0 ? [`  style ${elsewhere.join(",")} stroke-dasharray: 5 5`] : []),
    "",
  ].join("\n");
}

/** The arrows of a peer begin in a node of its own: Mermaid has no arrow from a box to a node in it. */
function subgraph({ key, title, facts, rows, handles }: Box): string[] {
  const start = handles > 0 || rows.length === 0 ? [`    ${key}h([${quoted(counted(handles, "handle"))}])`] : [];
  return [`  subgraph ${key}[${label(title, facts)}]`, ...start, ...rows.map(node), "  end"];
}

function node(row: Row): string {
  return `    ${row.key}[${label(row.title, factsOf(row))}]`;
}

function edge(arrow: Arrow): string {
  const { from, to, count, waiting, gone } = arrow;
  const line = gone || waiting === count ? "-.->" : "-->";
  return `  ${from.key}h ${line}${count > 1 ? `|${quoted(multiplicity(arrow))}|` : ""} ${to.key}`;
}

function label(title: string, facts: string[]): string {
  return quoted(facts.length > 0 ? `${title} (${facts.join(", ")})` : title);
}

/** Writes every character that has a meaning in Mermaid, Markdown or HTML by its number. */
function quoted(text: string): string {
  const escaped = clean(text).replace(/[^\p{L}\p{N}\p{M}\p{So} ,.:×…\uFFFD]/gu, (c) => `#${c.codePointAt(0)};`);
  return `"${escaped}"`;
}
