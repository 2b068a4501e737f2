/**
 * A registry that has one version of one package: as much of JSR's protocol as Deno speaks.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

/** A registry that serves until it is disposed. */
export interface Registry {
  /** Where it is, as `JSR_URL` has it. */
  url: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Serves the package in a folder: its published files. */
export async function serve(folder: string): Promise<Registry> {
  const { name, version, exports } = JSON.parse(readFileSync(join(folder, "deno.json"), "utf8"));
  const [scope, bare] = name.slice(1).split("/");
  const answers = new Map<string, string | Uint8Array>();
  const manifest: Record<string, { size: number; checksum: string }> = {};
  for (const path of filesOf(folder)) {
    const bytes = readFileSync(join(folder, path));
    manifest[`/${path}`] = {
      size: bytes.length,
      checksum: `sha256-${createHash("sha256").update(bytes).digest("hex")}`,
    };
    answers.set(`/${name}/${version}/${path}`, bytes);
  }
  answers.set(
    `/${name}/meta.json`,
    JSON.stringify({ scope, name: bare, latest: version, versions: { [version]: {} } }),
  );
  answers.set(`/${name}/${version}_meta.json`, JSON.stringify({ manifest, exports }));

  const server = createServer(({ url }, response) => {
    const answer = answers.get(url ?? "");
    if (answer === undefined) return response.writeHead(404).end();
    const type = url!.endsWith(".json") ? "application/json" : url!.endsWith(".ts") ? "text/typescript" : "text/plain";
    response.writeHead(200, { "content-type": type }).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function filesOf(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
}
