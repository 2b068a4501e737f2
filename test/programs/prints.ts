/** Prints a megabyte by the output functions of the command line: numbered lines. */

import { print } from "../../src/cli/support/screen.ts";

for (let i = 0; i < 2000; i++) print(`${i} ${"x".repeat(500)}`);
