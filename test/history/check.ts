/**
 * Judges a recorded history (`history.ts`) by SPEC sections 1, 4 and 5.
 *
 * One actor *knows of* an event that has returned before a call of its own began, by the clock, by its own events, by a
 * sighting or by adoption; or whose effect it has received, or whose effect somebody that it knows of in this way knew.
 * On this everything rests; `knowledge.ts` finds it. So the rules are decided as follows.
 *
 * | rule | decided by |
 * | --- | --- |
 * | `atomic` | What is received was sent, to that node, by a commit that did not fail, as often as sent, with those bytes and as many handles. What was sent and not received, though its receiver and node are there, is missing if the receiver looked and found nothing, or received something else, by one who knew of the commit. |
 * | `look` | Who knows that a transaction has happened, looks, and finds nothing, has received its own part before. |
 * | `causal`, `fifo` | If the committer of B knew of A, who receives parts of both receives those of A first; `fifo`, if one peer sent both. |
 * | `inner order` | Parts of one transaction that one peer receives are in the order of section 4, rule 6, as far as it is known which transaction they are of, and which handles became live first. |
 * | `last word` | Nothing is received of a node or handle after its release or the notification; when the last handle's release is received, no event shows that another was there; and that it is received is due as above, to those who know that all are gone. |
 * | `told` | Who is told that a node is gone, owns a handle to it, and it was released; and that it is told is due as above. |
 * | `ids` | The ids on each peer are 1, 3, 5 ..., in the order of its events. |
 * | `held` | Calls that name only what the peer holds succeed, and others fail with `EBADRQC`; `ESHUTDOWN` comes only after an end. |
 * | `hand-over` | A peer is used by one actor at a time; a ticket adopts once, and does so unless its peer has ended. |
 *
 * A history that does not say when something happened is judged by what is certain. So it cannot be decided
 *
 * - whether what is queued at the end would have come, without a look that shows it: end a recording with looks;
 * - in which order parts of transactions come that knew nothing of each other, which is free;
 * - when a revoked peer, or one whose Worker died, has ended. Its parts are due by the clock alone, from the moment at
 *   which somebody has heard of it or all is quiet, and nobody is taken to know anything through them;
 * - whether two parts with the same bytes for the same node were swapped; and to which of several releases the last
 *   handle's release belongs. It is taken to come with the last that anybody knows of: never too early, maybe too late;
 * - in which order late notifications come, those of handles that came while their node was released, but for what
 *   `releases.ts` says of them;
 * - that nothing else happened: what nobody received or looked for has left no trace.
 *
 * The cost is that of sorting the events, times the number of actors.
 *
 * @module
 */

import { findDues } from "./dues.ts";
import { Findings, type Violation } from "./findings.ts";
import type { History } from "./history.ts";
import { Indexed } from "./indexed.ts";
import { Knowledge } from "./knowledge.ts";
import { type Case, Lives } from "./lives.ts";
import { Order } from "./order.ts";
import { InnerOrder, Releases } from "./releases.ts";
import { walk } from "./walk.ts";

/** The rules that a history breaks, and how; nothing, if it keeps them. */
export function check(history: History): Violation[] {
  const indexed = new Indexed(history);
  const findings = new Findings(indexed);
  const knowledge = new Knowledge(indexed);
  if (knowledge.circle.length > 0) {
    findings.add("causal", "effects come before their causes: each of these waits for the next", ...knowledge.circle);
    return findings.violations; // there is no order to judge
  }
  const lives = new Lives(indexed);
  const judged: Case = { indexed, knowledge, lives, findings };
  walk(judged);
  const releases = new Releases(judged);
  for (const node of lives.nodes.values()) releases.check(node);
  const inner = new InnerOrder(judged);
  const order = new Order(judged);
  for (const [peer, dues] of findDues(judged)) {
    inner.check(peer);
    order.check(peer, dues);
  }
  return findings.violations;
}
