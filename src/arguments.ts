/**
 * What callers pass, checked: everything that is not of the right class is a `TypeError`, before anything else is
 * looked at. Each value is read once, so that a getter or a proxy cannot answer twice.
 *
 * @module
 */

import type { Id } from "./engine.ts";
import { nameOf } from "./errors.ts";
import { type Handle, handleId, isHandle } from "./handle.ts";
import { type Node, nodeId } from "./node.ts";
import type { SendOptions } from "./options.ts";
import type { Peer } from "./peer.ts";

/** The options of a call, which may be left out. */
export function optionsOf<T extends object>(options: T | undefined, doing: string): Partial<T> {
  if (options === undefined) return {};
  if (typeof options === "object" && options !== null) return options;
  throw new TypeError(`${doing}: the options must be an object, not ${nameOf(options)}`);
}

/** The destinations of a message: one handle, or an array of them. */
export function destinationsOf(to: Handle | readonly Handle[], doing: string): readonly Handle[] {
  return isHandle(to) ? [to] : arrayOf(to, doing);
}

/** The handles that go with a message; the option may be left out. */
export function transfersOf(options: SendOptions | undefined, doing: string): readonly Handle[] {
  const { handles } = optionsOf(options, doing);
  return handles === undefined ? [] : arrayOf(handles, doing);
}

/** The ids of handles on `peer`; `0` for another peer's. */
export function handleIds(handles: readonly Handle[], peer: Peer, doing: string): Id[] {
  return handles.map((handle) => handleId(handle, peer, doing));
}

/** The ids of nodes and handles on `peer`; `0` for another peer's. */
export function objectIds(objects: readonly (Node | Handle)[], peer: Peer, doing: string): Id[] {
  return objects.map((object) => isHandle(object) ? handleId(object, peer, doing) : nodeId(object, peer, doing));
}

function arrayOf(value: readonly Handle[], doing: string): readonly Handle[] {
  if (Array.isArray(value)) return Array.from(value as readonly Handle[]);
  throw new TypeError(`${doing}: expected handles in an array, not ${nameOf(value)}`);
}
