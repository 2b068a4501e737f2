/**
 * A page of Markdown, parsed for its tests: programs, commands, links and headings.
 *
 * The words of a fence, and the comments before it:
 * - A `ts` block is a program. Words after `ts` are names of files (`main.ts`, `worker.ts`: consecutive blocks with names
 *   are one program, of which the first file is started), `device` (it runs under `cli run`), or `not run: WHY`.
 * - `<!-- setup` before a block contains lines that are added in front of it, for a block that is only a part of a
 *   program. `<!-- setup for all` contains lines for each later block of the page that imports nothing.
 * - The output of a program is in comments after its calls of `console.log`, or in an `output` block after it.
 * - A `c` block is a program too. An `sh` block contains commands, which are run if the fence says `sh run`.
 *
 * @module
 */

/** A fenced block. */
export interface Block {
  /** The line of its fence, from 1 on. */
  line: number;
  /** `ts`, `sh`, ... */
  language: string;
  /** The words after the language. */
  info: string;
  /** Its lines. */
  code: string;
  /** The lines of the `setup` comments before it. */
  setup: string;
  /** The lines of the `output` block after it. */
  output?: string;
}

/** A program of a page. */
export interface Program {
  line: number;
  language: "c" | "ts";
  /** Name and text of each file; the first is started. */
  files: [name: string, text: string][];
  /** Whether it has more than one file, and so more than one thread. */
  hasThreads: boolean;
  onDevice: boolean;
  /** Why it is not run. */
  notRun?: string;
  /** The lines that it must print; each may continue with `: ` and a reason. */
  prints: string[];
  /** A call of `console.log` without a stated output. */
  unstated?: string;
}

/** A parsed page. */
export interface Page {
  /** Relative to the root of the repository. */
  path: string;
  text: string;
  blocks: Block[];
  programs: Program[];
  /** The targets of its links, each with its line. */
  links: { line: number; target: string }[];
  /** The anchors of its headings. */
  anchors: Set<string>;
}

const PRINTS = /^.*\bconsole\.log\(.*\);\s*\/\/ (.+)$/;
const NOT_RUN = /^not run: (.+)$/;

/** Parses a page. Throws an `Error` that names the line if a fence or comment is not closed. */
export function parsePage(path: string, text: string): Page {
  const blocks: Block[] = [];
  const links: Page["links"] = [];
  const anchors = new Set<string>();
  const lines = text.split("\n");
  let setupForAll = "";
  let setup = "";
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i];
    const fence = /^ *```(\w*) ?(.*)$/.exec(line);
    if (line.startsWith("<!--")) {
      const end = endOf(lines, i, /-->/, path);
      const hidden = lines.slice(i + 1, end).join("\n") + "\n";
      if (line.trim() === "<!-- setup") setup = hidden;
      if (line.trim() === "<!-- setup for all") setupForAll = hidden;
      i = end;
    } else if (fence) {
      const end = endOf(lines, i + 1, /^ *```$/, path);
      const indent = line.search(/\S/); // a fence in a list
      const code = lines.slice(i + 1, end).map((inside) => inside.slice(indent)).join("\n") + "\n";
      const previous = blocks.at(-1);
      if (fence[1] === "output" && previous) previous.output = code.trimEnd();
      else {
        const isWhole = fence[1] !== "ts" || /^import /m.test(setup + code);
        const before = (isWhole ? "" : setupForAll) + setup;
        blocks.push({ line: i + 1, language: fence[1], info: fence[2].trim(), code, setup: before });
      }
      setup = "";
      i = end;
    } else {
      const heading = /^#+ (.+)$/.exec(line);
      if (heading) anchors.add(anchorOf(heading[1]));
      const plain = line.replace(/`[^`]*`/g, "");
      for (const [, target] of plain.matchAll(/\]\(([^)\s]+)\)/g)) links.push({ line: i + 1, target });
    }
  }
  return { path, text, blocks, programs: programsOf(blocks), links, anchors };
}

function endOf(lines: string[], from: number, pattern: RegExp, path: string): number {
  const end = lines.findIndex((line, i) => i >= from && pattern.test(line));
  if (end < 0) throw new Error(`${path}:${from}: this fence or comment is not closed`);
  return end;
}

/** Returns the anchor of a heading, as GitHub makes it. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replace(/`/g, "").replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");
}

function programsOf(blocks: Block[]): Program[] {
  const programs: Program[] = [];
  let open: Program | undefined; // the next named block may belong to it
  for (const block of blocks) {
    if (block.language !== "ts" && block.language !== "c") {
      open = undefined;
      continue;
    }
    const notRun = NOT_RUN.exec(block.info)?.[1];
    const words = notRun ? [] : block.info.split(" ").filter((word) => word !== "");
    const name = words.find((word) => word.endsWith(`.${block.language}`));
    const unknown = words.find((word) => word !== name && word !== "device");
    if (unknown) throw new Error(`line ${block.line}: ${unknown} is not a word of a fence`);

    if (name === undefined || open === undefined || open.files.some(([known]) => known === name)) {
      open = {
        line: block.line,
        language: block.language,
        files: [],
        hasThreads: false,
        onDevice: false,
        notRun,
        prints: [],
      };
      programs.push(open);
    }
    // The braces let the block declare names that the setup declares too.
    const text = block.setup === "" ? block.code : `${block.setup}{\n${block.code}}\n`;
    open.files.push([name ?? `line_${block.line}.${block.language}`, text]);
    open.hasThreads = open.files.length > 1;
    open.onDevice ||= words.includes("device");
    addPrints(open, block);
    if (name === undefined) open = undefined;
  }
  return programs;
}

/** Adds the output that a block states. */
function addPrints(program: Program, { code, output }: Block): void {
  if (output !== undefined) {
    program.prints = output === "" ? [] : output.split("\n");
    program.unstated = undefined;
    return;
  }
  for (const line of code.split("\n")) {
    const comment = PRINTS.exec(line);
    if (comment) program.prints.push(comment[1]);
    else if (/\bconsole\.log\(/.test(line)) program.unstated ??= line.trim();
  }
}
