/**
 * The checker finds planted faults: for each rule, histories that break it and no other rule, and beside each a similar
 * history that keeps it. Each fault is found again in the middle of recorded histories, short and long.
 */

import { assertEquals } from "@std/assert";
import { test } from "../support/harness.ts";
import { check } from "./check.ts";
import type { Rule } from "./findings.ts";
import type { History } from "./history.ts";
import { recordRun } from "./record_run.ts";
import { type ActorBuilder, channels, handleRelease, HistoryBuilder, message } from "./history_builder.ts";
import { nodeRelease, send, within } from "./history_builder.ts";

/** Recorded histories without a fault, in which others are planted. */
const recorded = await Promise.all([8, 200, 2000].map(async (steps, seed) => {
  const { history } = await recordRun({ engine: "typescript", seed, steps, mayRevoke: false });
  return history;
}));

/** Builds a history with up to four actors. */
function built(tell: (builder: HistoryBuilder, ...actors: ActorBuilder[]) => void): History {
  const builder = new HistoryBuilder();
  tell(builder, ...[1, 2, 3, 4].map(() => builder.actor()));
  return builder.history;
}

/** The rules that a history breaks. */
function broken(history: History): Rule[] {
  return [...new Set(check(history).map(({ rule }) => rule))];
}

/** Builds a history twice: with the fault, and without. */
function planted(
  rule: Rule,
  name: string,
  tell: (wrong: boolean, builder: HistoryBuilder, ...actors: ActorBuilder[]) => void,
): void {
  test(`planted: ${rule}: ${name}`, () => {
    const [right, wrong] = [false, true].map((isWrong) =>
      built((builder, ...actors) => tell(isWrong, builder, ...actors))
    );
    assertEquals(broken(right), [], "without the fault");
    assertEquals(broken(wrong), [rule], "with the fault");
    for (const history of recorded) assertEquals(broken(within(history, wrong)), [rule], "in a recorded history");
  });
}

planted("atomic", "a message is lost", (wrong, _, a, b) => {
  channels(a, [b]);
  b.send(2, 1, [1]).send(2, 2, [1]);
  a.drain(1, ...wrong ? [] : [message(1, 1)], message(2, 1));
});

planted("atomic", "one receiver of a multicast gets nothing", (wrong, _, a, b) => {
  a.open(1, 2, 3).create(1, 1, 3, 1).create(2, 1, 3, 3).detach(3, 9);
  b.adopt(3, 9).send(3, 1, [1, 3]);
  a.drain(1, message(1, 1)).drain(2, ...wrong ? [] : [message(1, 1)]);
});

planted("atomic", "a message comes twice", (wrong, _, a, b) => {
  channels(a, [b]);
  b.send(2, 1, wrong ? [1] : [1, 1]);
  a.receive(1, message(1, 1), message(1, 1));
});

planted("atomic", "a message that was not sent", (wrong, _, a, b) => {
  channels(a, [b]);
  b.send(2, 1, [1]);
  a.receive(1, message(1, 1)).receive(1, ...wrong ? [message(7, 1)] : []);
});

planted("atomic", "a failed commit is received", (wrong, _, a, b) => {
  channels(a, [b], 2);
  b.release(2, 3).fails("EBADRQC").commit(2, [send(1, [1]), send(2, [3])]);
  a.receive(1, handleRelease(3), ...wrong ? [message(1, 1)] : []);
});

planted("atomic", "other bytes", (wrong, _, a, b) => {
  channels(a, [b]);
  b.commit(2, [send(1, [1], [], 77)]);
  a.drain(1, message(1, 1, [], wrong ? 78 : 77));
});

planted("atomic", "a handle less", (wrong, _, a, b) => {
  channels(a, [b]);
  b.send(2, 1, [1], [1, 1]);
  a.drain(1, message(1, 1, wrong ? [3] : [3, 5]));
});

planted("atomic", "another node of the receiver", (wrong, _, a, b) => {
  channels(a, [b], 2);
  b.send(2, 1, [3]);
  a.receive(1, message(1, wrong ? 1 : 3));
});

