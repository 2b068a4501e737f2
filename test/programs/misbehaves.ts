/** Runs points of a conformance group as a device would have it that kills, hangs and lies; see conformance_cli_test.ts. */

import process from "node:process";

function say(line: object): void {
  console.log(JSON.stringify(line));
}

function forever(): never {
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

const numbers = process.argv.slice(2).map(Number);
if (process.env.BUS1_DEVICE === "unstartable") throw new Error("no such thing");
say({ ready: true });
for (const number of numbers) {
  say({ begin: number });
  switch (number) {
    case 101:
      break;
    case 102:
      process.kill(process.pid, "SIGKILL");
      forever();
      break;
    case 103:
      forever();
      break;
    case 104:
      console.error("it broke");
      process.exit(3);
      break;
    case 105:
      process.exit(0);
      break;
    case 106:
      say({ end: number, failed: "seen this, expected that" });
      continue;
    case 107:
      say({ end: number });
      process.exit(7); // between two points
  }
  say({ end: number });
}
