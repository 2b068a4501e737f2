/**
 * A small bus to be drawn, with something of everything: several handles to one node, messages that wait, a handle on its
 * way, and a node that is gone.
 *
 * @module
 */

import { Peer } from "../../../mod.ts";

/** Opens the peers; disposing what is returned closes them. */
export function openExample(): Disposable {
  const peers = new DisposableStack();
  const open = (name: string) => peers.use(Peer.open({ name }));

  const broker = open("broker");
  const jobs = broker.createNode({ name: "jobs" });
  const control = broker.createNode({ name: "control" });
  const logger = open("logger");
  const lines = logger.createNode({ name: "lines" });
  logger.copy(lines.handle, broker);
  const workers = ["worker 1", "worker 2", "worker 3"].map((name) => {
    const worker = open(name);
    broker.copy(jobs.handle, worker);
    logger.copy(lines.handle, worker);
    return { worker, inbox: worker.createNode({ name: "inbox", for: broker }) };
  });
  const [first, second, third] = workers;
  broker.copy(jobs.handle, third.worker);
  broker.send([first.inbox.handle, second.inbox.handle], "a job for two");
  broker.send(first.inbox.handle, "who to ask", { handles: [control.handle] });
  third.inbox.node.release();
  return peers;
}
