/**
 * The builds of the library that are in the package, by machine.
 *
 * @module
 */

import type { Build } from "./build.ts";
import { build as linuxArm64 } from "./builds/linux_arm64.ts";
import { build as linuxX64 } from "./builds/linux_x64.ts";
import { build as macosArm64 } from "./builds/macos_arm64.ts";
import { build as macosX64 } from "./builds/macos_x64.ts";

/** Keys are machines as {@linkcode Runtime.machine} names them. */
export const LIBRARY_BUILDS: Readonly<Record<string, Build>> = {
  "linux-x64": linuxX64,
  "linux-arm64": linuxArm64,
  "macos-x64": macosX64,
  "macos-arm64": macosArm64,
};
