/**
 * Points about atomicity and order.
 *
 * @module
 */

import * as uapi from "../../uapi/mod.ts";
import { assistant } from "./assistant.ts";
import { create, hear, hearSoon, next, open, rawRelease, rawSend, release, send } from "./device.ts";
import { equal, faulty, type Group, point } from "./point.ts";

export const group: Group = {
  name: "order",
  about: "atomicity and order",
  points: [
    point(1001, "messages of one sender keep their order", "4: **FIFO** per sender follows from 3", () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server, client);
      const numbers = Array.from({ length: 100 }, (_, i) => i);
      for (const i of numbers) send(client, handle, String(i));
      equal("received", hear(server), numbers.map((i) => `message ${node} "${i}"`));
    }),
    point(
      1002,
      "messages to several nodes of one peer keep their order",
      "1: one receive queue that all its nodes share",
      () => {
        using server = open();
        using client = open();
        const ways = [create(server, client), create(server, client), create(server, client)];
        const order = [2, 0, 1, 1, 0, 2, 2, 1, 0];
        order.forEach((way, i) => send(client, ways[way]!.handle, String(i)));
        equal("received", hear(server), order.map((way, i) => `message ${ways[way]!.node} "${i}"`));
      },
    ),
    point(1003, "what was caused comes after its cause", "4: **Causal.**", () => {
      using a = open();
      using b = open();
      using c = open();
      const [toC, toB, fromB] = [create(c, a), create(b, a), create(c, b)];
      send(a, toC.handle, "cause");
      send(a, toB.handle, "tell them");
      equal("received by the second", hear(b), [`message ${toB.node} "tell them"`]);
      send(b, fromB.handle, "effect");
      equal("received by the third", hear(c), [`message ${toC.node} "cause"`, `message ${fromB.node} "effect"`]);
    }),
    point(
      1004,
      "releases keep their order with messages",
      "4: **Release notifications are messages** in the same queues under the same rules",
      () => {
        using server = open();
        using client = open();
        const toClient = create(client, server);
        const toServer = create(server, client);
        send(server, toClient.handle, "farewell");
        release(server, toServer.node);
        send(server, toClient.handle, "after that");
        const words = [
          `message ${toClient.node} "farewell"`,
          `node-release ${toServer.handle}`,
          `message ${toClient.node} "after that"`,
        ];
        equal("received", hear(client), words);
      },
    ),
    faulty(
      "F2",
      1005,
      "the parts of a transaction come in the order in which they were added",
      "4: a receiver gets user messages first (in the order added)",
      () => {
        using server = open();
        using client = open();
        const [a, b, c] = [create(server, client), create(server, client), create(server, client)];
        const destinations = [b.handle, c.handle, a.handle];
        equal("SEND", rawSend(client, { destinations, data: "all" }).answer, "0");
        equal("received", hear(server), [b, c, a].map(({ node }) => `message ${node} "all"`));
      },
    ),
    faulty(
      "F2",
      1006,
      "node releases before handle releases, each as added",
      "4: then node releases, then handle releases, each in the order added",
      () => {
        using peer = open();
        using other = open();
        const mine = [create(peer, other), create(peer, other)];
        const theirs = [create(other, peer), create(other, peer)];
        const ids = [theirs[1]!.handle, mine[1]!.node, theirs[0]!.handle, mine[0]!.node];
        equal("RELEASE", rawRelease(peer, ids).answer, "0");
        const words = [
          ...[mine[1]!, mine[0]!].map(({ handle }) => `node-release ${handle}`),
          ...[theirs[1]!, theirs[0]!].map(({ node }) => `handle-release ${node}`),
        ];
        equal("heard by the other one", hear(other), words);
      },
    ),
    faulty("F2", 1007, "who has seen a part of a multicast finds the others", "4: **No early look.**", async () => {
      using a = open();
      using b = open();
      using client = open();
      const [toA, toB] = [create(a, client), create(b, client)];
      const helper = assistant("multicast", client, ROUNDS, toA.handle, toB.handle);
      for (let i = 0; i < ROUNDS; i++) {
        const [first, second] = i % 2 === 0 ? [a, b] : [b, a];
        const node = (fd: uapi.Fd) => fd === a ? toA.node : toB.node;
        equal("received by one", hearSoon(first, 1), [`message ${node(first)} "${i}"`]);
        equal("received at once by the other", next(second), `message ${node(second)} "${i}"`);
      }
      await helper.end();
    }),
    point(1008, "several senders at once, each in order", "4: **FIFO** per sender follows from 3", async () => {
      using server = open();
      const senders = Array.from({ length: 2 }, () => {
        const client = open();
        const { node, handle } = create(server, client);
        const helper = assistant("send", client, ROUNDS, handle);
        return { client, node, helper, expected: 0 };
      });
      for (let i = 0; i < 2 * ROUNDS; i++) {
        const [word = "nothing"] = hearSoon(server, 1);
        const sender = senders.find(({ node }) => word.startsWith(`message ${node} `)) ?? senders[0]!;
        equal("received", word, `message ${sender.node} "${sender.expected++}"`);
      }
      for (const { client, helper } of senders) {
        await helper.end();
        client.close();
      }
    }),
    point(
      1009,
      "causes and effects in three processes",
      "4: every peer that receives parts of both receives A's first",
      async () => {
        using server = open();
        using announcer = open();
        using relay = open();
        const cause = create(server, announcer);
        const effect = create(server, relay);
        const between = create(relay, announcer);
        const helpers = [
          assistant("relay", relay, ROUNDS, effect.handle),
          assistant("announce", announcer, ROUNDS, cause.handle, between.handle),
        ];
        const seen = { cause: 0, effect: 0 };
        for (let i = 0; i < 2 * ROUNDS; i++) {
          const [word = "nothing"] = hearSoon(server, 1);
          const name = word.startsWith(`message ${cause.node} `) ? "cause" : "effect";
          const { node } = name === "cause" ? cause : effect;
          equal("received", word, `message ${node} "${seen[name]++}"`);
          equal("effects before their causes", Math.max(seen.effect - seen.cause, 0), 0);
        }
        for (const helper of helpers) await helper.end();
      },
    ),
  ],
};

/** So many messages show a race, if there is one, and take less than a second. */
const ROUNDS = 300;
