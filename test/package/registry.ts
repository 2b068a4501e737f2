/**
 * A registry with one version of one package: the part of JSR's protocol that Deno uses.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

/** A running registry. Disposing closes it. */
export interface Registry {
  /** Its address, for `JSR_URL`. */
  url: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Serves the published files in a folder as a package. */
export async function serve(folder: string): Promise<Registry> {
  const { name, version, exports } = JSON.parse(readFileSync(join(folder, "deno.json"), "utf8"));
  const [scope, bare] = name.slice(1).split("/");
  const responses = new Map<string, string | Uint8Array>();
  const manifest: Record<string, { size: number; checksum: string }> = {};
  for (const path of filesOf(folder)) {
    const bytes = readFileSync(join(folder, path));
    manifest[`/${path}`] = {
      size: bytes.length,
      checksum: `sha256-${createHash("sha256").update(bytes).digest("hex")}`,
    };
    responses.set(`/${name}/${version}/${path}`, bytes);
  }
  responses.set(
    `/${name}/meta.json`,
    JSON.stringify({ scope, name: bare, latest: version, versions: { [version]: {} } }),
  );
  responses.set(`/${name}/${version}_meta.json`, JSON.stringify({ manifest, exports }));

  const server = createServer(({ url }, response) => {
    const body = responses.get(url ?? "");
    if (body === undefined) return response.writeHead(404).end();
    const type = url!.endsWith(".json") ? "application/json" : url!.endsWith(".ts") ? "text/typescript" : "text/plain";
    response.writeHead(200, { "content-type": type }).end(body);
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
