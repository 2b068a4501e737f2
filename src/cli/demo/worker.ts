/**
 * The module of a Worker that is a worker of the demo: its task comes by `postMessage`, everything else over the bus.
 *
 * @module
 */

import { type Task, work } from "./work.ts";

addEventListener("message", (event) => work((event as MessageEvent<Task>).data), { once: true });
