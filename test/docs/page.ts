/**
 * A page of Markdown as its tests see it: programs, commands, links and headings.
 *
 * What the fences say, and what is hidden in front of them:
 * - A `ts` block is a program. Words after `ts` are names of files (`main.ts`, `worker.ts`: consecutive blocks with names
 *   are one program, the first of them is started), `device` (it runs under `cli run`), or `not run: WHY`.
 * - `<!-- setup` in front of a block holds lines that come before it, for a block that is only a part of a program;
 *   `<!-- setup for all` those that come before each later block of the page that imports nothing itself.
 * - What a program prints stands in comments behind its calls of `console.log`, or in an `output` block after it.
 * - A `c` block is a program too; an `sh` block holds commands, which are run if `run` stands after `sh`.
 *
 * @module
 */

/** A fenced block. */
export interface Block {
  /** The line of its fence, from 1 on. */
  line: number;
  /** `ts`, `sh`, ... */
  language: string;
  /** What stands after that. */
  info: string;
  /** What is in it. */
  code: string;
  /** The lines that were hidden in front of it. */
  setup: string;
  /** What the `output` block after it holds. */
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
  /** The lines that it is to print; each may go on with `: ` and a reason. */
  prints: string[];
  /** A call of `console.log` of which nobody says what it prints. */
  unforetold?: string;
}

/** A page, taken apart. */
export interface Page {
  /** From the root of the repository on. */
  path: string;
  text: string;
  blocks: Block[];
  programs: Program[];
  /** Where its links go, each with its line. */
  links: { line: number; target: string }[];
  /** The anchors of its headings. */
  anchors: Set<string>;
}

const PRINTS = /^.*\bconsole\.log\(.*\);\s*\/\/ (.+)$/;
const NOT_RUN = /^not run: (.+)$/;

/** Takes a page apart. An `Error` that names the line if a fence is not closed. */
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
      const indent = line.search(/\S/); // in a list
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
  if (end < 0) throw new Error(`${path}:${from}: what begins here does not end`);
  return end;
}

/** The anchor that a heading gets where pages are shown. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replace(/`/g, "").replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");
}

function programsOf(blocks: Block[]): Program[] {
  const programs: Program[] = [];
  let open: Program | undefined; // the one that the next named block may belong to
  for (const block of blocks) {
    if (block.language !== "ts" && block.language !== "c") {
      open = undefined;
      continue;
    }
    const notRun = NOT_RUN.exec(block.info)?.[1];
    const words = notRun ? [] : block.info.split(" ").filter((word) => word !== "");
    const name = words.find((word) => word.endsWith(`.${block.language}`));
    const unknown = words.find((word) => word !== name && word !== "device");
    if (unknown) throw new Error(`line ${block.line}: a fence does not know the word ${unknown}`);

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
    // In braces, so that it may use names again that the lines before it use.
    const text = block.setup === "" ? block.code : `${block.setup}{\n${block.code}}\n`;
    open.files.push([name ?? `line_${block.line}.${block.language}`, text]);
    open.hasThreads = open.files.length > 1;
    open.onDevice ||= words.includes("device");
    foretell(open, block);
    if (name === undefined) open = undefined;
  }
  return programs;
}

/** Adds what a block says that it prints. */
function foretell(program: Program, { code, output }: Block): void {
  if (output !== undefined) {
    program.prints = output === "" ? [] : output.split("\n");
    program.unforetold = undefined;
    return;
  }
  for (const line of code.split("\n")) {
    const comment = PRINTS.exec(line);
    if (comment) program.prints.push(comment[1]);
    else if (/\bconsole\.log\(/.test(line)) program.unforetold ??= line.trim();
  }
}
