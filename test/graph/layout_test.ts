/** Drawings: they show the whole snapshot, nothing overlaps, and names are always text. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { inspect, Peer } from "@bus1/bus1";
import { type PeerSnapshot, type Snapshot, toDot, toMermaid, toSvg } from "@bus1/bus1/graph";
import { graphOf } from "../../src/graph/bus.ts";
import { layOut } from "../../src/graph/layout.ts";
import { clean, columns, cut, xml } from "../../src/graph/text.ts";
import { test } from "../support/harness.ts";
import { random } from "../support/random.ts";

const SIZES = { widthOf: () => 120, head: 44, row: 24 };

/** Names that could break a drawing. */
const HOSTILE = [
  "<script>alert(1)</script>",
  `"quotes" & 'apostrophes' \\ \\N \\n`,
  "</text></svg><b>",
  "]]><!--",
  "a\nb\0c\x1b[31m",
  "half \ud800",
  "\u202Eright to left",
  "数据库服务器连接池管理器",
  "👩‍👩‍👧‍👦 family",
  "#quot; `code` **bold** end",
  "${1+1}{{x}}|a|[b](c)",
  "x".repeat(500),
  "&amp;",
];

function peerOf(number: number, more: Partial<PeerSnapshot> = {}): PeerSnapshot {
  return { engine: "native", number, name: null, local: true, nodes: [], handles: [], queued: null, ...more };
}

function nodeOf(id: number, name: string | null = null): PeerSnapshot["nodes"][number] {
  return { id, name, handles: 1, released: false, queued: null };
}

/** A random bus with that number of peers, some nodes each, and that number of handles. */
function anyBus(seed: number, peers: number, handles: number): Snapshot {
  const below = random(seed);
  const snapshot: Snapshot = {
    peers: Array.from({ length: peers }, (_, i) => {
      const nodes = Array.from({ length: below(4) }, (_, k) => nodeOf(2 * k + 1, below(2) ? `node ${k}` : null));
      return peerOf(i + 1, { name: below(3) ? `peer number ${i}` : null, nodes });
    }),
  };
  for (let i = 0; i < handles; i++) {
    const [from, to] = [snapshot.peers[below(peers)], snapshot.peers[below(peers)]];
    if (to.nodes.length === 0) continue;
    from.handles.push({ id: 2 * i + 1, peer: to.number, node: to.nodes[below(to.nodes.length)].id, gone: false });
  }
  return snapshot;
}

const EXAMPLE: Snapshot = {
  peers: [
    peerOf(1, {
      name: "server",
      nodes: [{ id: 1, name: "files", handles: 3, released: false, queued: { messages: 2, bytes: 6 } }],
      queued: { messages: 2, bytes: 6 },
    }),
    peerOf(2, {
      local: false,
      nodes: [{ id: 1, name: null, handles: 0, released: true, queued: null }],
      handles: [
        { id: 1, peer: 1, node: 1, gone: false },
        { id: 3, peer: 1, node: 1, gone: false },
        { id: null, peer: 1, node: 1, gone: false },
        { id: 5, peer: 2, node: 1, gone: true },
        { id: 7, peer: 9, node: 1, gone: true },
        { id: 9, peer: null, node: null, gone: null },
      ],
    }),
  ],
};

test("graph: DOT", () => {
  assertEquals(
    toDot(EXAMPLE),
    `digraph bus1 {
  rankdir=LR;
  node [shape=box, style=rounded, fontname="sans-serif", fontsize=11];
  graph [fontname="sans-serif", fontsize=12, style=rounded];
  edge [fontname="sans-serif", fontsize=9];
  subgraph cluster_p1 {
    label="server\\npeer 1, native, 2 queued";
    p1 [shape=plain, label=""];
    p1n1 [label="files\\nnode 1, 3 handles, 2 queued, 6 bytes"];
  }
  subgraph cluster_p2 {
    label="peer 2\\nnative, elsewhere, 1 handle to what is gone, 1 handle to elsewhere";
    style="rounded,dashed";
    p2 [shape=plain, label="6 handles"];
    p2n1 [label="node 1\\nreleased", style="rounded,dotted"];
  }
  p2 -> p1n1 [tooltip="peer 2 → files of server: 3 handles, 1 of them in its queue", label="×3"];
  p2 -> p2n1 [tooltip="peer 2 → node 1 of peer 2: 1 handle, the node is gone", style=dotted];
}
`,
  );
});

