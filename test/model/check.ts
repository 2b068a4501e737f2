/**
 * Lets Spin check the models of the protocol: `deno task test model`.
 *
 * Rules:
 * - A model holds only if Spin has seen all of its states; a search that was cut short is a failure.
 * - Every fault in a model (`FAULT_...`) must break one of its assertions; faults of the queue, in the model of order.
 * - Spin comes from the system; without it, the tests are skipped with that reason. The compiler is the project's Zig.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { tool } from "../../tools/toolchain.ts";

interface Model {
  /** Instances that are small enough to search, as their macro definitions; faults are planted in the first. */
  instances: string[][];
  /** The files with the faults that it refutes. */
  files: string[];
}

const models: Record<string, Model> = {
  order: {
    instances: [["SENDERS=2", "TELLERS=2", "LOOKS=2"], ["SENDERS=3", "TELLERS=1", "LOOKS=1"]],
    files: ["order", "queue"],
  },
  node_release: { instances: [[]], files: ["node_release"] },
  handle_release: { instances: [[]], files: ["handle_release"] },
};

const folder = new URL("./", import.meta.url);

const withoutSpin = await isInstalled("spin") ? "" : " (spin is not installed)";

async function isInstalled(program: string): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args: ["-V"] }).output()).success;
  } catch { // no such program
    return false;
  }
}

/** Runs a program to its end. Returns what it printed. */
async function output(cwd: string, [program, ...args]: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args, cwd }).output();
  const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
  assert(success, `${program} ${args.join(" ")}\n${text}`);
  return text;
}

/** Returns Spin's verdict on all runs of a model. */
async function verdict(model: string, defines: string[], optimize: "-O0" | "-O2"): Promise<string> {
  const zig = await tool("zig");
  const scratch = await Deno.makeTempDir({ prefix: "bus1-model-" });
  try {
    const preprocessor = [...zig.map((word) => `'${word}'`), "cc", "-E", "-xc"].join(" ");
    const file = decodeURIComponent(new URL(`${model}.pml`, folder).pathname);
    await output(scratch, ["spin", `-P${preprocessor}`, ...defines.map((define) => `-D${define}`), "-a", file]);
    const limits = ["-DSAFETY", "-DMEMLIM=2000"]; // safety only, since no rule is about liveness; megabytes
    await output(scratch, [...zig, "cc", "-w", "-fno-sanitize=all", optimize, ...limits, "-o", "pan", "pan.c"]);
    return await output(scratch, [`${scratch}/pan`, "-m10000", "-w22"]); // steps of a run; bits of its table's size
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

async function faultsOf(file: string): Promise<string[]> {
  const text = await Deno.readTextFile(new URL(`${file}.pml`, folder));
  return [...new Set(text.match(/\bFAULT_[A-Z_]+/g))];
}

Deno.test("model: each file is checked, and has faults", async () => {
  const files: string[] = [];
  for await (const { name } of Deno.readDir(folder)) if (name.endsWith(".pml")) files.push(name.slice(0, -4));
  const checked = Object.values(models).flatMap((model) => model.files);
  assertEquals(files.sort(), checked.sort());
  for (const file of checked) assert((await faultsOf(file)).length > 0, file);
});

for (const [name, { instances, files }] of Object.entries(models)) {
  for (const instance of instances) {
    Deno.test({
      name: `model: ${[name, ...instance].join(" ")}: the rules hold${withoutSpin}`,
      ignore: withoutSpin !== "",
      fn: async () => {
        const text = await verdict(name, instance, "-O2");
        assertMatch(text, /, errors: 0$/m);
        assert(!/Search not completed|search depth too small/.test(text), text);
      },
    });
  }
  for (const fault of (await Promise.all(files.map(faultsOf))).flat()) {
    Deno.test({
      name: `model: ${name}: ${fault} breaks a rule${withoutSpin}`,
      ignore: withoutSpin !== "",
      fn: async () => {
        assertMatch(await verdict(name, [...instances[0], fault], "-O0"), /assertion violated/);
      },
    });
  }
}
