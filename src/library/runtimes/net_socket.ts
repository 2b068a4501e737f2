/**
 * A socket in the event loop, made from a descriptor by `node:net`: for Node.js, and for Deno, which cannot make its own
 * sockets from one. Deno requires no permission for it.
 *
 * @module
 */

import { builtinModule } from "./builtin_module.ts";
import type { Watched } from "./runtime.ts";

interface Socket extends Watched {
  on(event: "data" | "error", listener: () => void): Socket;
}

interface Net {
  Socket: new (options: { fd: number; readable: true; writable: false }) => Socket;
}

/** {@linkcode Runtime.watch}, by `node:net`. */
export function watchByNet(fd: number, readable: () => void): Watched {
  const { Socket } = builtinModule<Net>("node:net");
  const socket = new Socket({ fd, readable: true, writable: false });
  socket.on("data", readable).on("error", () => {});
  socket.unref();
  return socket;
}
