/**
 * Awaits a message while nothing else keeps the process alive: the timer that sends it is unreferenced. Prints the message, and
 * the elapsed and the CPU time in milliseconds.
 */

import process from "node:process";
import { setTimeout } from "node:timers";
import { Peer } from "@bus1/bus1";

const server = Peer.open(), client = Peer.open();
const { handle } = server.createNode({ for: client });
setTimeout(() => client.send(handle, "answer"), 1000).unref();

const cpu = process.cpuUsage(), begin = performance.now();
const message = await server.receive();
const { user, system } = process.cpuUsage(cpu);
const waited = performance.now() - begin;
const answer = message.type === "message" && message.text();
console.log(JSON.stringify({ answer, waited, busy: (user + system) / 1000 }));