planted("atomic", "half of a commit in which the actor died", (wrong, _, a, b) => {
  channels(a, [b], 2);
  b.diesIn().send(2, 1, [1, 3]);
  a.receive(1, message(1, 1)).drain(1, ...wrong ? [] : [message(1, 3)]);
});

planted("look", "a look that finds nothing after the call has returned", (wrong, _, a, b) => {
  channels(a, [b]);
  if (wrong) b.send(2, 1, [1]);
  a.drain(1);
  if (!wrong) b.send(2, 1, [1]);
  a.receive(1, message(1, 1));
});

planted("look", "another has received its part, and has told", (wrong, builder, a, b, c) => {
  a.open(1, 2, 3).create(1, 1, 3, 1).create(2, 1, 3, 3).detach(2, 8).detach(3, 9);
  b.adopt(2, 8);
  c.adopt(3, 9);
  builder.atOnce(() => {
    c.send(3, 1, [1, 3]);
    b.receive(2, message(1, 1));
    if (wrong) a.sees(b);
    a.drain(1).receive(1, message(1, 1));
  });
});

planted("look", "only half of a transaction is there", (wrong, builder, a, b) => {
  channels(a, [b]);
  builder.atOnce(() => {
    b.commit(2, [send(1, [1]), send(2, [1])]);
    if (wrong) a.drain(1, message(1, 1));
    else a.receive(1, message(1, 1));
    a.receive(1, message(2, 1));
  });
});

planted("look", "a node release is not there yet", (wrong, _, a, b) => {
  channels(a, [b]);
  a.release(1, 1);
  if (wrong) b.drain(2);
  b.drain(2, nodeRelease(1));
});

planted("look", "the end of a peer is not there yet, though another peer was notified of it", (wrong, _, a, b, c) => {
  channels(a, [b, c]);
  a.close(1);
  c.drain(3, nodeRelease(1));
  if (wrong) b.drain(2);
  b.drain(2, nodeRelease(1));
});

planted(
  "look",
  "the end of a revoked peer is not there yet, though another peer was notified of it",
  (wrong, _, a, b, c, d) => {
    channels(a, [b, c]);
    a.detach(1, 5);
    d.revoke(1);
    b.drain(2); // it may take its time
    c.drain(3, nodeRelease(1));
    if (wrong) b.drain(2);
    b.drain(2, nodeRelease(1));
  },
);

planted("look", "the last handle's release is not there yet", (wrong, _, a, b) => {
  channels(a, [b]);
  b.copy(2, 1, 2, 3).release(2, 1);
  a.drain(1);
  b.release(2, 3);
  if (wrong) a.drain(1);
  a.drain(1, handleRelease(1));
});

planted("look", "the last two handles' release is not there yet, though both are known", (wrong, builder, a, b, c) => {
  a.open(1, 2, 3).create(1, 1, 2, 1).copy(2, 1, 3, 1).detach(2, 8).detach(3, 9);
  b.adopt(2, 8);
  c.adopt(3, 9);
  builder.atOnce(() => {
    b.release(2, 1);
    c.release(3, 1);
    a.sees(b);
    if (wrong) a.sees(c);
    a.drain(1).drain(1, handleRelease(1));
  });
});

planted("look", "a handle that comes to a released node is told of too late", (wrong, builder, a, b, c) => {
  a.open(1, 2, 3).create(1, 1, 2, 1).create(3, 1, 2, 3).detach(2, 8).detach(3, 9);
  b.adopt(2, 8);
  c.adopt(3, 9);
  builder.atOnce(() => {
    a.release(1, 1);
    b.send(2, 1, [3], [1]).drain(2, nodeRelease(1));
    c.drain(3, message(1, 1, [3]));
    if (wrong) c.sees(a).drain(3);
    c.receive(3, nodeRelease(3));
  });
});

planted("causal", "a reply comes before its request", (wrong, builder, a, b, c) => {
  channels(a, [b, c]);
  a.detach(1, 7);
  builder.atOnce(() => {
    b.send(2, 1, [1]);
    if (wrong) c.sees(b);
    c.send(3, 2, [1]);
    a.adopt(1, 7).receive(1, message(2, 3), message(1, 1));
  });
});

