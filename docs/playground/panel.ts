/**
 * The panel: the choice of an action, and a form for each.
 *
 * The forms offer the live objects. Their contents stay in {@linkcode Panel} when they are drawn again.
 *
 * @module
 */

/// <reference lib="dom" />

import { type Action, LIMITS, type Ref, type Step } from "./action.ts";
import { button, type Child, draw, field, h, select } from "./dom.ts";
import { at } from "./list.ts";
import type { Session } from "./session.ts";
import { and, quoted } from "./words.ts";
import type { World } from "./world.ts";

type Kind = "node" | "send" | "copy" | "release" | "transaction" | "receive" | "close";

const KINDS: readonly { kind: Kind; title: string }[] = [
  { kind: "node", title: "Create node" },
  { kind: "send", title: "Send" },
  { kind: "copy", title: "Copy handle" },
  { kind: "release", title: "Release" },
  { kind: "transaction", title: "Transaction" },
  { kind: "receive", title: "Receive" },
  { kind: "close", title: "Close" },
];

/** What the panel needs from its page. */
interface PanelHost {
  readonly session: Session;
  peer: number;
  choosePeer(peer: number): void;
  /** Performs an action; returns whether that was possible. */
  act(action: Action): boolean;
}

export class Panel {
  readonly element: HTMLElement = h("div", { class: "panel-body" });
  readonly #host: PanelHost;
  #kind: Kind = "node";
  /** The peer that gets a created or copied handle; `null`: the first other peer. */
  #other: number | null = null;
  #copied: number | null = null;
  #to = new Set<number>();
  #gives = new Set<number>();
  /** Objects to release, as {@linkcode keyOf} names them. */
  #objects = new Set<string>();
  #text = "hello";
  #steps: Step[] = [];

  constructor(host: PanelHost) {
    this.#host = host;
  }

  /** Clears the choices, for another peer or another scenario. */
  reset(): void {
    this.#to.clear();
    this.#gives.clear();
    this.#objects.clear();
    this.#steps = [];
    this.#other = null;
    this.#copied = null;
  }

