/**
 * The playground's page in a browser: built, opened from the disk, and used, by mouse and by keyboard alone, on a wide
 * screen and a narrow one, in light and dark.
 *
 * In every test, the page must not make requests, write to its console, or be wider than its window.
 */

import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { type Action, LIMITS } from "../../docs/playground/action.ts";
import { PRESETS, startOf } from "../../docs/playground/presets.ts";
import { encode } from "../../docs/playground/share.ts";
import { STORIES } from "../../docs/playground/stories.ts";
import { isDeno, test } from "../support/harness.ts";
import { faintTexts, obstacles, overflow, showsFocus, strayArrows } from "./page_checks.ts";

const CHROMIUM = "/usr/bin/chromium";
const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
  .concat(["--disable-sync", "--no-first-run"]);

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = new URL("../../docs/playground/dist/index.html", import.meta.url);

const WIDE: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
const NARROW: BrowserContextOptions = { viewport: { width: 360, height: 740 }, hasTouch: true };

let built: Promise<unknown> | undefined;

/** The address of the page, which is built once. */
async function address(hash = ""): Promise<string> {
  const command = ["run", "-A", "--no-check", "tools/playground.ts"];
  await (built ??= promisify(execFile)(process.execPath, command, { cwd: root }));
  return page.href + (hash && `#${hash}`);
}

/** Opens the page with this hash, or at this address, uses it, and checks the page. */
async function using(
  hash: string,
  options: BrowserContextOptions,
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const url = hash.startsWith("http") ? hash : await address(hash);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
  try {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(5_000);
    const page = await context.newPage();
    const wrong: string[] = [];
    page.on("console", (message) => wrong.push(message.text()));
    page.on("pageerror", (error) => wrong.push(String(error)));
    page.on("dialog", (dialog) => {
      wrong.push(`a dialog: ${dialog.message()}`);
      dialog.dismiss().catch(() => {});
    });
    page.on("request", (request) => {
      if (!request.isNavigationRequest()) wrong.push(`asked for ${request.url()}`);
    });
    await page.goto(url);
    await use(page);
    assertEquals(await page.evaluate(overflow), []);
    assertEquals(await page.evaluate(obstacles), []);
    assertEquals(wrong, []);
  } finally {
    await browser.close();
  }
}

function pageTest(name: string, run: () => Promise<void>): void {
  test(`playground page: ${name}`, run, {
    timeout: 60_000,
    skip: !existsSync(CHROMIUM) && `${CHROMIUM} is not there: the system's package chromium has it`,
    elsewhere: !isDeno && "the browser is the same in every runtime",
  });
}

const log = async (page: Page) =>
  (await page.locator("#log .words").allInnerTexts()).map((text) => text.replace(/\n+/g, "\n"));
const code = (page: Page) => page.locator("#log .code").allInnerTexts();
const status = (page: Page) => page.locator("#status").textContent();

/** Presses Tab until the element of that id has the focus, which must be seen on all the way. */
async function tabTo(page: Page, id: string): Promise<void> {
  for (let i = 0; i < 150; i++) {
    await page.keyboard.press("Tab");
    const active = await page.evaluate("document.activeElement.id");
    if (active !== "") assert(await page.evaluate(showsFocus), `the focus is seen on #${active}`);
    if (active === id) return;
  }
  throw new Error(`#${id} cannot be reached with Tab`);
}

async function press(page: Page, id: string, key = "Enter"): Promise<void> {
  await tabTo(page, id);
  await page.keyboard.press(key);
}

