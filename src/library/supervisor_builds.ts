/**
 * The builds of the supervisor that are in the package, by machine. Only `cli run` imports them, so that no other program
 * pays for their text.
 *
 * @module
 */

import type { Build } from "./build.ts";
import { build as linuxArm64 } from "./builds/linux_arm64_supervisor.ts";
import { build as linuxX64 } from "./builds/linux_x64_supervisor.ts";

/** Keys are machines as {@linkcode Runtime.machine} names them. */
export const SUPERVISOR_BUILDS: Readonly<Record<string, Build>> = {
  "linux-x64": linuxX64,
  "linux-arm64": linuxArm64,
};
