/**
 * Points about the commands themselves: their numbers, their argument, their flags.
 *
 * @module
 */

import * as uapi from "../../uapi/mod.ts";
import { ask, create, hear, NOWHERE, open, rawRecv, rawRelease, rawSend, rawTransfer, send } from "./device.ts";
import { equal, type Group, point } from "./point.ts";

const COMMANDS = {
  TRANSFER: uapi.BUS1_CMD_TRANSFER,
  RELEASE: uapi.BUS1_CMD_RELEASE,
  SEND: uapi.BUS1_CMD_SEND,
  RECV: uapi.BUS1_CMD_RECV,
};

/** The size of a command's structure stands in these bits of its number, its direction in those above. */
const SIZE_UNIT = 1 << 16;
const WRITE_BIT = 1 << 30;

/** All flags of a structure of which none is known. */
const FLAGS = [1n, 2n, 1n << 31n, 1n << 63n];

export const group: Group = {
  name: "arguments",
  about: "numbers and arguments",
  points: [
    point(101, "the four commands are known by their numbers", "3: Magic `0x97`, all `_IOWR`", () => {
      using fd = open();
      equal("TRANSFER", rawTransfer(fd, []).answer, "0");
      equal("RELEASE", rawRelease(fd, []).answer, "0");
      equal("SEND", rawSend(fd, {}).answer, "0");
      equal("RECV", rawRecv(fd).answer, "EAGAIN");
    }),
    point(102, "there are no other commands", "6: unknown command", () => {
      using fd = open();
      const argument = new Uint8Array(64);
      for (const number of [4, 5, 255]) {
        const request = uapi.BUS1_CMD_TRANSFER + number;
        equal(`command ${number}`, ask(fd, request, argument), "ENOTTY");
      }
    }),
    point(103, "a command of another size is unknown", "6: unknown command", () => {
      using fd = open();
      const argument = new Uint8Array(64);
      for (const [name, request] of Object.entries(COMMANDS)) {
        equal(`${name}, 8 bytes larger`, ask(fd, request + 8 * SIZE_UNIT, argument), "ENOTTY");
        equal(`${name}, 8 bytes smaller`, ask(fd, request - 8 * SIZE_UNIT, argument), "ENOTTY");
      }
    }),
    point(104, "a command of another direction is unknown", "3: Magic `0x97`, all `_IOWR`", () => {
      using fd = open();
      const argument = new Uint8Array(64);
      for (const [name, request] of Object.entries(COMMANDS)) {
        equal(`${name} as _IOR`, ask(fd, (request ^ WRITE_BIT) >>> 0, argument), "ENOTTY");
      }
    }),
    point(105, "NULL is no argument", "6: bad pointer (uapi)", () => {
      using fd = open();
      for (const [name, request] of Object.entries(COMMANDS)) equal(name, ask(fd, request, null), "EFAULT");
    }),
    point(106, "an argument must be memory", "6: bad pointer (uapi)", () => {
      using fd = open();
      for (const [name, request] of Object.entries(COMMANDS)) {
        for (const address of [NOWHERE, 1n << 63n, uapi.BUS1_INVALID]) {
          equal(`${name} at ${address}`, ask(fd, request, address), "EFAULT");
        }
      }
    }),
    point(107, "TRANSFER has no flags", "3: All flags not named here must be 0 (`EINVAL`)", () => {
      using fd = open();
      for (const flags of FLAGS) equal(`flags ${flags}`, rawTransfer(fd, [], { flags }).answer, "EINVAL");
    }),
    point(108, "RELEASE has no flags", "3: All flags not named here must be 0 (`EINVAL`)", () => {
      using fd = open();
      for (const flags of FLAGS) equal(`flags ${flags}`, rawRelease(fd, [], { flags }).answer, "EINVAL");
    }),
    point(109, "SEND has no flags", "3: All flags not named here must be 0 (`EINVAL`)", () => {
      using fd = open();
      for (const flags of FLAGS) equal(`flags ${flags}`, rawSend(fd, { command: { flags } }).answer, "EINVAL");
    }),
    point(110, "RECV has no flags", "3: All flags not named here must be 0 (`EINVAL`)", () => {
      using fd = open();
      for (const flags of FLAGS) equal(`flags ${flags}`, rawRecv(fd, { command: { flags } }).answer, "EINVAL");
    }),
    point(111, "a command with unknown flags does nothing", "6: A failed call changed nothing", () => {
      using fd = open();
      const { node, handle } = create(fd);
      equal("SEND", rawSend(fd, { destinations: [handle], command: { flags: 1 } }).answer, "EINVAL");
      equal("RELEASE", rawRelease(fd, [handle], { flags: 1 }).answer, "EINVAL");
      send(fd, handle, "only this");
      equal("RECV", rawRecv(fd, { data: 9, command: { flags: 1 } }).answer, "EINVAL");
      equal("received", hear(fd), [`message ${node} "only this"`]);
    }),
  ],
};