pageTest("by mouse: peers, nodes, a multicast, a copy, a transaction, a peer's end, and all of it undone", async () => {
  await using("", WIDE, async (page) => {
    await page.selectOption("#preset", { label: "An empty board" });
    for (let i = 0; i < 3; i++) await page.click("#open-peer");
    assertEquals(await page.locator(".peer-name").allInnerTexts(), ["alice", "bob", "carol"]);
    assertEquals(await page.inputValue("#new-name"), "dave");

    const node = async (owner: string, other: string) => {
      await page.selectOption("#actor", { label: owner });
      await page.click("text=Create node");
      await page.selectOption("#other", { label: other });
      await page.click("#do-node");
    };
    await node("bob", "alice");
    await node("carol", "alice");
    await page.click("#handle-0"); // ready to send through it
    await page.click("#to-1");
    await page.fill("#text", "to <b>both</b>");
    await page.click("#do-send");
    assertEquals(await page.locator(".item").allInnerTexts(), ["“to <b>both</b>” at n1", "“to <b>both</b>” at n2"]);

    await page.click("text=Copy handle");
    await page.selectOption("#copied", { label: "h2, to n2 of carol" });
    await page.selectOption("#other", { label: "bob" });
    await page.click("#do-copy");
    assertEquals(await page.evaluate(strayArrows), []);
    assertEquals(await page.locator("path.arrow").count(), 3);

    await page.click("#receive-1");
    await page.click("text=Transaction");
    await page.click("#to-0"); // it was ticked since the multicast
    await page.click("#gives-0");
    await page.fill("#text", "last");
    await page.click("#add-send");
    await page.click("#object-h0");
    await page.click("#add-release");
    await page.click("#do-commit");
    await page.click("#receive-all-2");
    await page.selectOption("#actor", { label: "carol" });
    await page.click("text=Close");
    await page.click("#do-close");
    await page.click("#receive-all-1");

    assertEquals((await log(page)).slice(3), [
      "bob created node n1, and handle h1 to it for alice.",
      "carol created node n2, and handle h2 to it for alice.",
      "alice sent “to <b>both</b>” to n1 of bob and n2 of carol, as one.",
      "alice copied h2 to bob, which now has h3, to n2 of carol.",
      "bob received “to <b>both</b>” at n1, from alice.",
      "alice committed a transaction: sent “last” to n2 of carol, with a copy of h1; released h1. All of it happened at once.",
      "carol received “to <b>both</b>” at n2, from alice.\ncarol received “last” at n2, from alice, with h4, to n1 of bob.",
      "carol closed. Its objects are released, and the messages in its queue are discarded.",
      "bob received node-release of h3: carol closed. h3 is gone.\n" +
      "bob received handle-release of n1: carol closed, and no other peer has a handle. n1 is gone.",
    ]);
    assertStringIncludes((await code(page))[5], 'alice.send([h1, h2], "to <b>both</b>");');
    assertEquals(
      await page.locator(".counts").innerText(),
      "liveCounts(): 2 peers, 0 nodes, 1 handle, 0 messages, 0 bytes",
    );
    assertEquals(await page.locator(".peer.closed").count(), 1);

    for (let i = 0; i < 12; i++) await page.click("#back");
    assertEquals(await log(page), []);
    assert(await page.isDisabled("#back"));
    for (let i = 0; i < 12; i++) await page.click("#forward");
    assertEquals((await log(page)).length, 12);
    assertEquals(await page.locator("#log").getAttribute("role"), "log");
  });
});

