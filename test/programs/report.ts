/** Prints the engine that `auto` takes, and the report about all engines. */

import { engineReport, Peer } from "@bus1/bus1";

try {
  using peer = Peer.open();
  console.log("opened", peer.engine);
} catch (error) {
  console.log((error as Error).message);
}
for (const { engine, available, chosen, reason } of engineReport()) {
  console.log(engine, `${chosen ? "chosen" : available ? "available" : "passed over"}: ${reason}`);
}
