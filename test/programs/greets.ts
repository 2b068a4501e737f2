/** Sends a message through a peer that another process sends as a descriptor. */

import process from "node:process";
import * as uapi from "@bus1/bus1/uapi";

using fd = uapi.recvFd(process.env.MEETING ?? "");
uapi.send(fd, { destinations: [1n], message: { data: "hello from there" } });
