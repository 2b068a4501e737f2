/**
 * The other process of processes.ts: `processes_program.ts PATH COUNT`. It replies to every COUNT messages with one, and
 * ends when its partner does.
 *
 * @module
 */

import process from "node:process";
import { SIZE } from "../../src/scenarios/pair.ts";
import { connect } from "../rivals/socket.ts";

const [path, every] = process.argv.slice(2);
const reply = new Uint8Array(SIZE);
let missing = Number(every);

const socket = await connect(path, (count) => {
  missing -= count;
  if (missing > 0) return;
  missing += Number(every);
  socket.write(reply);
});
