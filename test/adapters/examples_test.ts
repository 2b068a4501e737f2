/** The programs in the adapters' doc comments are those of docs/rpc.md, which `documents_test.ts` runs. */

import { readFile } from "node:fs/promises";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { test } from "../support/harness.ts";

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");

for (const adapter of ["capnweb", "comlink"]) {
  test(`adapters: the programs in the documentation of ${adapter} are run`, async () => {
    const page = await read("docs/rpc.md");
    const module = (await read(`src/adapters/${adapter}.ts`)).replaceAll(/^ \* ?/gm, "");
    const programs = [...module.matchAll(/^@example (\w+\.ts)\n```ts ignore\n(.*?)```$/gms)];
    assertEquals(programs.map(([, name]) => name), ["main.ts", "worker.ts"]);
    for (const [, name, text] of programs) assertStringIncludes(page, `\`\`\`ts ${name}\n// ${name}\n${text}\`\`\``);
  });
}
