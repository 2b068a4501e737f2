/**
 * Stands in for the process that runs conformance points, as if the device killed it, made it hang or made it exit; see
 * test/cli/conformance_test.ts. The number of the point says what happens.
 */

import process from "node:process";

function print(line: object): void {
  console.log(JSON.stringify(line));
}

function hang(): never {
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

const numbers = process.argv.slice(2).map(Number);
if (process.env.BUS1_DEVICE === "unstartable") throw new Error("no such thing");
print({ ready: true });
for (const number of numbers) {
  print({ begin: number });
  switch (number) {
    case 101:
      break;
    case 102:
      process.kill(process.pid, "SIGKILL");
      hang();
      break;
    case 103:
      hang();
      break;
    case 104:
      console.error("it broke");
      process.exit(3);
      break;
    case 105:
      process.exit(0);
      break;
    case 106:
      print({ end: number, failed: "got this, expected that" });
      continue;
    case 107:
      print({ end: number });
      process.exit(7); // between two points
  }
  print({ end: number });
}
