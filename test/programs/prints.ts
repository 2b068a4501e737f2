/** Prints a megabyte by the words of the command line: lines that are numbered. */

import { print } from "../../src/cli/screen.ts";

for (let i = 0; i < 2000; i++) print(`${i} ${"x".repeat(500)}`);