planted("causal", "the same, through the bus and two others", (wrong, builder, a, b, c, d) => {
  a.open(1, 2, 3, 4).create(1, 1, 2, 1).create(3, 1, 2, 3).create(4, 1, 3, 3).create(1, 3, 4, 3);
  a.detach(2, 2).detach(3, 3).detach(4, 4);
  b.adopt(2, 2);
  c.adopt(3, 3);
  d.adopt(4, 4);
  builder.atOnce(() => {
    b.send(2, 1, [1, 3]);
    if (wrong) c.receive(3, message(1, 1));
    c.send(3, 2, [3]);
    d.receive(4, message(2, 1)).send(4, 3, [3]);
    a.receive(1, message(3, 3), message(1, 1));
  });
});

planted("causal", "a node release comes before a message that its owner knew of", (wrong, builder, a, b, c) => {
  a.open(1, 2, 3).create(1, 1, 2, 1).create(2, 3, 3, 1).detach(1, 8).detach(3, 9);
  b.adopt(1, 8);
  c.adopt(3, 9);
  builder.atOnce(() => {
    c.send(3, 1, [1]);
    if (wrong) b.sees(c);
    b.release(1, 1);
    a.receive(2, nodeRelease(1), message(1, 3));
  });
});

planted(
  "causal",
  "the end of a revoked peer comes after a message from a peer that was notified of it",
  (wrong, _, a, b, c, d) => {
    a.open(1, 2, 3).create(1, 1, 2, 1).create(1, 3, 3, 1).create(2, 3, 3, 3);
    a.detach(1, 1).detach(2, 2).detach(3, 3);
    b.adopt(2, 2);
    c.adopt(3, 3);
    d.revoke(1);
    if (wrong) c.receive(3, nodeRelease(1));
    c.send(3, 1, [3]);
    b.receive(2, message(1, 3), nodeRelease(1));
  },
);

planted(
  "causal",
  "a node release for a handle that came by a message follows all of that transaction",
  (wrong, builder, a, b) => {
    a.open(1, 2, 3).create(1, 1, 2, 1).create(3, 1, 2, 3).detach(2, 9).detach(3, 8);
    b.adopt(2, 9).adopt(3, 8);
    builder.atOnce(() => {
      b.commit(2, [send(1, [3], [1]), send(2, [3])]);
      a.release(1, 1);
      const [first, second] = wrong ? [nodeRelease(3), message(2, 1)] : [message(2, 1), nodeRelease(3)];
      b.receive(3, message(1, 1, [3]), first, second);
    });
  },
);

planted(
  "look",
  "what is told late is due when the release has returned, not when it has happened",
  (wrong, builder, a, b) => {
    a.open(1, 2, 3, 4).create(1, 1, 2, 1).create(3, 1, 2, 3).create(1, 3, 3, 3).detach(2, 9).detach(3, 8);
    b.adopt(2, 9).adopt(3, 8);
    builder.atOnce(() => {
      a.release(1, 1, 3).drain(4);
      b.send(2, 1, [3], [1]).receive(3, message(1, 1, [5]), nodeRelease(3));
      if (wrong) b.sees(a);
      b.drain(3).receive(3, nodeRelease(5));
    });
  },
);

test("planted: causal: what is received before it is sent", () => {
  const tell = (_: HistoryBuilder, a: ActorBuilder, b: ActorBuilder) => {
    channels(a, [b]);
    a.receive(1, message(1, 1));
    b.send(2, 1, [1]);
  };
  assertEquals(broken(built(tell)), ["causal"]);
});

planted("fifo", "of one sender's messages the second comes first", (wrong, _, a, b) => {
  channels(a, [b]);
  b.send(2, 1, [1]).send(2, 2, [1]);
  const both = [message(1, 1), message(2, 1)];
  a.receive(1, ...wrong ? both.reverse() : both);
});

planted("fifo", "the same, with both peers handed over in between", (wrong, builder, a, b, c, d) => {
  channels(a, [b]);
  builder.atOnce(() => {
    b.send(2, 1, [1]).detach(2, 5);
    c.adopt(2, 5).send(2, 2, [1]);
    const [first, second] = wrong ? [2, 1] : [1, 2];
    a.receive(1, message(first, 1)).detach(1, 6);
    d.adopt(1, 6).receive(1, message(second, 1));
  });
});