pageTest("by keyboard alone: a scenario, every kind of action, undo and redo, and a story", async () => {
  await using("", WIDE, async (page) => {
    await page.keyboard.press("Tab");
    assertEquals(await page.evaluate("document.activeElement.id"), "skip");
    await tabTo(page, "preset");
    await page.keyboard.type("Request");
    await press(page, "forward");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Space"); // the focus has stayed
    assertEquals((await log(page)).at(-1), "client sent “2 + 3?” to n1 of server, with a copy of h2.");

    await press(page, "receive-0");
    assertEquals(await status(page), "server received “2 + 3?” at n1, from client, with h3, to n2 of client.");
    assert(await page.evaluate("document.activeElement !== document.body"), "the focus is not lost with the button");

    await press(page, "handle-2"); // the focus goes to the text
    assertEquals(await page.evaluate("document.activeElement.id"), "text");
    await page.keyboard.type("five");
    await press(page, "do-send");
    assertEquals(await status(page), "server sent “five” to n2 of client.");

    await tabTo(page, "kind-send");
    await page.keyboard.press("ArrowRight"); // copy
    await page.keyboard.press("ArrowRight"); // release
    await press(page, "object-h2", "Space");
    await press(page, "do-release");
    await tabTo(page, "kind-release");
    await page.keyboard.press("ArrowRight"); // transaction
    await press(page, "object-n0", "Space");
    await press(page, "add-release");
    await press(page, "do-commit");
    assertEquals(await status(page), "server committed a transaction: released n1. All of it happened at once.");
    await press(page, "peer-1");
    await tabTo(page, "kind-transaction");
    await page.keyboard.press("ArrowRight"); // receive
    await press(page, "do-receive-all");
    assertEquals(
      (await log(page)).at(-1),
      [
        "client received “five” at n2, from server.",
        "client received node-release of h1: server released n1. h1 is gone.",
      ].join("\n"),
    );
    await tabTo(page, "kind-receive");
    await page.keyboard.press("ArrowLeft"); // transaction
    await page.keyboard.press("ArrowLeft"); // release
    await page.keyboard.press("ArrowLeft"); // copy
    await page.keyboard.press("ArrowLeft"); // send
    await page.keyboard.press("ArrowLeft"); // create node
    await press(page, "do-node");
    await press(page, "kind-node", "ArrowLeft"); // around: close
    await press(page, "do-close");
    assertStringIncludes(await status(page) ?? "", "client closed.");

    const { length } = await log(page);
    await page.keyboard.press("Control+z");
    await page.keyboard.press("Control+z");
    assertEquals((await log(page)).length, length - 2);
    await page.keyboard.press("Control+y");
    assertEquals((await log(page)).length, length - 1);

    await tabTo(page, "new-name");
    await page.keyboard.type("zoe");
    await page.keyboard.press("Enter");
    assertEquals((await log(page)).at(-1), "zoe opened.");

    await tabTo(page, "tab-board");
    await page.keyboard.press("ArrowRight");
    assertEquals(await page.evaluate("document.activeElement.id"), "tab-commit");
    await press(page, "next");
    for (const _ of STORIES[0].order.slice(1)) await page.keyboard.press("Enter");
    assertEquals(await page.locator(".up-next").innerText(), "The story is over; go on as you like.");
    await press(page, "step-1");
    assertStringIncludes(await status(page) ?? "", "bob takes the list, and it is empty.");
    await press(page, "step-back");
    await press(page, "restart");
    assertEquals(await page.locator("#taken li").count(), 0);
  });
});

pageTest("a link shows the same in another window, on a bus of its own", async () => {
  const { actions } = PRESETS[5];
  await using(encode(actions), { ...WIDE, permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
    const words = await log(page);
    assertEquals(words.length, actions.length);
    assertEquals(await page.locator("#preset option:checked").innerText(), PRESETS[5].title);
    await page.click("#back");
    await page.click("#copy-link");
    await page.locator("#status", { hasText: "The link is copied." }).waitFor();
    const link = await page.evaluate<string>("navigator.clipboard.readText()");
    assertEquals(link, page.url());
    await page.click("#copy-program");
    await page.locator("#status", { hasText: "The program is copied." }).waitFor();
    const program = await page.evaluate<string>("navigator.clipboard.readText()");
    assertStringIncludes(program, 'bob.send(h2, "ask alice yourself", { handles: [h1] });');

    const other = await page.context().newPage();
    await other.goto(link);
    assertEquals(await log(other), words.slice(0, -1));
    await other.click("#back");
    await other.reload();
    assertEquals(await log(other), words.slice(0, -2));
    await other.evaluate((hash) => location.hash = hash, encode(PRESETS[0].actions)); // pasted into the same tab
    await other.locator("#log", { hasText: "server received “ping” at n1, from client." }).waitFor();

    await other.click("#tab-commit");
    for (let i = 0; i < 5; i++) await other.click("#next");
    const story = other.url();
    const third = await page.context().newPage();
    await third.goto(story);
    assertEquals(await third.locator("#taken li").allInnerTexts(), await other.locator("#taken li").allInnerTexts());
    assertEquals(await third.locator("#taken li").count(), 5);
  });
});

