/**
 * Adds the engines that call native code to the engines of this isolate.
 *
 * @module
 */

import { addEngine } from "./registry.ts";
import { openKernel } from "./kernel/engine.ts";
import { openNative } from "./native/engine.ts";

addEngine("kernel", openKernel);
addEngine("native", openNative);