planted("fifo", "a release overtakes what was sent before it", (wrong, _, a, b) => {
  channels(a, [b], 2);
  b.send(2, 1, [3]).release(2, 1);
  const both = [message(1, 3), handleRelease(1)];
  a.receive(1, ...wrong ? both.reverse() : both);
});

planted("inner order", "messages of one transaction", (wrong, _, a, b) => {
  channels(a, [b]);
  b.commit(2, [send(1, [1]), send(2, [1])]);
  const both = [message(1, 1), message(2, 1)];
  a.receive(1, ...wrong ? both.reverse() : both);
});

planted("inner order", "a message comes before one that was added earlier, and that never comes", (wrong, _, a, b) => {
  channels(a, [b], 2);
  b.send(2, 1, [1, 3]);
  a.receive(1, message(1, wrong ? 3 : 1)).close(1);
});

planted("inner order", "a copy that came during the release is told of after the others", (wrong, builder, a, b) => {
  channels(a, [b]);
  builder.atOnce(() => {
    a.release(1, 1);
    const both = [nodeRelease(1), nodeRelease(3)];
    b.copy(2, 1, 2, 3).receive(2, ...wrong ? both.reverse() : both);
  });
});

planted("inner order", "a node release comes after the messages", (wrong, _, a, b) => {
  a.open(1, 2).create(1, 1, 2, 1).create(2, 3, 1, 3).detach(2, 9);
  b.adopt(2, 9).commit(2, [send(1, [1])], [3]);
  const both = [message(1, 1), nodeRelease(3)];
  a.receive(1, ...wrong ? both.reverse() : both);
});

planted("inner order", "handle releases come after node releases", (wrong, _, a, b) => {
  a.open(1, 2).create(1, 1, 2, 1).create(2, 3, 1, 3).detach(2, 9);
  b.adopt(2, 9).release(2, 1, 3);
  const both = [nodeRelease(3), handleRelease(1)];
  a.receive(1, ...wrong ? both.reverse() : both);
});

planted("inner order", "nodes in the order in which they were added", (wrong, _, a, b) => {
  channels(a, [b], 3);
  a.release(1, 5, 1);
  const both = [nodeRelease(5), nodeRelease(1)];
  b.receive(2, ...wrong ? both.reverse() : both);
});

planted("inner order", "the handles of one node in the order in which they became live", (wrong, _, a, b) => {
  channels(a, [b]);
  b.copy(2, 1, 2, 3);
  a.release(1, 1);
  const both = [nodeRelease(1), nodeRelease(3)];
  b.receive(2, ...wrong ? both.reverse() : both);
});

planted("inner order", "the copies that one message carried", (wrong, _, a, b) => {
  a.open(1, 2).create(1, 1, 1, 3).create(2, 1, 1, 5).detach(2, 9);
  a.send(1, 1, [5], [3, 3]).release(1, 1);
  const both = [nodeRelease(3), nodeRelease(5)];
  b.adopt(2, 9).receive(2, message(1, 1, [3, 5]), ...wrong ? both.reverse() : both);
});

planted("inner order", "what a close releases, in the order of creation", (wrong, _, a, b) => {
  channels(a, [b], 2);
  a.close(1);
  const both = [nodeRelease(1), nodeRelease(3)];
  b.receive(2, ...wrong ? both.reverse() : both);
});

planted("inner order", "what the end of a Worker releases, in the order of creation", (wrong, _, a, b) => {
  channels(b, [a], 2);
  b.dies();
  const both = [nodeRelease(1), nodeRelease(3)];
  a.receive(2, ...wrong ? both.reverse() : both);
});

planted("inner order", "at a close what was discarded comes before what was held", (wrong, _, a, b) => {
  a.open(1, 2).create(1, 1, 2, 1).create(2, 3, 1, 3).create(1, 5, 1, 7).send(1, 1, [3], [7]).release(1, 7).detach(2, 9);
  b.adopt(2, 9).close(2);
  const both = [handleRelease(5), handleRelease(1)];
  a.receive(1, nodeRelease(3), ...wrong ? both.reverse() : both);
});

