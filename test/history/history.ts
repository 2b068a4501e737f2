/**
 * A recorded history: the calls of the actors in one run and their results, in plain data without reference to an engine
 * or a thread. `check.ts` checks it. A recorder keeps these rules:
 *
 * - An **actor** is a thread of control, such as a Worker or an asynchronous task. Its events are in the order in which
 *   their calls returned, and a call begins after the one before it has returned. The one exception is a `receive` that
 *   was awaited meanwhile: it may have begun earlier than its place says, and has taken what it took before its place.
 * - **Stamps** come from one clock that all actors share. They are bounds: `begin` is read before the call and `end`
 *   after it, so that `x.end <= y.begin` is true only if x had returned when y was called. The clock may tick
 *   rarely; then it orders fewer events, and {@linkcode Sight} adds knowledge.
 * - **Peers** have numbers, from 0 on, for the whole run. Nodes and handles go by the ids that they have on their peer.
 * - **Messages** have numbers, unique in the run, and their bytes begin with the number. All messages of one multicast
 *   have the same number. `hash` is a hash of all bytes.
 * - A call that failed is recorded with its `error` and has no results. A call that did not return, because its actor
 *   was terminated in it, has `end: Infinity` and is its actor's last event: it may have happened.
 *
 * @module
 */

/** A peer's number. */
export type PeerNumber = number;
/** An id of a node or handle, on the peer that the event is about. */
export type Id = number;

/** The record of a run. */
export interface History {
  actors: Actor[];
}

/** One thread of control. */
export interface Actor {
  /** Its name in explanations. */
  name: string;
  /** In the order of their returns. */
  events: Event[];
  /**
   * Whether it was terminated. The peers that it held end some time later, and those that it detached, if not adopted.
   */
  died?: boolean;
}

/** The fields of every event. */
interface Stamped {
  begin: number;
  end: number;
  /** The code that the call failed with. */
  error?: string;
}

export type Event = Open | Create | Copy | Commit | Receive | Close | Detach | Adopt | Revoke | Sight | Quiet;

/** `Peer.open`. */
interface Open extends Stamped {
  kind: "open";
  peer: PeerNumber;
}

/** `peer.createNode({ for })`: the node of `peer`, and the handle of `for`. The actor holds both. */
interface Create extends Stamped {
  kind: "create";
  peer: PeerNumber;
  node: Id;
  for: PeerNumber;
  handle: Id;
}

/** `peer.copy(handle, for)`: a handle of `for` to the same node. The actor holds both. */
interface Copy extends Stamped {
  kind: "copy";
  peer: PeerNumber;
  handle: Id;
  for: PeerNumber;
  copy: Id;
}

/** A send, a multicast, a release, or the commit of a transaction of all that. */
export interface Commit extends Stamped {
  kind: "commit";
  peer: PeerNumber;
  /** In the order in which they were added. */
  sends: Send[];
  /** Nodes and handles, in the order in which they were added. */
  releases: Id[];
}

/** The same bytes to one handle or several. */
export interface Send {
  number: number;
  hash: number;
  to: Id[];
  /** The handles of which copies are sent. */
  handles: Id[];
}

/** A receive of any kind, with what it returned. */
export interface Receive extends Stamped {
  kind: "receive";
  peer: PeerNumber;
  items: Item[];
  /** After its items it looked again and found nothing: a look by an actor that knows what the items tell. */
  empty: boolean;
}

/** What a peer receives. */
export type Item =
  | { type: "message"; node: Id; number: number; hash: number; handles: Id[] }
  | { type: "node-release"; handle: Id }
  | { type: "handle-release"; node: Id };

/** `peer.close()`. */
interface Close extends Stamped {
  kind: "close";
  peer: PeerNumber;
}

/** `peer.detach()`. */
interface Detach extends Stamped {
  kind: "detach";
  peer: PeerNumber;
  /** The number of this ticket, unique in the run. */
  ticket: number;
}

/** `Peer.adopt(ticket)`. */
interface Adopt extends Stamped {
  kind: "adopt";
  peer: PeerNumber;
  ticket: number;
}

/** `Peer.revoke(ticket)`. The peer ends some time after the call. */
interface Revoke extends Stamped {
  kind: "revoke";
  peer: PeerNumber;
}

/** The actor learned, outside the bus, that `count` events of another actor had returned. */
interface Sight extends Stamped {
  kind: "sight";
  actor: number;
  count: number;
}

/** Every end of a peer that had begun by then is complete. The last such event in a history counts. */
interface Quiet extends Stamped {
  kind: "quiet";
}

/** An event in words, for explanations. */
export function describe(event: Event): string {
  const { begin, end, error } = event;
  const outcome = error !== undefined ? ` failed: ${error}` : end === Infinity ? " did not return" : "";
  return `[${begin}, ${end}] ${action(event)}${outcome}`;
}

function action(event: Event): string {
  switch (event.kind) {
    case "open":
      return `opens p${event.peer}`;
    case "create":
      return `p${event.peer} creates node ${event.node}, p${event.for} gets handle ${event.handle}`;
    case "copy":
      return `p${event.peer} copies handle ${event.handle}, p${event.for} gets handle ${event.copy}`;
    case "commit": {
      const sends = event.sends.map(({ number, to, handles }) =>
        `#${number} to ${to.join(" ")}${handles.length ? ` with ${handles.join(" ")}` : ""}`
      );
      const releases = event.releases.length > 0 ? [`releases ${event.releases.join(" ")}`] : [];
      return `p${event.peer} commits ${[...sends, ...releases].join(", ") || "nothing"}`;
    }
    case "receive":
      return `p${event.peer} receives ${
        [...event.items.map(describeItem), ...event.empty ? ["nothing"] : []].join(", ")
      }`;
    case "detach":
    case "adopt":
      return `p${event.peer} ${event.kind} (ticket ${event.ticket})`;
    case "close":
    case "revoke":
      return `p${event.peer} ${event.kind}`;
    case "sight":
      return `sees that ${event.count} events of actor ${event.actor} are done`;
    case "quiet":
      return "all is quiet";
  }
}

/** An item in words. */
export function describeItem(item: Item): string {
  switch (item.type) {
    case "message":
      return `#${item.number} at ${item.node}${item.handles.length ? ` with ${item.handles.join(" ")}` : ""}`;
    case "node-release":
      return `node-release ${item.handle}`;
    case "handle-release":
      return `handle-release ${item.node}`;
  }
}
