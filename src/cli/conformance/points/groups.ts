/**
 * All points, in groups by subject. A new point goes into the file of its group, with the next number of that group.
 *
 * @module
 */

import type { Group } from "../support/point.ts";
import { group as args } from "./arguments.ts";
import { group as ends } from "./ends.ts";
import { group as handleRelease } from "./handle_release.ts";
import { group as handles } from "./handles.ts";
import { group as limits } from "./limits.ts";
import { group as nodeRelease } from "./node_release.ts";
import { group as order } from "./order.ts";
import { group as poll } from "./poll.ts";
import { group as processes } from "./processes.ts";
import { group as receive } from "./receive.ts";
import { group as release } from "./release.ts";
import { group as send } from "./send.ts";
import { group as transfer } from "./transfer.ts";

/** The groups, in the order of their numbers. */
export const GROUPS: readonly Group[] = [
  ...[args, transfer, release, send, handles, receive, poll],
  ...[nodeRelease, handleRelease, order, ends, processes, limits],
];
