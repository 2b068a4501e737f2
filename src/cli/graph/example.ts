/**
 * A small bus to draw. It has several handles to one node, queued messages, a handle in flight, and a node that is gone.
 *
 * @module
 */

import { Peer } from "../../../mod.ts";

/** Opens the peers. Disposing what it returns closes them. */
export function openExample(): Disposable {
  const peers = new DisposableStack();
  const open = (name: string) => peers.use(Peer.open({ name }));

  const broker = open("broker");
  const jobs = broker.createNode({ name: "jobs" });
  const control = broker.createNode({ name: "control" });
  const logger = open("logger");
  const lines = logger.createNode({ name: "lines" });
  logger.copy(lines.handle, broker);
  const openWorker = (name: string) => {
    const worker = open(name);
    broker.copy(jobs.handle, worker);
    logger.copy(lines.handle, worker);
    return { worker, inbox: worker.createNode({ name: "inbox", for: broker }) };
  };
  const first = openWorker("worker 1"), second = openWorker("worker 2"), third = openWorker("worker 3");
  broker.copy(jobs.handle, third.worker);
  broker.send([first.inbox.handle, second.inbox.handle], "a job for two");
  broker.send(first.inbox.handle, "ask here", { handles: [control.handle] });
  third.inbox.node.release();
  return peers;
}
