/**
 * Checks a recorded history (`history.ts`) against the rules of order: specification, sections 1, 4 and 5.
 *
 * This is the main file of `test/history`, which records what happens in runs on an engine, and checks it afterwards:
 *
 * - The data: `history.ts` has the events; `history_builder.ts` makes histories by hand.
 * - Recording: `record_run.ts` records one run, `random_runs.ts` run after run. An actor (`actor.ts`) makes random calls
 *   on its peers (`recorded_peer.ts`) and logs them (`recorder.ts`, `payload.ts`). Actors live in Workers
 *   (`actor_worker.ts`, `worker_pool.ts`) and share memory (`shared_memory.ts`). `coordinator.ts` begins and ends the
 *   run, and causes faults.
 * - Checking: `check.ts` uses, in this order, `indexed.ts`, `vector_clocks.ts`, `lifetimes.ts`, `peer_rules.ts`,
 *   `release_rules.ts`, `due_items.ts` and `order_rules.ts`. `findings.ts` and `causal_chain.ts` explain a broken rule.
 * - Checking the checker: `planted_test.ts` has a fault for each rule. `mutated_test.ts` makes small faults
 *   (`mutate.ts`), which a machine (`machine.ts`) judges too: `machine_search.ts` searches for steps of the machine that
 *   give a history, and `simulate.ts` makes histories of random steps.
 * - Checking the engines: `test/workers/histories_test.ts`.
 *
 * An actor *knows of* an event that has returned before a call of its own began: by the clock, by its own events, by a
 * sighting, or by adoption. It also knows of an event if it has received its effect, and of all that the actors of such
 * events knew. All rules rest on this; `vector_clocks.ts` finds it. So the rules are decided as follows.
 *
 * | rule | decided by |
 * | --- | --- |
 * | `atomic` | A received message was sent, to that node, by a commit that did not fail, as often as sent, with those bytes and as many handles. A message that was sent and not received, though its receiver and node exist, is missing if an actor that knew of the commit looked and found nothing, or sent something else that was received. |
 * | `look` | An actor that knows of a transaction, looks, and finds nothing, has received its own part before. |
 * | `causal`, `fifo` | If the committer of B knew of A, a receiver of parts of both receives those of A first; `fifo`, if one peer sent both. |
 * | `inner order` | Parts of one transaction that one peer receives are in the order of rule 6 (specification, section 4), as far as it is known which transaction they are of, and which handles became live first. |
 * | `last word` | Nothing is received of a node or handle after its release or the notification. When the last handle's release is received, no event shows that another handle exists; the notification is due as above to an actor that knows that all are gone. |
 * | `told` | A peer that receives a node release owns a handle to the node, and the node was released; that notification is due as above. |
 * | `ids` | The ids on each peer are 1, 3, 5 ..., in the order of its events. |
 * | `held` | Calls that name only objects that the peer holds succeed, and others fail with `EBADRQC`; `ESHUTDOWN` comes only after an end. |
 * | `hand-over` | A peer is used by one actor at a time; a ticket adopts once, and does so unless its peer has ended. |
 *
 * Where a history does not say when something happened, only what is certain counts. So these cannot be decided:
 *
 * - whether what is queued at the end would have come, without a look that shows it: end a recording with looks;
 * - the order of parts of two transactions if neither sender knew of the other's, which is free;
 * - when a peer has ended that was revoked, or terminated with its Worker. Its parts are due by the clock alone: from
 *   the first notification of its end, or from the moment when all is quiet. They give no actor any knowledge;
 * - whether two parts with the same bytes for the same node were swapped; and to which of several releases the last
 *   handle's release belongs. It is taken to come with the last release known: never too early, maybe too late;
 * - the order of late notifications, those of handles that came while their node was released, except as
 *   `release_rules.ts` says;
 * - whether anything else happened: parts that were neither received nor looked for have left no trace.
 *
 * The cost is that of sorting the events, times the number of actors.
 *
 * @module
 */

import { findDues } from "./due_items.ts";
import { Findings, type Violation } from "./findings.ts";
import type { History } from "./history.ts";
import { Indexed } from "./indexed.ts";
import { type Case, Lifetimes } from "./lifetimes.ts";
import { OrderRules } from "./order_rules.ts";
import { checkPeers } from "./peer_rules.ts";
import { InnerOrder, ReleaseRules } from "./release_rules.ts";
import { VectorClocks } from "./vector_clocks.ts";

/** Returns the rules that a history breaks, and how; an empty list if it keeps them all. */
export function check(history: History): Violation[] {
  const indexed = new Indexed(history);
  const findings = new Findings(indexed);
  const clocks = new VectorClocks(indexed);
  if (clocks.circle.length > 0) {
    findings.add("causal", "effects come before their causes: each of these waits for the next", ...clocks.circle);
    return findings.violations; // the events have no order to check
  }
  const lifetimes = new Lifetimes(indexed);
  const judged: Case = { indexed, clocks, lifetimes, findings };
  checkPeers(judged);
  const releases = new ReleaseRules(judged);
  for (const node of lifetimes.nodes.values()) releases.check(node);
  const inner = new InnerOrder(judged);
  const order = new OrderRules(judged);
  for (const [peer, dues] of findDues(judged)) {
    inner.check(peer);
    order.check(peer, dues);
  }
  return findings.violations;
}
