/**
 * The diagnosis of `doctor`, for people.
 *
 * @module
 */

import { inWords } from "../support/machine.ts";
import { bold, counted, dim, elapsed, green, red, yellow } from "../support/screen.ts";
import type { Diagnosis } from "./diagnosis.ts";
import type { SelfTest } from "./self_test.ts";

/** The width of the first column, in characters. */
const FIRST = 12;

/** Returns the whole report, without a line end after it. */
export function forPeople(found: Diagnosis): string {
  const { version, engines, permissions, environment, tests, advice } = found;
  const parts = [
    section(`bus1 ${version}`, about(found)),
    section(
      "Engines",
      engines.map(({ engine, available, chosen, reason }) => {
        const mark = chosen ? green("taken") : available ? "works" : dim("none ");
        // The section of the device lists the faults.
        return line(engine, `${mark}  ${reason.replace(/ breaks the contract: .*/, " breaks the contract")}`);
      }),
    ),
    section(`Device ${found.device.path}`, aboutDevice(found)),
  ];
  if (permissions !== null) {
    parts.push(section(
      "Permissions",
      grouped(permissions).map(({ name, state, why }) => line(name, `${stateInWords(state)}  ${dim(why)}`)),
    ));
  }
  parts.push(
    section(
      "Environment",
      environment.map(({ name, readable, value }) =>
        line(name, value ?? dim(readable ? "not set" : `not readable: --allow-env=${name}`), 16)
      ),
    ),
    section("Self-test", tests.map(aboutTest)),
    section("Live counts after it", [
      line("", Object.entries(found.live).map(([noun, n]) => `${n} ${noun}`).join(", ")),
    ]),
  );
  if (advice.length > 0) parts.push(section("What would help", advice.map((text) => `  - ${text}`)));
  return [...parts, verdict(found)].join("\n\n");
}

function section(head: string, lines: string[]): string {
  return [bold(head), ...lines].join("\n");
}

function line(name: string, text: string, width: number = FIRST): string {
  return `  ${name.padEnd(width)} ${text}`;
}

function about({ runtime, system, library, abi }: Diagnosis): string[] {
  const from = library.from === "package" ? "this package's" : "BUS1_LIBRARY names it";
  const found = abi.found === null
    ? dim("unknown")
    : abi.found === abi.expected
    ? green("the same")
    : red(`${abi.found}`);
  return [
    line("runs in", inWords(runtime, system)),
    line("library", `${library.path ?? "none"} (${from}): ${library.opened ? green("opened") : yellow("not opened")}`),
    line("ABI", `${abi.expected} is expected, found: ${found}`),
  ];
}

function aboutDevice({ device: { from, state, faults, reason } }: Diagnosis): string[] {
  const colour = { works: green, faulty: yellow, unusable: dim, unknown: dim }[state];
  const words = { works: "it keeps the contract, as far as can be tried", faulty: counted(faults.length, "fault") };
  return [
    line(from === "default" ? "" : "BUS1_DEVICE", `${colour(state)}: ${reason ?? words[state as keyof typeof words]}`),
    ...faults.map(({ name, words }) => line("", `${name.padEnd(3)} ${words}`)),
  ];
}

/** Returns one entry for all permissions of one name and one state. */
function grouped(permissions: NonNullable<Diagnosis["permissions"]>): { name: string; state: string; why: string }[] {
  const groups = new Map<string, { name: string; state: string; why: string }>();
  for (const { name, state, why } of permissions) groups.set(`${name} ${state}`, { name, state, why });
  return [...groups.values()];
}

function stateInWords(state: string): string {
  if (state === "granted") return green("granted    ");
  return yellow(state === "prompt" ? "not granted" : "denied     ");
}

function aboutTest({ engine, what, result, milliseconds, detail }: SelfTest): string {
  const mark = { passed: green("passed"), failed: red("FAILED"), skipped: dim("skipped") }[result];
  const words = what === "message" ? "a message in this isolate" : "a message from a Worker";
  const rest = detail ?? (milliseconds === null ? "" : elapsed(milliseconds));
  return line(engine, `${words.padEnd(26)} ${mark}  ${rest}`);
}

function verdict({ ok, engines, tests }: Diagnosis): string {
  const chosen = engines.find(({ chosen }) => chosen)?.engine;
  if (ok) return green(bold(`It works: programs take the engine ${chosen}.`));
  if (chosen === undefined) return red(bold("Programs find no engine here."));
  const failed = tests.filter(({ result }) => result === "failed");
  return red(bold(`The engine ${chosen} is taken, but ${counted(failed.length, "test")} failed.`));
}
