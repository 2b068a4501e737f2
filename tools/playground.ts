/**
 * Builds the playground: one file, `docs/playground/dist/index.html`, with script and style in it.
 *
 * The page makes no network requests: it works from a disk as from any web server. Its own policy names the script and
 * the style by their hashes, and forbids to load or run anything else.
 *
 * @example
 * ```sh
 * deno task playground           # builds it, and says where it is
 * deno task playground --serve   # and serves it on this machine, until it is stopped
 * ```
 *
 * @module
 */

import { environment, root, tool, ToolError } from "./toolchain.ts";

const folder = `${root}/docs/playground`;
/** In the order in which they apply. */
const STYLES = ["style.css", "board.css", "commit.css"];

const target = `${folder}/dist/index.html`;

/** Writes the file; returns its length in bytes. */
async function build(): Promise<number> {
  const script = (await bundle()).replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--").trim();
  const style = (await Promise.all(STYLES.map((name) => Deno.readTextFile(`${folder}/${name}`)))).join("\n").trim();
  const policy = [
    "default-src 'none'",
    `script-src '${await hashOf(script)}'`,
    `style-src '${await hashOf(style)}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const parts: Record<string, string> = {
    "POLICY": policy,
    "<!-- STYLE -->": `<style>${style}</style>`,
    "<!-- SCRIPT -->": `<script type="module">${script}</script>`,
  };
  let page = await Deno.readTextFile(`${folder}/index.html`);
  for (const [place, part] of Object.entries(parts)) {
    const around = page.split(place);
    if (around.length !== 2) throw new ToolError(`index.html must have one place for ${place}`);
    page = around.join(part);
  }
  await Deno.mkdir(`${folder}/dist`, { recursive: true });
  const aside = await Deno.makeTempFile({ dir: `${folder}/dist` }); // a browser that opens it meanwhile sees the old one
  await Deno.writeTextFile(aside, page);
  await Deno.chmod(aside, 0o644);
  await Deno.rename(aside, target);
  return new TextEncoder().encode(page).length;
}

/** The page's script, with the bus. */
async function bundle(): Promise<string> {
  const [file, ...args] = [...await tool("bun"), "build", `${folder}/main.ts`, "--target=browser", "--minify"];
  const { success, stdout, stderr } = await new Deno.Command(file, { args, cwd: root, env: environment() }).output();
  if (!success) throw new ToolError(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** A source for a content security policy. */
async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}`;
}

function serve(): void {
  const onListen = ({ port }: { port: number }) =>
    console.log(`http://127.0.0.1:${port}/ has it, until this is stopped`);
  Deno.serve({ hostname: "127.0.0.1", port: 0, onListen }, async (request) => {
    if (new URL(request.url).pathname !== "/") return new Response("There is one page, at /.\n", { status: 404 });
    return new Response(await Deno.readFile(target), { headers: { "content-type": "text/html; charset=utf-8" } });
  });
}

try {
  const isServing = Deno.args.includes("--serve");
  const other = Deno.args.find((arg) => arg !== "--serve");
  if (other !== undefined) throw new ToolError(`${other} is not an option; --serve is`);
  const size = await build();
  console.log(`${target}: ${Math.ceil(size / 1024)} KiB, and all of it: open it in a browser`);
  if (isServing) serve();
} catch (error) {
  if (!(error instanceof ToolError)) throw error;
  console.error(`playground: ${error.message}`);
  Deno.exit(1);
}