test("graph: Mermaid", () => {
  assertEquals(
    toMermaid(EXAMPLE),
    `flowchart LR
  subgraph p1["server #40;peer 1, native, 2 queued#41;"]
    p1n1["files #40;node 1, 3 handles, 2 queued, 6 bytes#41;"]
  end
  subgraph p2["peer 2 #40;native, elsewhere, 1 handle to what is gone, 1 handle to elsewhere#41;"]
    p2h(["6 handles"])
    p2n1["node 1 #40;released#41;"]
  end
  p2h -->|"×3"| p1n1
  p2h -.-> p2n1
  style p2 stroke-dasharray: 5 5
`,
  );
});

test("graph: SVG shows the whole snapshot", () => {
  const svg = toSvg(EXAMPLE);
  for (
    const told of [
      "2 peers, 1 node, 6 handles, 2 messages queued",
      "<title>server, peer 1, native, 2 queued</title>",
      "<title>files, node 1, 3 handles, 2 queued, 6 bytes</title>",
      "<title>peer 2 → files of server: 3 handles, 1 of them in its queue</title>",
      ">×3</text>",
      'class="box else"',
      'class="released"',
      'class="arrow gone"',
      "prefers-color-scheme:dark",
    ]
  ) assertStringIncludes(svg, told);
  assertEquals([...svg.matchAll(/class="tip"/g)].length, 2);
});

test("graph: an empty snapshot is drawn, too", () => {
  for (const draw of [toSvg, toDot, toMermaid]) assert(draw({ peers: [] }).length > 10);
  assertStringIncludes(toSvg({ peers: [] }), "0 peers");
  wellFormed(toSvg({ peers: [] }));
});

test("graph: names of any characters are always text", () => {
  const names = HOSTILE.map((name, i) =>
    peerOf(i + 1, {
      name,
      nodes: [nodeOf(1, name)],
      handles: [{ id: 3, peer: ((i + 1) % HOSTILE.length) + 1, node: 1, gone: false }],
    })
  );
  const snapshot = { peers: names };
  const svg = toSvg(snapshot);
  assertEquals(textsOf(svg).filter((text) => text === clean(HOSTILE[0])).length, 2);
  assert(!/<(script|b)\b/.test(svg) && !svg.includes("]]>"));
  for (const line of toDot(snapshot).split("\n")) {
    // Every quote that is not escaped opens or closes a string.
    assertEquals(line.replace(/\\./g, "").split('"').length % 2, 1, line);
  }
  for (const line of toMermaid(snapshot).split("\n")) {
    for (const [, label] of line.matchAll(/"([^"]*)"/g)) assert(!/[<>`&[\]{}|*_\\]/.test(label), line);
    assert(line.split('"').length <= 3, line);
  }
});