planted("inner order", "the last handle's release comes no sooner than that of any", (wrong, builder, a, b) => {
  a.open(1, 2).create(1, 1, 1, 3).create(2, 1, 1, 5).send(1, 1, [5], [3]).detach(2, 9);
  b.adopt(2, 9);
  builder.atOnce(() => {
    a.release(1, 3);
    b.close(2); // it is not known which is the last
    const both = [nodeRelease(5), handleRelease(1)];
    a.receive(1, ...wrong ? both.reverse() : both);
  });
});

planted("last word", "a message at a node that its owner has released", (wrong, _, a, b) => {
  channels(a, [b], 2);
  b.send(2, 1, [1]);
  a.release(1, wrong ? 1 : 3).receive(1, message(1, 1));
});

planted("last word", "a message at a node after its last handle's release", (wrong, builder, a, b, c) => {
  a.open(1, 2, 3).create(1, 1, 2, 1).copy(2, 1, 3, 1).detach(2, 8).detach(3, 9);
  b.adopt(2, 8);
  c.adopt(3, 9);
  builder.atOnce(() => {
    b.release(2, 1);
    c.commit(3, [send(1, [1])], wrong ? [] : [1]);
    const both = wrong ? [handleRelease(1), message(1, 1)] : [message(1, 1), handleRelease(1)];
    a.receive(1, ...both);
  });
});

planted("last word", "a handle is told of twice", (wrong, _, a, b) => {
  channels(a, [b]);
  a.release(1, 1);
  b.receive(2, nodeRelease(1)).drain(2, ...wrong ? [nodeRelease(1)] : []);
});

planted("last word", "a handle is told of after its release", (wrong, _, a, b) => {
  channels(a, [b]);
  a.release(1, 1);
  b.release(2, 1).drain(2, ...wrong ? [nodeRelease(1)] : []);
});

planted("last word", "the last handle's release comes twice", (wrong, _, a, b) => {
  channels(a, [b]);
  b.release(2, 1);
  a.drain(1, handleRelease(1), ...wrong ? [handleRelease(1)] : []);
});

planted("last word", "the last handle's release comes after the node's", (wrong, _, a, b) => {
  channels(a, [b]);
  b.release(2, 1);
  a.release(1, 1).drain(1, ...wrong ? [handleRelease(1)] : []);
});

planted("last word", "the last handle's release never comes", (wrong, _, a, b) => {
  channels(a, [b]);
  b.release(2, 1);
  a.drain(1, ...wrong ? [] : [handleRelease(1)]);
});

planted(
  "last word",
  "the release of a handle that was discarded at the end of its receiver never comes",
  (wrong, _, a, b) => {
    channels(a, [b]);
    b.create(2, 3, 2, 5).send(2, 1, [1], [5]).release(2, 5);
    a.close(1);
    b.drain(2, nodeRelease(1), ...wrong ? [] : [handleRelease(3)]);
  },
);

planted("last word", "the release of a handle that came to a released node never comes", (wrong, _, a, b) => {
  channels(a, [b]);
  b.create(2, 3, 2, 5).send(2, 1, [1], [5]).release(2, 5);
  a.release(1, 1);
  b.drain(2, nodeRelease(1)); // it may take until the receiver looks
  a.drain(1);
  b.drain(2, ...wrong ? [] : [handleRelease(3)]);
});

planted("look", "the same comes too late, though the receiver ends after that", (wrong, _, a, b) => {
  channels(a, [b]);
  b.create(2, 3, 2, 5).send(2, 1, [1], [5]).release(2, 5);
  a.release(1, 1).drain(1);
  if (wrong) b.drain(2, nodeRelease(1)).drain(2, handleRelease(3));
  else b.drain(2, nodeRelease(1), handleRelease(3));
  a.close(1);
});

planted("last word", "the last handle's release comes while another is held", (wrong, _, a, b) => {
  channels(a, [b]);
  b.copy(2, 1, 2, 3).release(2, ...wrong ? [1] : [1, 3]);
  a.receive(1, handleRelease(1));
});

planted("last word", "the last handle's release comes while a copy is on its way", (wrong, _, a, b) => {
  channels(a, [b]);
  b.create(2, 3, 2, 5).send(2, 1, [5], wrong ? [1] : []).release(2, 1);
  a.receive(1, handleRelease(1));
});

