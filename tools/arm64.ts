/**
 * Runs the builds for arm64 on another machine: QEMU translates the instructions, arm64's C library comes from Debian's cross
 * packages, and Bun for arm64 from npm.
 *
 * This shows that the builds load and work. It does not test arm64's weaker memory model: QEMU's threads run on this machine,
 * and an x86 orders memory more strongly. The explorer tests that (native/src/explore).
 *
 * @module
 */

import { arm64Bun, root, run, ToolError, zigBuild } from "./toolchain.ts";

/** The folder in which Debian's libc6-arm64-cross puts the C library. */
const LIBRARIES = "/usr/aarch64-linux-gnu";

/** The command that runs a program for arm64. */
const emulator = ["qemu-aarch64", "-L", LIBRARIES];

/** Returns why no program for arm64 can run here; `null` if it can. */
export async function whyNotArm64(): Promise<string | null> {
  try {
    await new Deno.Command(emulator[0], { args: ["--version"], stdout: "null" }).output();
  } catch { // no such program
    return `${emulator[0]} is not installed`;
  }
  const loader = `${LIBRARIES}/lib/ld-linux-aarch64.so.1`;
  const found = await Deno.stat(loader).then(() => true, () => false);
  return found ? null : `libc6-arm64-cross is not installed: ${loader} does not exist`;
}

/** Returns the command line of `zig build` that runs the Zig tests and the C program. */
export function arm64ZigTests(): Promise<string[]> {
  const emulated = ["-Dtarget=aarch64-linux-gnu", "-fqemu", "--libc-runtimes", "/usr"];
  return zigBuild("test", "c-test", ...emulated, "--summary", "all");
}

/** Returns the command line of Bun for arm64. It needs {@linkcode ARM64_ENVIRONMENT}. */
export async function arm64BunCommand(): Promise<string[]> {
  if (await run(await zigBuild("builds"), `${root}/native`) !== 0) throw new ToolError("the builds fail");
  return [...emulator, await arm64Bun()];
}

/** The environment in which tests load the library for arm64, and start programs in the emulator. */
export const ARM64_ENVIRONMENT: Record<string, string> = {
  BUS1_LIBRARY: `${root}/native/zig-out/builds/linux-arm64/libbus1.so`,
  BUS1_TEST_ENGINES: "native",
  BUS1_TEST_EMULATOR: emulator.join(" "),
};