pageTest("a broken or hostile hash is told, runs nothing, and leaves the page as it was", async () => {
  const whole = encode(PRESETS[0].actions);
  const bad = [
    "1",
    "2abc",
    whole.slice(0, -3),
    `${whole.slice(0, 9)}x${whole.slice(10)}`,
    "<img src=x onerror=alert(1)>",
  ]
    .concat([
      "%00%ff",
      "javascript:alert(1)",
      `1${"A".repeat(100_000)}`,
      "o1.0.0.999",
      "o9",
      "__proto__",
      "1%3Cscript%3E",
    ]);
  await using("", WIDE, async (page) => {
    for (const hash of bad) {
      await page.goto("about:blank");
      await page.goto(await address(hash));
      assert(await page.isVisible("#problem"), hash.slice(0, 40));
      assertStringIncludes(await page.innerText("#problem"), "This link is ");
      assertEquals(await page.locator("#log li").count(), startOf(PRESETS[0]), "the first scenario is there");
    }
    await page.click("#dismiss");
    assert(await page.isHidden("#problem"));
    await page.evaluate((hash) => location.hash = hash, bad[2]); // also on a page that shows something
    await page.waitForSelector("#dismiss");
    await page.click("#forward");
    assert(await page.isHidden("#problem"), "what is done next takes its place");
  });
  const text = "</script><img src=x onerror=alert(1)>${alert(1)}`\u2028";
  const hostile: Action[] = [
    { do: "open", name: "a" },
    { do: "node", peer: 0, for: 0 },
    { do: "send", peer: 0, to: [0], text, gives: [] },
    { do: "send", peer: 0, to: [0], text, gives: [0] },
    { do: "receive", peer: 0, all: false },
  ];
  await using(encode(hostile), WIDE, async (page) => {
    assertStringIncludes((await log(page)).at(-1)!, "</script><img src=x onerror=alert(1)>${alert(1)}`");
    assertStringIncludes((await code(page))[2], JSON.stringify(text).slice(0, 40));
    assertEquals(await page.locator("img, #views script").count(), 0);
    await page.click("#kind-transaction + span");
    await page.fill("#text", text);
    await page.click("#to-0");
    await page.click("#add-send");
    assertEquals(await page.locator("img, #views script").count(), 0);
  });
});

