/**
 * A worker of the demo: it owns one peer, gets the names of files there, and sends back what they came to.
 *
 * All that it can do on the bus is what it was handed: one handle, to report. It is the same in a Worker of the runtime
 * (`worker.ts`) and, on the TypeScript engine, whose peers stay in their isolate, beside the one who gives the job.
 *
 * @module
 */

import { Peer, type Ticket } from "../../../mod.ts";
import { countFile, type FileCount } from "./count.ts";

/** What a worker is started with. */
export interface Task {
  /** Its peer. */
  ticket: Ticket;
  /** The id of its handle to report through. */
  report: bigint;
  /** Where the files are. */
  folder: string;
}

/** The message that ends the job; any other to a worker is the name of a file. */
export const END = "";

/** The first message of a worker; any other from it is a {@linkcode FileCount}. */
const HELLO = "";

/** Does what it is told until the job, or whoever gave it, has ended. Its peer ends with it. */
export async function work({ ticket, report, folder }: Task): Promise<void> {
  using peer = Peer.adopt(ticket);
  const boss = peer.handle(report);
  peer.send(boss, HELLO);
  for await (const message of peer) {
    if (message.type === "node-release") return; // nobody is left to report to
    if (message.type !== "message") continue;
    const file = message.text();
    if (file === END) return;
    const count: FileCount = await countFile(folder, file);
    peer.send(boss, JSON.stringify(count));
  }
}
