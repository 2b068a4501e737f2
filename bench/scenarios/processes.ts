/**
 * bus1 between two Workers of one process, both awaiting; beside it a unix socket between two processes, 64 bytes a message.
 * (bus1 between processes needs the kernel engine.)
 *
 * @module
 */

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { interleave, median, medianRatio } from "../../src/scenarios/measure.ts";
import { measureOneWay } from "../../src/scenarios/one_way.ts";
import { Pair, SIZE } from "../../src/scenarios/pair.ts";
import { measureRoundTrip } from "../../src/scenarios/round_trip.ts";
import { listen, type Socket } from "../rivals/socket.ts";
import type { Result, Scenario, Unit } from "./scenario.ts";

const PROGRAM = fileURLToPath(new URL("processes_program.ts", import.meta.url));

/** Another process, which replies to every `every` messages with one. */
class Partner {
  readonly #socket: Socket;
  readonly #replied: { resolve: () => void };
  readonly #data = new Uint8Array(SIZE);

  private constructor(socket: Socket, replied: { resolve: () => void }) {
    this.#socket = socket;
    this.#replied = replied;
  }

  static async start(folder: string, every: number): Promise<Partner> {
    const path = join(folder, String(every));
    const replied = { resolve: () => {} };
    const connected = listen(path, () => replied.resolve());
    const args = "Deno" in globalThis ? ["run", "--allow-all", PROGRAM] : [PROGRAM];
    spawn(process.execPath, [...args, path, String(every)], { stdio: ["ignore", "ignore", "inherit"] });
    return new Partner(await connected, replied);
  }

  /** Sends `count` messages and awaits the reply to them. Returns nanoseconds. */
  async pass(count: number): Promise<number> {
    const start = performance.now();
    const replied = new Promise<void>((resolve) => this.#replied.resolve = resolve);
    for (let i = 0; i < count; i++) {
      const written = this.#socket.write(this.#data);
      if (written !== undefined) await written;
    }
    await replied;
    return (performance.now() - start) * 1e6;
  }
}

export const run: Scenario = async (effort) => {
  const [count, tripCount] = effort.quick ? [500, 100] : [20_000, 2_000];
  const folder = mkdtempSync(join(tmpdir(), "bus1-bench-"));
  try {
    const stream = await Partner.start(folder, count), echo = await Partner.start(folder, 1);
    using oneWay = await Pair.start(new URL("../../src/scenarios/one_way_worker.ts", import.meta.url));
    using roundTrip = await Pair.start(new URL("../../src/scenarios/round_trip_worker.ts", import.meta.url));
    const figures = await interleave(effort, {
      oneWay: () => measureOneWay(oneWay, "iterated", count),
      oneWaySocket: async () => await stream.pass(count) / count,
      roundTrip: () => measureRoundTrip(roundTrip, "awaiting", tripCount, 0),
      async roundTripSocket() {
        let nanoseconds = 0;
        for (let i = 0; i < tripCount; i++) nanoseconds += await echo.pass(1);
        return nanoseconds / 1000 / tripCount;
      },
    });
    const result = (what: string, unit: Unit, bus1: number[], socket: number[]): Result => ({
      what,
      unit,
      bus1: median(bus1),
      rival: { name: "unix socket", figure: median(socket) },
      ratio: medianRatio(bus1, socket),
    });
    return {
      results: [
        result("one way, 64 B: send, for await", "ns", figures.oneWay, figures.oneWaySocket),
        result("round trip, 64 B: receive()", "µs", figures.roundTrip, figures.roundTripSocket),
      ],
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
};
