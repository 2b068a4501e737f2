/**
 * Points about the commands themselves: their numbers, arguments and flags.
 *
 * @module
 */

import * as uapi from "../../../uapi/mod.ts";
import { equal } from "../support/assertions.ts";
import { create, open, receiveAll, send } from "../support/calls.ts";
import { type Group, point } from "../support/point.ts";
import { ioctl, rawRecv, rawRelease, rawSend, rawTransfer, UNMAPPED } from "../support/raw_calls.ts";

const COMMANDS = {
  TRANSFER: uapi.BUS1_CMD_TRANSFER,
  RELEASE: uapi.BUS1_CMD_RELEASE,
  SEND: uapi.BUS1_CMD_SEND,
  RECV: uapi.BUS1_CMD_RECV,
};

/** A command number holds the size of the structure from bit 16 on. */
const SIZE_UNIT = 1 << 16;

/** A command number holds the direction in bits 30 (write) and 31 (read). */
const WRITE_BIT = 1 << 30;

/** Flags that no command has: two low bits, the highest of the lower half, and the highest of all. */
const FLAGS = [1n, 2n, 1n << 31n, 1n << 63n];

export const group: Group = {
  name: "arguments",
  about: "numbers and arguments",
  points: [
    point(101, "the four commands have their documented numbers", { section: 3 }, () => {
      using fd = open();
      equal("TRANSFER", rawTransfer(fd, []).result, "0");
      equal("RELEASE", rawRelease(fd, []).result, "0");
      equal("SEND", rawSend(fd, {}).result, "0");
      equal("RECV", rawRecv(fd).result, "EAGAIN");
    }),
    point(102, "all other command numbers are ENOTTY", { section: 6 }, () => {
      using fd = open();
      const argument = new Uint8Array(64);
      for (const number of [4, 5, 255]) {
        const request = uapi.BUS1_CMD_TRANSFER + number;
        equal(`command ${number}`, ioctl(fd, request, argument), "ENOTTY");
      }
    }),
    point(103, "a command number with another size is ENOTTY", { section: 6 }, () => {
      using fd = open();
      const argument = new Uint8Array(64);
      for (const [name, request] of Object.entries(COMMANDS)) {
        equal(`${name}, 8 bytes larger`, ioctl(fd, request + 8 * SIZE_UNIT, argument), "ENOTTY");
        equal(`${name}, 8 bytes smaller`, ioctl(fd, request - 8 * SIZE_UNIT, argument), "ENOTTY");
      }
    }),
    point(104, "a command number with another direction is ENOTTY", { section: 3 }, () => {
      using fd = open();
      const argument = new Uint8Array(64);
      for (const [name, request] of Object.entries(COMMANDS)) {
        equal(`${name} as _IOR`, ioctl(fd, (request ^ WRITE_BIT) >>> 0, argument), "ENOTTY");
      }
    }),
    point(105, "a NULL argument is EFAULT", { section: 6 }, () => {
      using fd = open();
      for (const [name, request] of Object.entries(COMMANDS)) equal(name, ioctl(fd, request, null), "EFAULT");
    }),
    point(106, "an argument outside of the caller's memory is EFAULT", { section: 6 }, () => {
      using fd = open();
      for (const [name, request] of Object.entries(COMMANDS)) {
        for (const address of [UNMAPPED, 1n << 63n, uapi.BUS1_INVALID]) {
          equal(`${name} at ${address}`, ioctl(fd, request, address), "EFAULT");
        }
      }
    }),
    point(107, "TRANSFER refuses every flag", { section: 3 }, () => {
      using fd = open();
      for (const flags of FLAGS) equal(`flags ${flags}`, rawTransfer(fd, [], { flags }).result, "EINVAL");
    }),
    point(108, "RELEASE refuses every flag", { section: 3 }, () => {
      using fd = open();
      for (const flags of FLAGS) equal(`flags ${flags}`, rawRelease(fd, [], { flags }).result, "EINVAL");
    }),
    point(109, "SEND refuses every flag", { section: 3 }, () => {
      using fd = open();
      for (const flags of FLAGS) equal(`flags ${flags}`, rawSend(fd, { command: { flags } }).result, "EINVAL");
    }),
    point(110, "RECV refuses every flag", { section: 3 }, () => {
      using fd = open();
      for (const flags of FLAGS) equal(`flags ${flags}`, rawRecv(fd, { command: { flags } }).result, "EINVAL");
    }),
    point(111, "a command that is refused because of its flags has no effect", { section: 6 }, () => {
      using fd = open();
      const { node, handle } = create(fd);
      equal("SEND", rawSend(fd, { destinations: [handle], command: { flags: 1 } }).result, "EINVAL");
      equal("RELEASE", rawRelease(fd, [handle], { flags: 1 }).result, "EINVAL");
      send(fd, handle, "only this");
      equal("RECV", rawRecv(fd, { data: 9, command: { flags: 1 } }).result, "EINVAL");
      equal("received", receiveAll(fd), [`message ${node} "only this"`]);
    }),
  ],
};