planted("told", "the node is still there", (wrong, _, a, b) => {
  channels(a, [b], 2);
  a.release(1, wrong ? 3 : 1);
  b.receive(2, nodeRelease(1));
});

planted("told", "no such handle", (wrong, _, a, b) => {
  channels(a, [b]);
  a.release(1, 1);
  b.receive(2, nodeRelease(wrong ? 3 : 1));
});

planted("told", "an owner is not told", (wrong, _, a, b, c) => {
  channels(a, [b, c]);
  a.release(1, 1, 3);
  b.drain(2, nodeRelease(1));
  c.drain(3, ...wrong ? [] : [nodeRelease(1)]);
});

planted("told", "an owner with a handle that came later is not told", (wrong, builder, a, b, c) => {
  a.open(1, 2, 3).create(1, 1, 2, 1).create(3, 1, 2, 3).detach(2, 8).detach(3, 9);
  b.adopt(2, 8);
  c.adopt(3, 9);
  builder.atOnce(() => {
    a.release(1, 1);
    b.send(2, 1, [3], [1]);
  });
  c.drain(3, message(1, 1, [3]), ...wrong ? [] : [nodeRelease(3)]);
});

planted("told", "the end of a Worker is not told, though all is quiet", (wrong, _, a, b) => {
  channels(b, [a]);
  b.dies();
  a.drain(2).quiet().drain(2, ...wrong ? [] : [nodeRelease(1)]);
});

planted("ids", "an id that does not come from the counter", (wrong, _, a) => {
  a.open(1).create(1, 1, 1, 3).create(1, 5, 1, wrong ? 9 : 7);
});

planted("ids", "an id is used again", (wrong, _, a) => {
  a.open(1).create(1, 1, 1, 3).release(1, 1).drain(1, nodeRelease(3)).create(1, 5, 1, wrong ? 3 : 7);
});

planted("ids", "handles that a message brings get theirs in order", (wrong, _, a, b) => {
  channels(a, [b]);
  b.send(2, 1, [1], [1, 1]);
  a.receive(1, message(1, 1, wrong ? [5, 3] : [3, 5]));
});

planted("held", "a released handle can be used", (wrong, _, a, b) => {
  channels(a, [b], 2);
  b.release(2, 1).send(2, 1, [wrong ? 1 : 3]);
  a.receive(1, handleRelease(1));
});

planted("held", "what is held cannot be used", (wrong, _, a, b) => {
  channels(a, [b], 2);
  b.release(2, 1).fails("EBADRQC").send(2, 1, [wrong ? 3 : 1]);
});

planted("held", "a node is not a handle", (wrong, _, a) => {
  a.open(1).create(1, 1, 1, 3).send(1, 1, [wrong ? 1 : 3]);
});

planted("held", "a peer has ended without a close or revoke", (wrong, _, a, b, c) => {
  channels(a, [b]);
  if (!wrong) c.revoke(2);
  b.fails("ESHUTDOWN").send(2, 1, [1]);
});

planted("held", "a peer is used after its close", (wrong, _, a) => {
  a.open(1, 2).create(1, 1, 1, 3).close(wrong ? 1 : 2).create(1, 5, 1, 7);
});

planted("hand-over", "two actors use one peer", (wrong, _, a, b) => {
  channels(a, [b]);
  if (wrong) a.send(2, 1, [1]);
  b.send(2, 2, [1]);
  a.receive(1, ...wrong ? [message(1, 1)] : [], message(2, 1));
});

planted("hand-over", "a call fails for another reason than that the peer is not here", (wrong, _, a, b) => {
  channels(a, [b]);
  a.fails("EBADRQC").copy(1, 7, wrong ? 2 : 1, 0);
});

planted("hand-over", "a ticket adopts twice", (wrong, _, a, b, c) => {
  a.open(1).detach(1, 1);
  b.adopt(1, 1);
  if (wrong) c.adopt(1, 1);
  else c.fails("EBADRQC").adopt(1, 1);
});

planted("hand-over", "a good ticket adopts nothing", (wrong, _, a, b, c) => {
  a.open(1).detach(1, 1);
  if (!wrong) c.revoke(1);
  b.fails("EBADRQC").adopt(1, 1);
});
