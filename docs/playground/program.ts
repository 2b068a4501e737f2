/**
 * The scenario as a program: the lines of TypeScript that do the same on any engine.
 *
 * Peers are variables with their names, nodes are `n1, n2 ...`, handles `h1, h2 ...`, messages `m1, m2 ...`. Text gets
 * into a line by `JSON.stringify` only.
 *
 * @module
 */

import type { Action, Item, Ref, Sending } from "./action.ts";
import { at } from "./list.ts";

/** What a program needs to know of the world in `world.ts`. */
interface World {
  readonly peers: readonly { readonly name: string; readonly closed: boolean }[];
  readonly log: readonly { readonly code: readonly string[] }[];
  /** The number of messages received so far. */
  readonly received: number;
  nodeName(node: number): string;
  handleName(handle: number): string;
  nameOf(ref: Ref): string;
}

type Of<Kind extends Action["do"]> = Extract<Action, { do: Kind }>;

const CLASS = { "message": "UserMessage", "node-release": "NodeRelease", "handle-release": "HandleRelease" } as const;

/** Returns the whole program: the import, the lines of the log, and the closes. */
export function programOf(world: World): string {
  const lines = world.log.flatMap(({ code }) => code);
  const used = Object.values(CLASS).filter((name) => lines.some((line) => line.includes(name)));
  const names = ["Peer", ...used.map((name) => `type ${name}`)];
  const closing = world.peers.filter(({ closed }) => !closed).map(({ name }) => close(name));
  return [`import { ${names.join(", ")} } from "@bus1/bus1";`, "", ...lines, ...closing, ""].join("\n");
}

export function open(name: string): string {
  return `const ${name} = Peer.open();`;
}

export function createNode(world: World, action: Of<"node">, node: number, handle: number): string {
  const [peer, other] = [at(world.peers, action.peer).name, at(world.peers, action.for).name];
  const options = action.for === action.peer ? "" : `{ for: ${other} }`;
  return `const { node: ${world.nodeName(node)}, handle: ${
    world.handleName(handle)
  } } = ${peer}.createNode(${options});`;
}

export function send(world: World, action: Of<"send">): string {
  return `${at(world.peers, action.peer).name}.${sending(world, action)};`;
}

export function copy(world: World, action: Of<"copy">, handle: number): string {
  return `const ${world.handleName(handle)} = ${copying(world, action)};`;
}

export function transaction(world: World, action: Of<"transaction">): string[] {
  return [
    "{",
    `  using tx = ${at(world.peers, action.peer).name}.transaction();`,
    ...action.steps.map((step) =>
      `  tx.${"release" in step ? releasing(world, [step.release]) : sending(world, step)};`
    ),
    "  tx.commit();",
    "}",
  ];
}

export function release(world: World, action: Of<"release">): string[] {
  return [`${at(world.peers, action.peer).name}.${releasing(world, action.objects)};`];
}

export function receive(world: World, action: Of<"receive">, items: readonly Item[]): string[] {
  const { name } = at(world.peers, action.peer);
  const variable = (i: number) => `m${world.received + i + 1}`;
  if (items.length === 0) {
    return [
      action.all ? `console.log(${name}.receiveMany().length); // 0` : `console.log(${name}.tryReceive()); // null`,
    ];
  }
  const classes = items.map(({ type }) => CLASS[type]);
  const first = action.all
    ? `const [${items.map((_, i) => variable(i)).join(", ")}] = ${name}.receiveMany() as [${classes.join(", ")}];`
    : `const ${variable(0)} = ${name}.tryReceive() as ${classes[0]};`;
  return [first, ...items.flatMap((item, i) => received(world, item, variable(i)))];
}

export function close(name: string): string {
  return `${name}.close();`;
}

/** Returns the lines for an action that the bus refused: the program tries it too. */
export function refused(world: World, action: Action, code: string): string[] {
  if (action.do === "open") return [];
  const { name } = at(world.peers, action.peer);
  return [
    "try {",
    `  ${attempt(world, action, name)};`,
    "} catch (error) {",
    `  console.log((error as Error & { code: string }).code); // ${code}`,
    "}",
  ];
}

function attempt(world: World, action: Exclude<Action, { do: "open" }>, name: string): string {
  switch (action.do) {
    case "node":
      return `${name}.createNode({ for: ${at(world.peers, action.for).name} })`;
    case "send":
      return `${name}.${sending(world, action)}`;
    case "copy":
      return copying(world, action);
    case "transaction": {
      const steps = action.steps.map((step) =>
        "release" in step ? releasing(world, [step.release]) : sending(world, step)
      );
      return `${name}.transaction().${steps.join(".")}.commit()`;
    }
    case "release":
      return `${name}.${releasing(world, action.objects)}`;
    case "receive":
      return `${name}.tryReceive()`;
    case "close":
      return `${name}.close()`;
  }
}

function copying(world: World, action: Of<"copy">): string {
  const [peer, other] = [at(world.peers, action.peer).name, at(world.peers, action.for).name];
  return `${peer}.copy(${world.handleName(action.handle)}, ${other})`;
}

function sending(world: World, { to, text, gives }: Sending): string {
  const names = (handles: readonly number[]) => handles.map((handle) => world.handleName(handle)).join(", ");
  const destination = to.length === 1 ? names(to) : `[${names(to)}]`;
  const options = gives.length > 0 ? `, { handles: [${names(gives)}] }` : "";
  return `send(${destination}, ${JSON.stringify(text)}${options})`;
}

function releasing(world: World, objects: readonly Ref[]): string {
  return `release(${objects.map((ref) => world.nameOf(ref)).join(", ")})`;
}

function received(world: World, item: Item, variable: string): string[] {
  if (item.type !== "message") return [`console.log(${variable}.type);`];
  const handles = item.handles.map((handle) => world.handleName(handle)).join(", ");
  return [`console.log(${variable}.text());`, ...(handles ? [`const [${handles}] = ${variable}.handles;`] : [])];
}
