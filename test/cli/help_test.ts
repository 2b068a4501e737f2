/** Help texts, and the reports of mistyped words. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { commands, overview } from "../../src/cli/commands.ts";
import { nearestWord } from "../../src/cli/support/nearest_word.ts";
import { VERSION } from "../../src/cli/support/version.ts";
import { cli } from "../support/command.ts";
import { test } from "../support/harness.ts";

const helps = Object.fromEntries(
  await Promise.all(Object.entries(commands).map(async ([name, { load }]) => [name, (await load()).help] as const)),
);

/** The sections of every help text, in their order. */
const SECTIONS = [/^Usage: /, /\nOptions:\n {2}/, /\nExit codes: /, /\nEnvironment:\n {2}/, /\nExamples:\n {2}/];

for (const [name, help] of Object.entries({ ...helps, "": overview })) {
  test(`help: ${name || "the overview"} has all its sections, and no line is too long`, () => {
    assert(help.startsWith(`Usage: ${name || "COMMAND"}`), help);
    const places = SECTIONS.map((section) => help.search(section));
    assert(!places.includes(-1), `${places}`);
    assertEquals(places, places.toSorted((a, b) => a - b));
    for (const line of help.split("\n")) assert(line.length <= 130, line);
  });
}

test("help: the overview names every command, with a line about each", () => {
  for (const [name, { about }] of Object.entries(commands)) {
    assertMatch(overview, new RegExp(`^ {2}${name} +${about.replace(/[?.()]/g, "\\$&")}$`, "m"));
  }
});

for (const [name, help] of Object.entries(helps)) {
  test(`help: ${name} --help, ${name} -h and help ${name} are the same`, async () => {
    for (const args of [[name, "--help"], [name, "-h"], ["help", name]]) {
      assertEquals(await cli(args), { code: 0, stdout: help, stderr: "" });
    }
  });
}

test("help: --help prints the overview, and so does a call without a command, as an error", async () => {
  for (const args of [["--help"], ["-h"], ["help"], ["help", "help"]]) {
    assertEquals(await cli(args), { code: 0, stdout: overview, stderr: "" });
  }
  assertEquals(await cli([]), { code: 2, stdout: "", stderr: overview });
});

test("help: run passes --help on to the program that it runs", async () => {
  const { code, stdout } = await cli(["run", "sh", "-c", 'echo "$1"', "sh", "--help"]);
  assertEquals([code, stdout], [0, "--help\n"]);
});

test("help: an argument after -- is not an option", async () => {
  const { code, stderr } = await cli(["demo", "--", "--help"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "cannot read the folder ");
});

test("version: it is the version in deno.json", async () => {
  for (const arg of ["--version", "-V"]) {
    assertEquals(await cli([arg]), { code: 0, stdout: `bus1 ${VERSION}\n`, stderr: "" });
  }
  assertMatch(VERSION, /^\d+\.\d+\.\d+/);
});

test("wrong words: the error names the nearest right one, with exit code 2", async () => {
  const wrong: [args: string[], complaint: string][] = [
    [["dotcor"], 'there is no command "dotcor": did you mean doctor? "--help" lists them'],
    [["conf"], 'there is no command "conf": did you mean conformance? "--help" lists them'],
    [["dance"], 'there is no command "dance"; "--help" lists them'],
    [["help", "rnu"], 'there is no command "rnu": did you mean run? "--help" lists them'],
    [["--versoin"], 'there is no option --versoin: did you mean --version? "--help" lists them'],
    [["doctor", "--jsno"], 'doctor: there is no option --jsno: did you mean --json? "help doctor" tells more'],
    [["bench", "--round", "3"], 'bench: there is no option --round: did you mean --rounds? "help bench" tells more'],
    [["demo", "--wrokers=2"], 'demo: there is no option --wrokers: did you mean --workers? "help demo" tells more'],
    [
      ["run", "--quirk", "rfc", "true"],
      'run: there is no option --quirk: did you mean --quirks? "help run" tells more',
    ],
    [["conformance", "--zzz"], 'conformance: there is no option --zzz; "help conformance" tells more'],
    [
      ["conformance", "--group", "sned"],
      'conformance: unknown group "sned": did you mean send? the groups are arguments',
    ],
  ];
  for (const [args, complaint] of wrong) {
    const { code, stdout, stderr } = await cli(args);
    assertEquals([code, stdout], [2, ""], stderr);
    assert(stderr.startsWith(`bus1: ${complaint}`), stderr);
  }
  for (
    const args of [["doctor", "now"], ["bench", "--svg"], ["bench", "--quick", "--rounds", "3"], ["demo", "a", "b"]]
  ) {
    const { code, stdout, stderr } = await cli(args);
    assertEquals([code, stdout], [2, ""], stderr);
    assertStringIncludes(stderr, `bus1: ${args[0]}: `);
  }
});

test("wrong words: the nearest differs least; if all differ much, there is none", () => {
  const words = ["demo", "doctor", "run", "--json", "--rounds"];
  const near = [["demo"], ["deom", "demo"], ["DOCTOR", "doctor"], ["doc", "doctor"], ["rum", "run"], [
    "--jsom",
    "--json",
  ]];
  for (const [word, expected = word] of near) assertEquals(nearestWord(word, words), expected);
  for (const word of ["", "-", "x", "xyz", "graphics", "--frobnicate"]) {
    assertEquals(nearestWord(word, words), undefined);
  }
});
