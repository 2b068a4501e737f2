/**
 * The two Workers of kernel.ts: one asks, the other replies with the bytes that it received; both by the facade, or both
 * in the C program.
 *
 * @module
 */

import { type Handle, type Message, Peer, type Ticket } from "@bus1/bus1";
import { serve } from "../../src/scenarios/calls.ts";
import { openIoctls, worked } from "../rivals/ioctls.ts";
import { SIZE } from "../../src/scenarios/pair.ts";

/** The ways to ask and reply. */
export type Way = "facade" | "ioctls";

const ioctls = openIoctls();
let peer: Peer;
let to: Handle;

function bytesOf(message: Message | null): Uint8Array {
  if (message?.type !== "message") throw new Error(`received ${message?.type}`);
  return message.bytes;
}

serve({
  join(ticket: Ticket, id: bigint): void {
    peer = Peer.adopt(ticket);
    to = peer.handle(id);
  },
  /** Returns the microseconds of one trip. */
  ask(way: Way, count: number): number {
    if (way === "ioctls") return worked(ioctls.ioctls_ask(count)) / 1000;
    const data = new Uint8Array(SIZE);
    const start = performance.now();
    for (let i = 0; i < count; i++) {
      data[0] = i;
      peer.send(to, data);
      if (bytesOf(peer.receiveSync())[0] !== data[0]) throw new Error("received something else");
    }
    return (performance.now() - start) * 1000 / count;
  },
  reply(way: Way, count: number): void {
    if (way === "ioctls") return void worked(ioctls.ioctls_reply(count));
    for (let i = 0; i < count; i++) peer.send(to, bytesOf(peer.receiveSync()));
  },
});