pageTest("it works from a web server on this machine, with one request", async () => {
  const command = ["run", "-A", "--no-check", "tools/playground.ts", "--serve"];
  const child = spawn(process.execPath, command, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  try {
    let said = "";
    const found = await new Promise<string>((resolve, reject) => {
      child.stdout.on("data", (chunk) => {
        const address = /http:\/\/127\.0\.0\.1:\d+\//.exec(said += chunk);
        if (address) resolve(address[0]);
      });
      child.on("close", () => reject(new Error(`it has ended: ${said}`)));
    });
    assertEquals((await fetch(`${found}other`)).status, 404);
    await using(`${found}#${encode(PRESETS[0].actions)}`, WIDE, async (page) => {
      assertEquals((await log(page)).at(-1), "server received “ping” at n1, from client.");
    });
  } finally {
    child.kill();
  }
});

/** Calls that make markup or code of a text, make requests, or store something. */
const DANGERS =
  /\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(|fetch|XMLHttpRequest|WebSocket|sendBeacon|localStorage|sessionStorage|indexedDB|cookie|srcdoc|import\()/;

test("playground page: no source of it makes markup or code of a text, makes requests, or stores anything", async () => {
  const folder = fileURLToPath(new URL("../../docs/playground/", import.meta.url));
  const sources = (await readdir(folder)).filter((name) => name.endsWith(".ts") && name !== "build.ts");
  assert(sources.length > 10, sources.join());
  for (const name of sources) {
    const lines = (await readFile(folder + name, "utf8")).split("\n").filter((line) =>
      !/^\s*(\*|\/\/|\/\*\*)/.test(line)
    );
    assertEquals(lines.filter((line) => DANGERS.test(line)), [], name);
  }
  assert(DANGERS.test("element.innerHTML = text") && DANGERS.test("await fetch(url)"));
});

pageTest("the page's own policy lets nothing be loaded and no other script run", async () => {
  await using("", WIDE, async (page) => {
    const policy = await page.locator("meta[http-equiv]").getAttribute("content") ?? "";
    assertStringIncludes(policy, "default-src 'none'; script-src 'sha256-");
    assert(!policy.includes("unsafe"), policy);
    assertEquals(await page.locator("script, style, link[href^=http]").count(), 2);
  });
});

for (const [name, options] of [["wide", WIDE], ["narrow", NARROW]] as const) {
  pageTest(`every scenario and every story fits a ${name} screen, and can be read, in light and dark`, async () => {
    await using("", options, async (page) => {
      const isWell = async (what: string) => {
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme });
          assertEquals(await page.evaluate(faintTexts), [], `${what}, ${colorScheme}`);
        }
        assertEquals(await page.evaluate(overflow), [], what);
        assertEquals(await page.evaluate(obstacles), [], what);
      };
      for (const preset of PRESETS) {
        await page.selectOption("#preset", { label: preset.title });
        for (let i = startOf(preset); i < preset.actions.length; i++) {
          await page.evaluate("document.getElementById('forward').click()");
          assertEquals(await page.evaluate(strayArrows), [], preset.title);
          await isWell(`${preset.title}, ${i}`);
        }
      }
      await page.selectOption("#actor", { label: "bob" });
      for (const kind of ["node", "send", "copy", "release", "transaction", "receive", "close"]) {
        await page.evaluate(`document.getElementById("kind-${kind}").click()`);
        await isWell(kind);
      }
      await page.click("#tab-commit");
      for (const [number, { title, order }] of STORIES.entries()) {
        await page.selectOption("#story", String(number));
        for (const _ of order) await page.evaluate("document.getElementById('next').click()");
        assertEquals(await page.locator(".broken").count() > 0, number >= 2, title);
        await isWell(title);
      }
    });
  });
}

pageTest("a commit: nothing is seen early, and the reader may leave the story at any step", async () => {
  await using("", WIDE, async (page) => {
    await page.click("#tab-commit");
    await page.click("#step-0"); // alice pushes A to bob, as the story has it
    await page.click("#step-2"); // carol looks, which it has not
    assertEquals(await page.locator(".up-next").innerText(), "You have left the story: any actor may go next.");
    assert(await page.isDisabled("#next"));
    await page.click("#step-1");
    await page.click("#step-1");
    assertEquals(
      await page.locator(".caption .words").innerText(),
      "bob tests the flag of A: not set. A waits on busy. Nothing is ready: bob has seen nothing.",
    );
    assertEquals(await page.locator("ol[aria-label='bob, busy'] .said").innerText(), "“go”");
    await page.click("#step-0");
    assertEquals(await page.locator(".flag strong").innerText(), "flag not set");
    await page.click("#step-0");
    assertEquals(await page.locator(".flag strong").innerText(), "flag set");
    for (const actor of [1, 1, 1, 2, 2, 2]) await page.click(`#step-${actor}`);
    for (const name of ["bob", "carol"]) {
      assertEquals(await page.locator(`ol[aria-label='${name}, received'] .said`).innerText(), "“go”");
    }
    assertEquals(await page.locator(".broken").count(), 0);

    await page.selectOption("#variant", "no-flag");
    assertEquals(await page.locator("#taken li").count(), 0);
    for (const actor of [0, 1, 1, 1]) await page.click(`#step-${actor}`);
    assertStringIncludes(await page.innerText(".broken"), "bob received A before it was committed");
    assertStringIncludes(await status(page) ?? "", "Against the rules: bob received A before it was committed");
  });
});

