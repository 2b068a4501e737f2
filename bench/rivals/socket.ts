/**
 * A unix socket between two processes, at its best in each runtime: by the runtime's own sockets, because those of `node:net`
 * are slower; and with a write for each message, because each is to arrive as soon as possible.
 *
 * A stream has no messages, but here all have 64 bytes: so bytes are counted, and no framing is needed.
 *
 * @module
 */

import { SIZE } from "../../src/scenarios/pair.ts";

/** One end of a connection. */
export interface Socket {
  /** Writes bytes. When this is done, the caller may change them. */
  write(bytes: Uint8Array): void | Promise<void>;
}

/** Called when this number of whole messages has arrived. */
type Received = (count: number) => void;

interface DenoConnection {
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
}

interface DenoNamespace {
  listen(options: { transport: "unix"; path: string }): { accept(): Promise<DenoConnection> };
  connect(options: { transport: "unix"; path: string }): Promise<DenoConnection>;
}

interface BunSocket {
  write(bytes: Uint8Array, offset: number, length: number): number;
}

interface BunHandlers {
  open?(socket: BunSocket): void;
  data(socket: BunSocket, data: Uint8Array): void;
  drain(): void;
}

interface BunNamespace {
  listen(options: { unix: string; socket: BunHandlers }): unknown;
  connect(options: { unix: string; socket: BunHandlers }): Promise<BunSocket>;
}

const { Deno, Bun } = globalThis as unknown as { Deno?: DenoNamespace; Bun?: BunNamespace };

/** Returns a function that counts bytes as messages. */
function counter(received: Received): (bytes: number) => void {
  let rest = 0;
  return (bytes) => {
    rest += bytes;
    const count = Math.floor(rest / SIZE);
    rest -= count * SIZE;
    if (count > 0) received(count);
  };
}

async function readAll(connection: DenoConnection, add: (bytes: number) => void): Promise<void> {
  const into = new Uint8Array(1 << 16);
  for (let n = await connection.read(into); n !== null; n = await connection.read(into)) add(n);
}

function denoSocket(connection: DenoConnection, received: Received): Socket {
  readAll(connection, counter(received));
  return {
    async write(bytes) {
      for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
    },
  };
}

/** Returns the handlers that Bun calls, and a function that makes a socket of the one that they are called with. */
function bunSocket(received: Received): { handlers: BunHandlers; over: (socket: BunSocket) => Socket } {
  const add = counter(received);
  let drained = () => {};
  const rest = async (socket: BunSocket, bytes: Uint8Array, sent: number): Promise<void> => {
    while (sent < bytes.length) {
      await new Promise<void>((resolve) => drained = resolve);
      sent += socket.write(bytes, sent, bytes.length - sent);
    }
  };
  return {
    handlers: { data: (_, data) => add(data.length), drain: () => drained() },
    over: (socket) => ({
      write(bytes) {
        const sent = socket.write(bytes, 0, bytes.length);
        if (sent < bytes.length) return rest(socket, bytes, sent);
      },
    }),
  };
}

/** Listens, and returns the socket of the first client. It listens already when this returns. */
export function listen(path: string, received: Received): Promise<Socket> {
  if (Bun !== undefined) {
    const { handlers, over } = bunSocket(received);
    return new Promise((resolve) => {
      Bun.listen({ unix: path, socket: { ...handlers, open: (socket) => resolve(over(socket)) } });
    });
  }
  return Deno!.listen({ transport: "unix", path }).accept().then((connection) => denoSocket(connection, received));
}

/** Connects to the process that listens. */
export async function connect(path: string, received: Received): Promise<Socket> {
  if (Bun !== undefined) {
    const { handlers, over } = bunSocket(received);
    return over(await Bun.connect({ unix: path, socket: handlers }));
  }
  return denoSocket(await Deno!.connect({ transport: "unix", path }), received);
}
