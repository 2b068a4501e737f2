/**
 * The rules of order, decided peer by peer. An observation breaks a rule if it precedes an item that was due, and its
 * actor knew of that item. Such an observation is a message from a sender that knew (`causal`, `fifo`), or a look that
 * found nothing (`look`). An item that was due and never came breaks the rule that says that it must.
 *
 * A peer's due items from one actor are sorted by that actor's events, each with the greatest place so far. So one
 * binary search for each observation and actor decides.
 *
 * @module
 */

import { type Due, firstLook, type PeerDues } from "./due_items.ts";
import type { Rule } from "./findings.ts";
import { describeItem } from "./history.ts";
import type { Indexed, Ref } from "./indexed.ts";
import { join, type Known } from "./vector_clocks.ts";
import { type Done, Judge, type PeerLifetime, type Received } from "./lifetimes.ts";
import { causalChain } from "./causal_chain.ts";

/** An observation of a peer: an item, or a look that found nothing. */
interface Observation extends Done {
  what: string;
  isLook: boolean;
  /** What its actor knew. */
  known: Known;
  /** The transaction that it is part of, or the look; -1 if that is not certain. */
  tx: Ref;
  /** The events that `known` comes from. */
  sources: Ref[];
}

/** The due items from one actor's events, in their order, each with the item of the greatest place so far. */
interface Dues {
  txs: Ref[];
  latest: Due[];
}

/** Checks the order of what a peer observed against what it was due to receive. */
export class OrderRules extends Judge {
  readonly #reported = new Set<Due>();

  check(peer: PeerLifetime, { dues, lookDues, lossDues }: PeerDues): void {
    const { events } = this.indexed;
    const looks = peer.looks.map((look): Observation => this.#look(look));
    const received = peer.received.map((received): Observation => this.#received(received));
    const byActor = this.#byActor(dues);
    for (const observation of received) this.#checkOne(observation, byActor);
    for (const look of looks) this.#checkOne(look, byActor);

    for (const due of lookDues) {
      const look = firstLook(this.clocks, peer.looks, due.known, due.after);
      if (look !== undefined && look.at < due.at) this.#report(due, this.#look(look), [due.tx]);
    }

    // The same for what is known by the clock only.
    const begins = { looks: latestBegins(looks, events), received: latestBegins(received, events) };
    for (const due of lossDues) {
      const look = begins.looks(due.at);
      const isLate = (observation: Observation) => events[observation.tx].begin >= due.since;
      if (look !== null && look.at > due.after && isLate(look)) this.#report(due, look, [due.sinceBy, look.tx]);
      const message = due.sure ? begins.received(due.at) : null;
      if (message !== null && isLate(message)) this.#report(due, message, [due.sinceBy, message.tx]);
    }
  }

  #byActor(dues: readonly Due[]): Dues[] {
    const byActor = this.indexed.history.actors.map((): Dues => ({ txs: [], latest: [] }));
    for (const due of dues.toSorted((a, b) => a.tx - b.tx)) {
      const { txs, latest } = byActor[this.indexed.actors[due.tx]];
      const before = latest.at(-1);
      txs.push(due.tx);
      latest.push(before !== undefined && before.at > due.at ? before : due);
    }
    return byActor;
  }

  #look({ at, by }: Done): Observation {
    const known = this.clocks.atEnd(by); // it came after what the same call received
    return { at, by, what: "a look that found nothing", isLook: true, known, tx: by, sources: [by] };
  }

  #received({ at, by, item, about }: Received): Observation {
    const what = describeItem(item);
    const observation = { at, by, what, isLook: false, tx: -1, known: this.clocks.none(), sources: [] as Ref[] };
    if ("part" in about) {
      observation.tx = about.part.tx;
      observation.sources = [about.part.tx];
    } else if ("handle" in about) {
      const { live, node } = about.handle;
      const release = this.clocks.releaseOf(node.key);
      if (release >= 0) observation.sources = [release];
      else observation.known = this.lifetimes.peer(node.peer).loss?.floor.slice() ?? observation.known;
      if (release >= 0 && this.clocks.counted(live, release)) observation.tx = release;
      else observation.sources.push(live);
      // The notification follows from the event that made the handle live, too, if that is another event.
      if (live !== release) this.clocks.add(observation.known, live);
    } else {
      observation.sources = this.clocks.sources(about.node.peer, item);
      const releases = new Set(this.indexed.unmade.get(about.node.key));
      if (releases.size === 1) [observation.tx] = releases;
    }
    for (const source of observation.sources) join(observation.known, this.clocks.atStart(source));
    return observation;
  }

  #checkOne(observation: Observation, byActor: readonly Dues[]): void {
    const { first } = this.indexed;
    byActor.forEach(({ txs, latest }, actor) => {
      const count = countBelow(txs, first[actor] + ((observation.known[actor] + 1) >> 1));
      const due = latest[count - 1];
      if (due === undefined || due.at <= observation.at) return;
      const { isLook } = observation;
      const knownTo = (ref: Ref) => isLook ? this.clocks.atEnd(ref) : this.clocks.atStart(ref);
      const source = observation.sources.find((ref) => ref === due.tx || this.clocks.has(knownTo(ref), due.tx));
      this.#report(
        due,
        observation,
        source === undefined ? [due.tx] : causalChain(this.indexed, this.clocks, due.tx, source, isLook),
      );
    });
  }

  #report(due: Due, observation: Observation, chain: readonly Ref[]): void {
    if (this.#reported.has(due)) return;
    this.#reported.add(due);
    const came = due.at === Infinity ? "never came, not even before" : due.came ? "came after" : "did not come before";
    const what = `${due.what} ${came} ${observation.what}, by an actor that knew of it`;
    this.findings.add(this.#rule(due, observation), what, ...chain, observation.by, due.by);
  }

  #rule(due: Due, observation: Observation): Rule {
    if (due.at === Infinity) return due.rule;
    if (observation.isLook) return "look";
    return this.#senderOf(due.tx) !== null && this.#senderOf(due.tx) === this.#senderOf(observation.tx)
      ? "fifo"
      : "causal";
  }

  #senderOf(tx: Ref): number | null {
    const event = this.indexed.events[tx];
    return event?.kind === "commit" || event?.kind === "close" ? event.peer : null;
  }
}

function countBelow(sorted: readonly number[], bound: number): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle] < bound) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Returns a search for the observation before a place that has the latest transaction. */
function latestBegins(
  observations: readonly Observation[],
  events: Indexed["events"],
): (place: number) => Observation | null {
  const places = observations.map(({ at }) => at);
  const latest: (Observation | null)[] = [];
  for (const observation of observations) {
    const before = latest.at(-1) ?? null;
    const isLater = observation.tx >= 0 && (before === null || events[observation.tx].begin > events[before.tx].begin);
    latest.push(isLater ? observation : before);
  }
  return (place) => latest[countBelow(places, place) - 1] ?? null;
}
