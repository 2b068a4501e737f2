/**
 * The runtime that runs this module.
 *
 * @module
 */

import { bun } from "./bun.ts";
import { deno } from "./deno.ts";
import { nodejs } from "./nodejs.ts";
import type { Runtime } from "./runtime.ts";

/** The runtime; `null` if it cannot call native code. Bun and Deno come first, since they also claim to be Node.js. */
export const runtime: Runtime | null = bun() ?? deno() ?? nodejs();