/** 10 peers, 60 nodes, 140 handles, and 60 queued messages. */
function crowd(): Action[] {
  const owner = (node: number) => node % 10;
  const holder = (node: number) => (node * 7 + 3) % 10;
  const range = (length: number) => Array.from({ length }, (_, i) => i);
  return [
    ...range(10).map((i): Action => ({ do: "open", name: `peer${i + 20}` })),
    ...range(60).map((i): Action => ({ do: "node", peer: owner(i), for: holder(i) })),
    ...range(80).map((i): Action => ({ do: "copy", peer: holder(i % 60), handle: i % 60, for: (i * 3 + 1) % 10 })),
    ...range(60).map((i): Action => ({ do: "send", peer: holder(i), to: [i], text: `m${i}`, gives: [] })),
  ];
}

for (const [name, options] of [["wide", WIDE], ["narrow", NARROW]] as const) {
  pageTest(`200 objects can still be used on a ${name} screen`, async () => {
    await using(encode(crowd()), options, async (page) => {
      assertEquals(await page.locator(".object").count(), 200);
      await press(page, "skip-board"); // or else there are 200 stops before the forms
      assertEquals(await page.evaluate("document.activeElement.id"), "actor");
      await page.click("#handle-3");
      assertEquals(await page.evaluate("document.activeElement.id"), "text");
      await page.keyboard.type("in a crowd");
      await page.click("#do-send");
      assertEquals(await status(page), "peer24 sent “in a crowd” to n4 of peer23.");
      await page.click("#receive-all-3");
      assertStringIncludes(await status(page) ?? "", "peer23 received “in a crowd” at n4, from peer24.");
      assertEquals(await page.evaluate(strayArrows), []);
      assertEquals(await page.evaluate(faintTexts), []);
      assert(await page.locator("path.arrow.strong").count() <= 1);
    });
  });
}

/** As much as a link may ask for: 40 peers, 1000 actions, and all the messages and copies that the limit allows. */
function flood(): Action[] {
  const all = Array.from({ length: LIMITS.peers }, (_, i) => i);
  const actions: Action[] = [
    ...all.map((i): Action => ({ do: "open", name: `p${i}` })),
    ...all.map((peer): Action => ({ do: "node", peer, for: 0 })),
    ...[all, all].map((gives): Action => ({ do: "send", peer: 0, to: all, text: "", gives })),
    ...all.slice(0, 18).map((): Action => ({ do: "send", peer: 0, to: all, text: "é".repeat(LIMITS.text), gives: [] })),
    ...all.slice(0, 20).map((peer): Action => ({ do: "receive", peer, all: true })),
  ];
  while (actions.length < LIMITS.actions) actions.push({ do: "node", peer: actions.length % 40, for: 0 });
  return actions;
}

pageTest("the largest scenario that a link can bring opens, and goes back", async () => {
  await using(encode(flood()), WIDE, async (page) => {
    assert(await page.isHidden("#problem"));
    assertEquals(await page.locator(".position").innerText(), `${LIMITS.actions} / ${LIMITS.actions}`);
    await page.click("#to-start");
    assertEquals(
      await page.locator(".counts").innerText(),
      "liveCounts(): 0 peers, 0 nodes, 0 handles, 0 messages, 0 bytes",
    );
  });
});

pageTest("with prefers-reduced-motion nothing moves", async () => {
  for (const reducedMotion of ["reduce", "no-preference"] as const) {
    await using("o1.0.0.", { ...WIDE, reducedMotion }, async (page) => {
      const moving = await page.evaluate<number>(
        "[...document.querySelectorAll('*')].flatMap((e) => ['', '::after'].map((p) => getComputedStyle(e, p)))" +
          ".filter((s) => parseFloat(s.transitionDuration) > 0 || parseFloat(s.animationDuration) > 0).length",
      );
      assertEquals(moving > 0, reducedMotion === "no-preference");
    });
  }
});