test("graph: text is measured, cut and cleaned by visible characters", () => {
  assertEquals(cut("short", 10), "short");
  assert(cut("x".repeat(100), 10).endsWith("…") && columns(cut("x".repeat(100), 10)) <= 10);
  assertEquals(cut("👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 5), "👩‍👩‍👧‍👦…");
  assert(columns("数据") > columns("ab"));
  assertEquals(clean("a\0b\u2028c\ud800"), "a\ufffdb\ufffdc\ufffd");
  assertEquals(xml(`<&"'>`), "&#60;&#38;&#34;&#39;&#62;");
});

test("graph: boxes do not overlap, and arrows run over none", () => {
  for (
    const [seed, peers, handles] of [[1, 1, 3], [2, 2, 4], [3, 6, 20], [4, 20, 60], [5, 40, 120], [6, 60, 30], [
      7,
      12,
      300,
    ]]
  ) {
    const graph = graphOf(anyBus(seed, peers, handles));
    const { width, height, boxes, arrows } = layOut(graph, SIZES);
    assertEquals(boxes.length, peers);
    assertEquals(arrows.length, graph.arrows.length);
    for (const [i, a] of boxes.entries()) {
      assert(
        a.x >= 0 && a.y >= 0 && a.x + a.width <= width + 1 && a.y + a.height <= height + 1,
        `seed ${seed}: within`,
      );
      for (const b of boxes.slice(i + 1)) {
        const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
        assert(apart, `seed ${seed}: ${a.box.title} and ${b.box.title}`);
      }
    }
    const placed = new Map(boxes.map((box) => [box.box, box]));
    for (const { arrow, points, loops } of arrows) {
      const [from, to] = [placed.get(arrow.from)!, placed.get(arrow.to.box)!];
      const [[startX, startY], [endX, endY]] = [points[0], points.at(-1)!];
      assert(
        [from.x, from.x + from.width].includes(startX) && within(startY, from),
        `seed ${seed}: it begins at its peer`,
      );
      const row = to.rows.find(({ row }) => row === arrow.to)!;
      assert([to.x, to.x + to.width].includes(endX) && within(endY, row), `seed ${seed}: it ends at its node`);
      if (loops) continue;
      // A curve stays between the heights of its ends, so only the runs within a column can meet a box.
      for (let i = 1; i + 1 < points.length; i += 2) {
        const [[x1, y], [x2]] = [points[i], points[i + 1]];
        for (const box of boxes) {
          const beside = Math.max(x1, x2) <= box.x || Math.min(x1, x2) >= box.x + box.width;
          assert(beside || !within(y, box), `seed ${seed}: an arrow runs over ${box.box.title}`);
        }
      }
      for (let i = 0; i < points.length; i += 2) {
        const [left, right] = [points[i][0], points[i + 1][0]].sort((a, b) => a - b);
        for (const box of boxes) {
          const crosses = left < box.x + box.width && right > box.x &&
            Math.min(right, box.x + box.width) - Math.max(left, box.x) > 0.01;
          const heights = [points[i][1], points[i + 1][1]].sort((a, b) => a - b);
          assert(
            !crosses || heights[1] < box.y || heights[0] > box.y + box.height,
            `seed ${seed}: over ${box.box.title}`,
          );
        }
      }
    }
    wellFormed(toSvg(anyBus(seed, peers, handles)));
  }
});

test("graph: buses of 200 and 2000 objects are drawn, always the same", () => {
  for (const [peers, handles] of [[50, 100], [400, 1000]]) {
    const bus = anyBus(9, peers, handles);
    assertEquals(toSvg(bus), toSvg(structuredClone(bus)));
  }
}, { timeout: 60_000 });

test("graph: a real bus", () => {
  using server = Peer.open({ engine: "typescript", name: "drawn server" });
  using client = Peer.open({ engine: "typescript", name: "drawn client" });
  const { handle } = server.createNode({ for: client, name: "drawn node" });
  client.send(handle, "hello");
  for (const draw of [toSvg, toDot, toMermaid]) {
    const text = draw(inspect());
    for (const name of ["drawn server", "drawn client", "drawn node"]) assertStringIncludes(text, name);
    assertStringIncludes(text, "1 queued");
  }
});

function within(y: number, { y: top, height }: { y: number; height: number }): boolean {
  return y >= top && y <= top + height;
}

/** The texts of an SVG, as they are seen. */
function textsOf(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) =>
    text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code))
  );
}

/** Every element that is opened is closed, in order; every attribute is quoted; and no character is stray. */
function wellFormed(svg: string): void {
  const open: string[] = [];
  let at = 0;
  for (const tag of svg.matchAll(/<(\/?)([a-z]+)((?:\s[\w:-]+="[^"<]*")*)\s?(\/?)>/g)) {
    const between = svg.slice(at, tag.index);
    assert(!/[<>]|&(?!#\d+;)/.test(open.at(-1) === "style" ? between.replace(/>/g, "") : between), between);
    at = tag.index + tag[0].length;
    const [, closes, name, , empty] = tag;
    if (closes) assertEquals(open.pop(), name);
    else if (!empty) open.push(name);
  }
  assertEquals([open, svg.slice(at).trim()], [[], ""]);
}
