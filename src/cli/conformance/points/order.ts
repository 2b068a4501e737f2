/**
 * Points about atomicity and order.
 *
 * @module
 */

import * as uapi from "../../../uapi/mod.ts";
import { at, equal } from "../support/assertions.ts";
import { assistant } from "../support/assistant.ts";
import { create, open, receiveAll, receiveOne, receiveSoon, release, send } from "../support/calls.ts";
import { type Group, point } from "../support/point.ts";
import { rawRelease, rawSend } from "../support/raw_calls.ts";

export const group: Group = {
  name: "order",
  about: "atomicity and order",
  points: [
    point(1001, "messages of one sender keep their order", { section: 4 }, () => {
      using server = open();
      using client = open();
      const { node, handle } = create(server, client);
      const numbers = Array.from({ length: 100 }, (_, i) => i);
      for (const i of numbers) send(client, handle, String(i));
      equal("received", receiveAll(server), numbers.map((i) => `message ${node} "${i}"`));
    }),
    point(1002, "messages to several nodes of one peer keep their order", { section: 1 }, () => {
      using server = open();
      using client = open();
      const channels = [create(server, client), create(server, client), create(server, client)];
      const order = [2, 0, 1, 1, 0, 2, 2, 1, 0];
      order.forEach((index, i) => send(client, at(channels, index).handle, String(i)));
      equal("received", receiveAll(server), order.map((index, i) => `message ${at(channels, index).node} "${i}"`));
    }),
    point(1003, "an effect is received after its cause", { section: 4 }, () => {
      using a = open();
      using b = open();
      using c = open();
      const [toC, toB, fromB] = [create(c, a), create(b, a), create(c, b)];
      send(a, toC.handle, "cause");
      send(a, toB.handle, "pass it on");
      equal("received by the second peer", receiveAll(b), [`message ${toB.node} "pass it on"`]);
      send(b, fromB.handle, "effect");
      equal("received by the third peer", receiveAll(c), [
        `message ${toC.node} "cause"`,
        `message ${fromB.node} "effect"`,
      ]);
    }),
    point(1004, "releases and messages keep their common order", { section: 4 }, () => {
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
      equal("received", receiveAll(client), words);
    }),
    point(1005, "the messages of a transaction keep their order", { section: 4, fault: "F2" }, () => {
      using server = open();
      using client = open();
      const [a, b, c] = [create(server, client), create(server, client), create(server, client)];
      const destinations = [b.handle, c.handle, a.handle];
      equal("SEND", rawSend(client, { destinations, data: "all" }).result, "0");
      equal("received", receiveAll(server), [b, c, a].map(({ node }) => `message ${node} "all"`));
    }),
    point(1006, "node releases arrive before handle releases, each kind in order", { section: 4, fault: "F2" }, () => {
      using peer = open();
      using other = open();
      const mine = [create(peer, other), create(peer, other)];
      const theirs = [create(other, peer), create(other, peer)];
      const ids = [at(theirs, 1).handle, at(mine, 1).node, at(theirs, 0).handle, at(mine, 0).node];
      equal("RELEASE", rawRelease(peer, ids).result, "0");
      const words = [
        ...[at(mine, 1), at(mine, 0)].map(({ handle }) => `node-release ${handle}`),
        ...[at(theirs, 1), at(theirs, 0)].map(({ node }) => `handle-release ${node}`),
      ];
      equal("received by the other peer", receiveAll(other), words);
    }),
    point(
      1007,
      "when one receiver has its part of a multicast, the others have theirs",
      { section: 4, fault: "F2" },
      async () => {
        using a = open();
        using b = open();
        using client = open();
        const [toA, toB] = [create(a, client), create(b, client)];
        const helper = assistant("multicast", client, ROUNDS, toA.handle, toB.handle);
        for (let i = 0; i < ROUNDS; i++) {
          const [first, second] = i % 2 === 0 ? [a, b] : [b, a];
          const node = (fd: uapi.Fd) => fd === a ? toA.node : toB.node;
          equal("received by one receiver", receiveSoon(first, 1), [`message ${node(first)} "${i}"`]);
          equal("received at once by the other receiver", receiveOne(second), `message ${node(second)} "${i}"`);
        }
        await helper.end();
      },
    ),
    point(1008, "concurrent senders each keep their order", { section: 4 }, async () => {
      using server = open();
      const senders = Array.from({ length: 2 }, () => {
        const client = open();
        const { node, handle } = create(server, client);
        const helper = assistant("send", client, ROUNDS, handle);
        return { client, node, helper, expected: 0 };
      });
      for (let i = 0; i < 2 * ROUNDS; i++) {
        const [word = "nothing"] = receiveSoon(server, 1);
        const sender = senders.find(({ node }) => word.startsWith(`message ${node} `)) ?? at(senders, 0);
        equal("received", word, `message ${sender.node} "${sender.expected++}"`);
      }
      for (const { client, helper } of senders) {
        await helper.end();
        client.close();
      }
    }),
    point(1009, "effects follow their causes across three processes", { section: 4 }, async () => {
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
        const [word = "nothing"] = receiveSoon(server, 1);
        const name = word.startsWith(`message ${cause.node} `) ? "cause" : "effect";
        const { node } = name === "cause" ? cause : effect;
        equal("received", word, `message ${node} "${seen[name]++}"`);
        equal("effects before their causes", Math.max(seen.effect - seen.cause, 0), 0);
      }
      for (const helper of helpers) await helper.end();
    }),
  ],
};

/** The number of messages that two processes exchange: enough to show a race, and less than a second of work. */
const ROUNDS = 300;
