/**
 * The bus in the language of Graphviz.
 *
 * @module
 */

import type { Snapshot } from "../port/snapshot.ts";
import { type Arrow, type Box, counted, factsOf, graphOf, multiplicity, type Row, sentenceOf } from "./bus.ts";
import { clean } from "./text.ts";

/**
 * Writes a snapshot in DOT, the language of Graphviz: `dot -Tsvg` draws it.
 *
 * @example
 * ```ts
 * import { inspect, Peer } from "@bus1/bus1";
 * import { toDot } from "@bus1/bus1/graph";
 *
 * using peer = Peer.open({ name: "server" });
 * console.log(toDot(inspect())); // digraph bus1 { ...
 * ```
 */
export function toDot(snapshot: Snapshot): string {
  const { boxes, arrows } = graphOf(snapshot);
  return [
    "digraph bus1 {",
    "  rankdir=LR;",
    '  node [shape=box, style=rounded, fontname="sans-serif", fontsize=11];',
    '  graph [fontname="sans-serif", fontsize=12, style=rounded];',
    '  edge [fontname="sans-serif", fontsize=9];',
    ...boxes.flatMap(cluster),
    ...arrows.map(edge),
    "}",
    "",
  ].join("\n");
}

function cluster({ key, peer, title, facts, rows, handles }: Box): string[] {
  const style = peer.local ? [] : ['    style="rounded,dashed";'];
  return [
    `  subgraph cluster_${key} {`,
    `    label=${label(title, facts)};`,
    ...style,
    `    ${key} [shape=plain, label=${quoted(handles === 0 ? "" : counted(handles, "handle"))}];`,
    ...rows.map(node),
    "  }",
  ];
}

function node(row: Row): string {
  const style = row.node.released ? ', style="rounded,dotted"' : "";
  return `    ${row.key} [label=${label(row.title, factsOf(row))}${style}];`;
}

function edge(arrow: Arrow): string {
  const { from, to, count, waiting, gone } = arrow;
  const attributes = [`tooltip=${quoted(sentenceOf(arrow))}`];
  if (count > 1) attributes.push(`label=${quoted(multiplicity(arrow))}`);
  if (gone) attributes.push("style=dotted");
  else if (waiting === count) attributes.push("style=dashed");
  return `  ${from.key} -> ${to.key} [${attributes.join(", ")}];`;
}

function label(title: string, facts: string[]): string {
  return `"${escaped(title)}${facts.length > 0 ? `\\n${escaped(facts.join(", "))}` : ""}"`;
}

function quoted(text: string): string {
  return `"${escaped(text)}"`;
}

/** Escapes backslashes and quotes, and ampersands, which begin entities. */
function escaped(text: string): string {
  return clean(text).replace(/&/g, "&amp;").replace(/[\\"]/g, "\\$&");
}
