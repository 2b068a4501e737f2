/** Receives descriptors from another process, and sends them back. */

import process from "node:process";
import * as uapi from "@bus1/bus1/uapi";

const { MEETING = "", COUNT } = process.env;
const fds = Array.from({ length: Number(COUNT) }, () => uapi.recvFd(MEETING));
for (const fd of fds) uapi.sendFd(MEETING, fd);