  /** Prepares to send through a handle. */
  prepareSend(handle: number): void {
    if (this.#kind !== "transaction") this.#kind = "send";
    this.#to = new Set([handle]);
    this.draw();
    const text = document.getElementById("text") as HTMLInputElement | null;
    text?.focus();
    text?.select();
  }

  /** Prepares to release a node. */
  prepareRelease(node: number): void {
    if (this.#kind !== "transaction") this.#kind = "release";
    this.#objects = new Set([keyOf({ node })]);
    this.draw();
  }

  draw(): void {
    const { session, peer } = this.#host;
    const { world } = session;
    const living = world.peers.flatMap(({ name, closed }, value) => closed ? [] : [{ value, text: name }]);
    if (living.length === 0) {
      draw(this.element, [h("p", { class: "none" }, "Open a peer first: then it can act.")]);
      return;
    }
    draw(this.element, [
      field("actor", "Acting peer", select("actor", living, peer, (value) => this.#host.choosePeer(value))),
      h(
        "fieldset",
        { class: "kinds" },
        h("legend", {}, "What it does"),
        ...KINDS.map(({ kind, title }) =>
          h(
            "label",
            { class: "kind" },
            h("input", {
              type: "radio",
              name: "kind",
              id: `kind-${kind}`,
              checked: kind === this.#kind,
              change: () => {
                this.#kind = kind;
                this.draw();
              },
            }),
            h("span", {}, title),
          )
        ),
      ),
      h("form", { class: "form", submit: (event) => event.preventDefault() }, ...this.#form(world, peer)),
    ], () => document.getElementById(`kind-${this.#kind}`) ?? document.getElementById("actor"));
  }

  #form(world: World, peer: number): Child[] {
    const { name } = at(world.peers, peer);
    const handles = world.handles.flatMap(({ owner, state }, i) => owner === peer && state === "live" ? [i] : []);
    const nodes = world.nodes.flatMap(({ owner, state }, i) => owner === peer && state === "live" ? [i] : []);
    switch (this.#kind) {
      case "node": {
        const other = this.#otherPeer(world, peer);
        return [
          this.#peerField(world, peer, "A node of its own, and a handle to it for", other),
          submit("do-node", "Create the node", () => this.#host.act({ do: "node", peer, for: other })),
        ];
      }
      case "send": {
        if (handles.length === 0) return [needsHandle(name)];
        const to = chosen(this.#to, handles);
        const title = to.length > 1 ? `Send to ${to.length}, as one` : "Send";
        return [
          ...this.#messageFields(world, handles),
          submit("do-send", title, () => this.#send(peer, to, chosen(this.#gives, handles)), to.length === 0),
        ];
      }
      case "copy": {
        if (handles.length === 0) return [needsHandle(name)];
        const handle = this.#copied !== null && handles.includes(this.#copied) ? this.#copied : at(handles, 0);
        const options = handles.map((value) => ({ value, text: world.route(value) }));
        const other = this.#otherPeer(world, peer);
        return [
          field("copied", "Which handle", select("copied", options, handle, (value) => this.#copied = value)),
          this.#peerField(world, peer, "A handle to the same node for", other),
          submit("do-copy", "Copy the handle", () => {
            this.#host.act({ do: "copy", peer, handle: this.#copied ?? handle, for: this.#otherPeer(world, peer) });
          }),
        ];
      }
      case "release": {
        const objects = this.#chosenObjects(nodes, handles);
        if (nodes.length + handles.length === 0) return [h("p", { class: "none" }, `${name} owns nothing.`)];
        return [
          this.#objectFields(world, nodes, handles),
          submit("do-release", objects.length > 1 ? `Release ${objects.length}, as one` : "Release", () => {
            if (this.#host.act({ do: "release", peer, objects })) this.#objects.clear();
            this.draw();
          }, objects.length === 0),
        ];
      }
      case "transaction":
        return this.#transactionForm(world, peer, nodes, handles);
      case "receive":
        return [
          h("p", {}, `All nodes of ${name} share one queue.`),
          submit("do-receive", "Receive one", () => this.#host.act({ do: "receive", peer, all: false })),
          submit("do-receive-all", "Receive all", () => this.#host.act({ do: "receive", peer, all: true })),
        ];
      case "close":
        return [
          h("p", {}, `All objects of ${name} are released, and the peers connected to it are notified.`),
          submit("do-close", `Close ${name}`, () => this.#host.act({ do: "close", peer })),
        ];
    }
  }

  #send(peer: number, to: number[], gives: number[]): void {
    this.#host.act({ do: "send", peer, to, text: this.#text, gives });
  }

  #transactionForm(world: World, peer: number, nodes: number[], handles: number[]): Child[] {
    const to = chosen(this.#to, handles);
    const gives = chosen(this.#gives, handles);
    const objects = this.#chosenObjects(nodes, handles);
    const steps = this.#steps.map((step, i) => {
      const text = "release" in step
        ? `release ${world.nameOf(step.release)}`
        : `send ${quoted(step.text)} through ${and(step.to.map((handle) => world.handleName(handle)))}` +
          (step.gives.length > 0 ? `, with ${and(step.gives.map((handle) => world.handleName(handle)))}` : "");
      return h(
        "li",
        {},
        h("span", {}, text),
        button(`drop-${i}`, "Drop", () => this.#drop(i), { class: "small", "aria-label": `Drop: ${text}` }),
      );
    });
    const full = this.#steps.length >= LIMITS.named;
    return [
      h(
        "div",
        { class: "draft", role: "group", "aria-label": "The transaction so far" },
        steps.length > 0
          ? h("ol", {}, ...steps)
          : h("p", { class: "none" }, "It is empty, and nothing has happened yet."),
      ),
      ...(handles.length > 0 ? this.#messageFields(world, handles) : []),
      handles.length > 0 && submit("add-send", "Add this message", () => {
        this.#add({ to, text: this.#text, gives });
      }, to.length === 0 || full),
      nodes.length + handles.length > 0 && this.#objectFields(world, nodes, handles),
      nodes.length + handles.length > 0 && submit("add-release", "Add these releases", () => {
        this.#add(...objects.map((release) => ({ release })));
        this.#objects.clear();
        this.draw();
      }, objects.length === 0 || this.#steps.length + objects.length > LIMITS.named),
      submit("do-commit", "Commit: all of it, now", () => {
        if (this.#host.act({ do: "transaction", peer, steps: this.#steps })) this.#steps = [];
        this.draw();
      }, steps.length === 0),
    ];
  }

  #add(...steps: Step[]): void {
    this.#steps = [...this.#steps, ...steps];
    this.draw();
  }

  #drop(index: number): void {
    this.#steps = this.#steps.filter((_, i) => i !== index);
    this.draw();
  }

  #messageFields(world: World, handles: number[]): Child[] {
    const text = h("input", {
      id: "text",
      type: "text",
      maxlength: LIMITS.text,
      autocomplete: "off",
      value: this.#text,
      input: () => this.#text = text.value.toWellFormed(),
    });
    const ticks = (name: string, set: Set<number>) =>
      handles.map((handle) =>
        this.#tick(`${name}-${handle}`, world.route(handle), set.has(handle), () => toggle(set, handle))
      );
    return [
      group("to", "Through (several: one multicast)", ticks("to", this.#to)),
      field("text", "Text", text),
      group("gives", "With copies of", ticks("gives", this.#gives)),
    ];
  }

  #objectFields(world: World, nodes: number[], handles: number[]): HTMLElement {
    const ticks = [...nodes.map((node) => ({ node })), ...handles.map((handle) => ({ handle }))].map((ref) => {
      const key = keyOf(ref);
      const text = "node" in ref ? `node ${world.nodeName(ref.node)}` : world.route(ref.handle);
      return this.#tick(`object-${key}`, text, this.#objects.has(key), () => toggle(this.#objects, key));
    });
    return group("objects", "Release", ticks);
  }

  #tick(id: string, text: string, checked: boolean, change: () => void): HTMLElement {
    const input = h("input", {
      type: "checkbox",
      id,
      checked,
      change: () => {
        change();
        this.draw();
      },
    });
    return h("label", { class: "tick" }, input, h("span", {}, text));
  }

  #chosenObjects(nodes: number[], handles: number[]): Ref[] {
    return [...nodes.map((node) => ({ node })), ...handles.map((handle) => ({ handle }))]
      .filter((ref) => this.#objects.has(keyOf(ref))).slice(0, LIMITS.named);
  }

  #otherPeer(world: World, peer: number): number {
    const { peers } = world;
    if (this.#other !== null && peers[this.#other]?.closed === false) return this.#other;
    const other = peers.findIndex(({ closed }, i) => !closed && i !== peer);
    return other < 0 ? peer : other;
  }

  #peerField(world: World, peer: number, label: string, other: number): HTMLElement {
    const options = world.peers.flatMap(({ name, closed }, value) =>
      closed ? [] : [{ value, text: value === peer ? `${name} (itself)` : name }]
    );
    const change = (value: number) => {
      this.#other = value;
      this.draw();
    };
    return field("other", label, select("other", options, other, change));
  }
}

function keyOf(ref: Ref): string {
  return "node" in ref ? `n${ref.node}` : `h${ref.handle}`;
}

function toggle<T>(set: Set<T>, item: T): void {
  if (!set.delete(item)) set.add(item);
}

/** Returns the ticked handles that are still there, as many as one action can name. */
function chosen(set: ReadonlySet<number>, handles: readonly number[]): number[] {
  return handles.filter((handle) => set.has(handle)).slice(0, LIMITS.named);
}

function needsHandle(name: string): HTMLElement {
  const text =
    `${name} has no handle: it cannot send. It gets a handle with a node that it creates, by a copy, or in a message.`;
  return h("p", { class: "none" }, text);
}

function group(id: string, legend: string, children: HTMLElement[]): HTMLElement {
  return h(
    "fieldset",
    { class: "ticks" },
    h("legend", {}, legend),
    h("div", { class: "tick-list", id: `list-${id}`, "data-scroll": true }, ...children),
  );
}

function submit(id: string, text: string, press: () => void, disabled = false): HTMLElement {
  return button(id, text, press, { class: "primary", disabled });
}
