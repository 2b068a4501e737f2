/**
 * Counts the passed, failed and skipped tests in the report of a suite.
 *
 * Rule: a result that is not plainly a success is a failure. A runner that ended with an error, a missing report, a file or a
 * suite without a test: each adds a failure and the reason.
 *
 * @module
 */

/** The result of a suite. */
export interface Counts {
  passed: number;
  failed: number;
  /** The names of the tests that were skipped. */
  skipped: string[];
  /** Problems other than failed tests. */
  problems: string[];
  /** Figures to print. */
  figures?: string[];
}

/** How the process of a suite ended. */
export interface Ending {
  /** Its exit code was 0. */
  success: boolean;
  /** It was stopped because it took too long. */
  late: boolean;
}

/** Reads the report that Deno and Bun write in JUnit's format. */
export function countJunit(report: string): Counts {
  const counts: Counts = { passed: 0, failed: 0, skipped: [], problems: [] };
  for (const testCase of report.split("<testcase ").slice(1)) {
    if (/<(failure|error)\b/.test(testCase)) counts.failed++;
    else if (/<skipped\b/.test(testCase)) {
      counts.skipped.push(unescape(/name="([^"]*)"/.exec(testCase)?.[1] ?? "a test"));
    } else counts.passed++;
  }
  return counts;
}

/**
 * Returns the files that ran no test. Deno prints the number of tests at each file; its report names the file that
 * registered a test, which may be a helper. Bun's report names the test file.
 */
export function silentFiles(files: readonly string[], output: string, report: string): string[] {
  const active = new Set<string>();
  for (const [, file] of output.matchAll(/^running [1-9]\d* tests? from \.\/(.*)$/gm)) active.add(file);
  for (const [, file] of report.matchAll(/<testcase [^>]* file="([^"]*)"/g)) active.add(file);
  return files.filter((file) => !active.has(file));
}

/** The same for Node.js, which reports a file without a test as a passed test with the name of the file. */
export function silentInNodejs(files: readonly string[], _output: string, report: string): string[] {
  const named = [...report.matchAll(/<testcase name="([^"]*)\.js"/g)].map(([, name]) => `${name}.ts`);
  return files.filter((file) => named.some((name) => name.endsWith(file) || name === file.split("/").at(-1)));
}

/** Reads the summary of `zig build --summary all`: `3/6 tests passed (1 skipped, 1 failed, 1 crashed)`. */
export function countZig(text: string): Counts {
  const [, passed = "0", all = "0", others = ""] = /(\d+)\/(\d+) tests passed(?: \((.*)\))?/.exec(text) ?? [];
  const skipped = Number(/(\d+) skipped/.exec(others)?.[1] ?? 0);
  const failed = Number(all) - Number(passed) - skipped;
  return { passed: Number(passed), failed, skipped: Array(skipped).fill("a Zig test"), problems: [] };
}

/** Reads the output of `zig build --summary all --fuzz=N`: the tests, then the report. Its exit code ignores findings. */
export function countFuzz(text: string): Counts {
  const counts = countZig(text);
  const figures = [...text.matchAll(/^(Runs|Unique runs|Coverage): .*$/gm)].map(([line]) => line);
  if (figures.length === 0) return { ...counts, passed: 0 };
  const found = text.match(/^error: /gm)?.length ?? 0;
  return { ...counts, passed: counts.passed - found, failed: counts.failed + found, figures };
}

/** Counts a command as one test, by its exit code. */
export function countOne({ success }: Ending): Counts {
  return { passed: success ? 1 : 0, failed: success ? 0 : 1, skipped: [], problems: [] };
}

/** Adds the failures that are not in the report: a wrong ending, files without a test, no test at all. */
export function judged(counts: Counts, ending: Ending, silent: readonly string[] = []): Counts {
  const problems = silent.map((file) => `${file} ran no test`);
  if (ending.late) problems.push("it did not end in time and was stopped");
  else if (!ending.success && counts.failed === 0) problems.push("it ended with an error, though no test failed");
  else if (counts.passed + counts.failed === 0) problems.push("it ran no test");
  return { ...counts, failed: counts.failed + problems.length, problems };
}

function unescape(text: string): string {
  const characters: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(/&(\w+);/g, (all, name) => characters[name] ?? all);
}
