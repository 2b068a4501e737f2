/**
 * A worker of the demo: it owns one peer, receives the names of files there, and sends back their counts.
 *
 * All that a worker can use on the bus is what it got: one handle, to report through. The same code runs in a Worker
 * (`worker.ts`) and, on the TypeScript engine, in the isolate of the boss.
 *
 * @module
 */

import { Peer, type Ticket } from "../../../mod.ts";
import { countFile, type FileCount } from "./count.ts";

/** The task of a worker. */
export interface Task {
  /** Its peer. */
  ticket: Ticket;
  /** The id of the handle to report through. */
  report: bigint;
  /** The folder of the files. */
  folder: string;
}

/** The message that ends the job. Every other message to a worker is the name of a file. */
export const END = "";

/** The first message of a worker. Every other message from it is a {@linkcode FileCount}. */
const HELLO = "";

/** Counts files until the job ends, or the boss is gone. The worker's peer ends with it. */
export async function work({ ticket, report, folder }: Task): Promise<void> {
  using peer = Peer.adopt(ticket);
  const boss = peer.handle(report);
  peer.send(boss, HELLO);
  for await (const message of peer) {
    if (message.type === "node-release") return; // the boss is gone
    if (message.type !== "message") continue;
    const file = message.text();
    if (file === END) return;
    const count: FileCount = await countFile(folder, file);
    peer.send(boss, JSON.stringify(count));
  }
}
