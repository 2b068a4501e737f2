/**
 * The start of a worker in a Worker of the runtime: its task comes by `postMessage`, everything else over the bus.
 *
 * @module
 */

import { type Task, work } from "./work.ts";

addEventListener("message", (event) => work((event as MessageEvent<Task>).data), { once: true });
