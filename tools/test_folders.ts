/**
 * The folders of test files, and which suites run each. Every folder with a test file stands here.
 *
 * @module
 */

import { root, ToolError } from "./toolchain.ts";

/** What is known of a folder below test/. */
export interface TestFolder {
  /** Node.js runs it, too: it is not about the command line, the tools, or packages that are tried in Deno and Bun alone. */
  readonly inNodejs?: true;
  /** The kernel engine runs it, too, on an emulated device: it is about engines. */
  readonly onKernel?: true;
  /** It needs files that Zig makes from this working copy: C programs, or a library that fails. */
  readonly needsZig?: true;
  /** It takes seconds and finds most faults: `task test quick` runs it. */
  readonly isQuick?: true;
}

/** By name. */
export const TEST_FOLDERS: Readonly<Record<string, TestFolder>> = {
  adapters: { onKernel: true },
  api: { inNodejs: true, onKernel: true, isQuick: true },
  cli: { needsZig: true },
  docs: { needsZig: true },
  engines: { inNodejs: true, onKernel: true, needsZig: true },
  graph: { inNodejs: true },
  history: { inNodejs: true },
  library: { needsZig: true },
  model: {},
  package: {},
  playground: {},
  processes: { onKernel: true, needsZig: true },
  rules: { inNodejs: true, onKernel: true, isQuick: true },
  support: { inNodejs: true },
  tidy: { isQuick: true },
  tools: { isQuick: true },
  uapi: { inNodejs: true, onKernel: true },
  workers: { inNodejs: true, onKernel: true },
};

/** Lists all test files, below the root of the repository. */
export async function testFiles(folder = "test"): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(`${root}/${folder}`)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) found.push(...await testFiles(path));
    else if (path.endsWith("_test.ts")) found.push(path);
  }
  return found.sort();
}

/** Keeps the files in folders of a kind. */
export function filesIn(files: readonly string[], kind: keyof TestFolder): string[] {
  return files.filter((file) => folderOf(file)[kind]);
}

function folderOf(file: string): TestFolder {
  const [, name] = file.split("/");
  if (Object.hasOwn(TEST_FOLDERS, name)) return TEST_FOLDERS[name];
  throw new ToolError(`${file}: tools/test_folders.ts does not know the folder test/${name}`);
}
