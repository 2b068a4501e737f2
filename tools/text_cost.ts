/**
 * Measures what the text of the native builds costs an isolate that imports the package, in each runtime:
 *
 * ```sh
 * deno run -A tools/text_cost.ts
 * ```
 *
 * Each runtime starts Workers in turn, one that imports the package and one that imports a copy with empty builds. Each
 * figure is the difference of two medians of 20 Workers: milliseconds until a Worker has imported the package, and growth of the
 * process's resident memory. The limits are 3 ms and 1 MB.
 *
 * @module
 */

import { makeJavaScript } from "./javascript.ts";
import { root, run, tool } from "./toolchain.ts";

const LIMITS = { milliseconds: 3, megabytes: 1 };

const WORKER = `
import { parentPort } from "node:worker_threads";
import { Peer } from "./mod.js";

parentPort.on("message", () => Peer); // keeps the Worker and the package alive
parentPort.postMessage("imported");
`;

const MEASURE = `
import process from "node:process";
import { Worker } from "node:worker_threads";

async function start(copy) {
  const before = process.memoryUsage().rss, begin = performance.now();
  const worker = new Worker(new URL("./" + copy + "/worker.mjs", import.meta.url));
  await new Promise((resolve) => worker.on("message", resolve));
  const milliseconds = performance.now() - begin;
  await new Promise((resolve) => setTimeout(resolve, 30)); // what the start leaves to do
  return { milliseconds, megabytes: (process.memoryUsage().rss - before) / 1e6 };
}

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];

const started = { whole: [], empty: [] };
for (const copy of ["whole", "empty"]) await start(copy); // the first ones fill caches
for (let round = 0; round < 20; round++) {
  for (const copy of round % 2 ? ["whole", "empty"] : ["empty", "whole"]) started[copy].push(await start(copy));
}
let isGood = true;
for (const [unit, limit] of Object.entries(JSON.parse(process.argv[2]))) {
  const [whole, empty] = ["whole", "empty"].map((copy) => median(started[copy].map((figures) => figures[unit])));
  console.log("  " + unit + ":", (whole - empty).toFixed(2), "(" + whole.toFixed(2), "and", empty.toFixed(2) + ")");
  isGood &&= whole - empty <= limit;
}
process.exit(isGood ? 0 : 1);
`;

/** Makes the package as JavaScript with a Worker beside it, twice: whole, and with empty builds. */
async function makeCopies(folder: string): Promise<void> {
  for (const copy of ["whole", "empty"]) {
    await makeJavaScript(`${folder}/${copy}`);
    await Deno.writeTextFile(`${folder}/${copy}/worker.mjs`, WORKER);
  }
  const path = `${folder}/empty/src/library/builds/libraries.js`;
  const text = await Deno.readTextFile(path);
  const empty = text.replace(/=> \[[^\]]*\]/, "=> []");
  if (empty.length > 10_000) throw new Error(`${path} has another form than expected`);
  await Deno.writeTextFile(path, empty);
}

const folder = await Deno.makeTempDir({ prefix: "bus1-text-cost-" });
let failed = 0;
try {
  await makeCopies(folder);
  await Deno.writeTextFile(`${folder}/measure.mjs`, MEASURE);
  const runtimes = {
    Deno: [...await tool("deno"), "run", "--allow-all", "--no-check"],
    Bun: await tool("bun"),
    "Node.js": ["node"],
  };
  for (const [name, command] of Object.entries(runtimes)) {
    console.log(name);
    if (await run([...command, `${folder}/measure.mjs`, JSON.stringify(LIMITS)], root) !== 0) failed++;
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
Deno.exit(failed === 0 ? 0 : 1);
