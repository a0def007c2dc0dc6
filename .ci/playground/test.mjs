// What a person does with the playground, in a browser. Screenshots of what was seen last are put beside this file.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const WIDE = { width: 1400, height: 900 };
const NARROW = { width: 360, height: 740 };

let server, url, browser, context, page;
/** What the page must never do. */
let wrong;

async function serve() {
  const process_ = spawn(process.env.ENRICH, ["playground", "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(process_.stdout, "data");
  return [process_, String(line).trim()];
}

before(async () => {
  [server, url] = await serve();
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
});

after(async () => {
  await browser?.close();
  server?.kill("SIGINT");
});

beforeEach(async () => {
  wrong = [];
  await open({ viewport: WIDE });
});

afterEach(async () => {
  await context.close();
  assert.deepEqual(wrong, []);
});

/** The page in a browser of its own, once it shows its first result. */
async function open(options, address = url) {
  await context?.close();
  context = await browser.newContext(options);
  context.setDefaultTimeout(20_000);
  page = await context.newPage();
  page.on("request", (request) => {
    if (!request.url().startsWith(url)) wrong.push(`asks ${request.url()}`);
  });
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") wrong.push(message.text());
  });
  await page.goto(address);
  await says("#verdict", /\w/);
}

/** Waits until an element's text fits. */
async function says(selector, pattern) {
  const source = [selector, pattern.source];
  const fits = ([selector, source]) => new RegExp(source).test(document.querySelector(selector)?.textContent ?? "");
  try {
    await page.waitForFunction(fits, source);
  } catch {
    assert.match(await page.textContent(selector), pattern);
  }
}

const rules = () => page.getByRole("textbox", { name: "Rules" });

/** Loads an example, and waits for its answer. */
async function example(name) {
  const answered = page.waitForResponse((response) => response.url().endsWith("/api/answer"));
  await page.getByLabel("Example").selectOption(name);
  await (await answered).finished();
}

/** Replaces the first occurrence of a text in an editor, as somebody would who selects it and types. */
async function retype(editor, old, made) {
  await editor.evaluate((area, old) => {
    const at = area.value.indexOf(old);
    if (at < 0) throw new Error(`no ${old}`);
    area.focus();
    area.setSelectionRange(at, at + old.length);
  }, old);
  if (made === "") await page.keyboard.press("Delete");
  else await page.keyboard.insertText(made);
}

/** What axe finds: contrast, labels, roles. */
async function accessible() {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
  assert.deepEqual(told, []);
}

async function fits() {
  const [content, window_] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(content <= window_, `the page is ${content} wide in a window of ${window_}`);
}

test("every example is shown", async () => {
  const names = await page.$$eval("#example option", (options) => options.map(({ value }) => value));
  assert.ok(names.length > 20);
  for (const name of names) {
    await example(name);
    await says("#found", /^No findings$/);
    // Of its first event: what becomes of all others is held by the tests of the examples.
    await says("#verdict", /^(Enriched|Dropped|Rejected|Failed)/);
    assert.ok((await page.locator("figcaption").count()) > 0, `${name} has a lineage`);
  }
});

test("a rule is broken, and mended by its fix", async () => {
  await example("clickstream");
  await says("#verdict", /^Enriched by the rule clickstream$/);
  await retype(rules(), "from profiles", "from profils");
  await says("#found", /^1 error$/);
  await says("#findings", /line 16 error .*profils.*\[?unknown-table/);
  assert.equal(await page.textContent(".paint mark"), "profils");
  assert.deepEqual(await page.$$eval(".gutter .error", (lines) => lines.map(({ textContent }) => textContent)), ["16"]);
  assert.equal(await rules().getAttribute("aria-invalid"), "true");
  await says("#verdict", /^Nothing yet/);
  const mark = await page.locator(".paint mark").first().boundingBox();
  await page.mouse.move(mark.x + mark.width / 2, mark.y + mark.height / 2);
  assert.match(await rules().getAttribute("title"), /profils/);
  await page.screenshot({ path: join(here, "broken.png"), fullPage: true });
  await accessible();
  await page.getByRole("button", { name: "line 16" }).click();
  const selected = await rules().evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd));
  assert.equal(selected, "profils");
  await page.getByRole("button", { name: /^Fix/ }).click();
  await says("#found", /^No findings$/);
  await says("#verdict", /^Enriched/);
  assert.match(await rules().inputValue(), /from profiles where/);
  await page.keyboard.press("Control+z");
  await says("#found", /^1 error$/);
});

test("a row of a table is changed, and the result with it", async () => {
  await example("clickstream");
  await says("#event", /"user_name": "John Doe"/);
  await page.getByRole("tab", { name: "profiles.json" }).click();
  const table = page.getByRole("textbox", { name: "profiles.json" });
  await retype(table, "John Doe", "Jane Roe");
  await says("#event", /"user_name": "Jane Roe"/);
  await retype(table, '"user_id"', "user_id");
  await says("#found", /^1 error$/);
  await page.getByRole("button", { name: /^profiles.json, line \d+$/ }).click();
  assert.ok(await table.evaluate((area) => area === document.activeElement && area.selectionEnd > area.selectionStart));
  await page.getByRole("button", { name: "Remove" }).click();
  await says("#findings", /looks? up the table profiles/);
  await page.getByRole("button", { name: "Add profiles.json" }).click();
  await says("#event", /"user_name": "Unknown"/);
});

test("a statement is selected by what it did, and digits are kept", async () => {
  await example("products");
  await page.getByRole("tab", { name: "Event" }).click();
  await page.getByRole("textbox", { name: "Event" }).fill('{"eventId": "e", "quantity": 12345678901234567890, "x": 1.50e3, "s": "<img src=x onerror=alert(1)>"}');
  await says("#event", /"quantity": 12345678901234567890,.*"x": 1\.50e3,.*<img src=x/);
  assert.equal(await page.locator("#event img").count(), 0);
  await page.getByRole("button", { name: /no key/ }).first().click();
  const selected = await rules().evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd));
  assert.match(selected, /^lookup product from products/);
});

test("settings that lack are told and gone to", async () => {
  const here = (label) => page.getByLabel(label, { exact: true }).evaluate((it) => it === document.activeElement);
  await example("pii-masking");
  await says("#verdict", /^Enriched/);
  await page.getByRole("tab", { name: "Settings" }).click();
  await page.getByLabel("PSEUDONYM_KEY").fill("");
  await says("#findings", /no value: PSEUDONYM_KEY/);
  await page.getByRole("tab", { name: "Event" }).click();
  await page.getByRole("button", { name: "variables" }).click();
  assert.ok(await here("PSEUDONYM_KEY"));
  await page.keyboard.type("k");
  await says("#verdict", /^Enriched/);
  await example("tenants");
  await says("#verdict", /^Enriched/);
  await page.getByRole("tab", { name: "Settings" }).click();
  await page.getByLabel("Stream").fill("");
  await says("#findings", /say which stream/);
  await page.getByRole("button", { name: "stream", exact: true }).click();
  assert.ok(await here("Stream"));
  await page.getByLabel("now()").fill("noon");
  await says("#findings", /2026-01-31T12:00:00Z/);
  await accessible();
});

test("a link holds the whole state", async () => {
  await example("products");
  await retype(rules(), "success", "großartig 😀");
  await page.getByRole("tab", { name: "products.csv" }).click();
  await retype(page.getByRole("textbox", { name: "products.csv" }), "Smart Sensor", "Linked");
  await says("#event", /"productName": "Linked"/);
  await page.getByRole("button", { name: "Copy link" }).click();
  await says("#said", /link/);
  const [link, before] = [page.url(), await rules().inputValue()];
  await open({ viewport: WIDE }, link);
  await says("#event", /"productName": "Linked".*"enrichmentStatus": "großartig 😀"/);
  assert.equal(await rules().inputValue(), before);
  // One that holds nothing is no state, and breaks nothing.
  await open({ viewport: WIDE }, `${url}#1AAAA`);
  await says("#verdict", /^Enriched by the rule clickstream$/);
});

test("answers to what was typed before are dropped", async () => {
  await example("clickstream");
  await says("#verdict", /^Enriched/);
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route("**/api/answer", async (route) => {
    if (route.request().postData().includes("from profils")) {
      const answer = await route.fetch();
      await held;
      await route.fulfill({ response: answer }).catch(() => {});
    } else await route.continue();
  });
  await retype(rules(), "from profiles", "from profils");
  await page.locator("#busy").waitFor({ state: "visible" });
  await retype(rules(), "from profils", "from profiles");
  await says("#found", /^No findings$/);
  release();
  await page.waitForTimeout(200);
  await says("#found", /^No findings$/);
  await says("#verdict", /^Enriched/);
});

test("everything is done by keyboard", async () => {
  const focused = () =>
    page.evaluate(() => {
      const { activeElement: it } = document;
      const style = getComputedStyle(it.tagName === "TEXTAREA" ? it.closest(".editor") : it);
      const name = it.getAttribute("aria-label") ?? it.labels?.[0]?.textContent ?? it.textContent.trim().slice(0, 30);
      return { name, visible: style.outlineStyle !== "none" && style.outlineWidth !== "0px" };
    });
  const reached = [];
  for (let step = 0; step < 60; step += 1) {
    await page.keyboard.press("Tab");
    // Behind the last one comes the browser's own.
    if (await page.evaluate(() => document.activeElement === document.body)) break;
    const { name, visible } = await focused();
    assert.ok(visible, `the focus on ${name} can be seen`);
    reached.push(name);
  }
  for (const name of ["Go to the result", "Example", "Copy link", "Rules", "Event", "The enriched event"]) {
    assert.ok(reached.includes(name), `${name} is reached: ${reached.join(", ")}`);
  }
  assert.ok(reached.some((name) => name.startsWith("Where the fields of the rule")), reached.join(", "));
  // Tabs by arrows, a mistake typed, its fix pressed.
  await page.getByRole("tab", { name: "Event" }).focus();
  await page.keyboard.press("ArrowRight");
  assert.equal((await focused()).name, "profiles.json");
  await page.keyboard.press("End");
  assert.equal((await focused()).name, "Settings");
  await rules().focus();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("rule s { stream 'x' set .a = 1 }");
  await says("#findings", /^line \d+ error[^]*double quotes[^]*Fix/);
  await page.waitForTimeout(300);
  for (let step = 0; step < 5 && !(await focused()).name.startsWith("Fix"); step += 1) await page.keyboard.press("Tab");
  assert.match((await focused()).name, /^Fix/);
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector("textarea").value.endsWith('rule s { stream "x" set .a = 1 }'));
});

for (const colorScheme of ["light", "dark"]) {
  for (const viewport of [WIDE, NARROW]) {
    test(`it can be read: ${colorScheme}, ${viewport.width} pixels wide`, async () => {
      await open({ viewport, colorScheme, reducedMotion: "reduce" });
      for (const name of ["cart-items", "dead-references"]) {
        await example(name);
        await page.locator("#explanation li").first().waitFor();
        await page.waitForTimeout(300);
        await fits();
        await accessible();
      }
      const long = "x".repeat(3000);
      await page.getByRole("textbox", { name: "Event" }).fill(`{"${long}": "${long}"}`);
      await says("#event", /xxx/);
      await retype(rules(), "rule ", `rule ${"y".repeat(300)}`);
      await page.waitForTimeout(300);
      await fits();
      await page.screenshot({ path: join(here, `${colorScheme}-${viewport.width}.png`), fullPage: true });
    });
  }
}

test("a server that is gone is told", async () => {
  const [own, address] = await serve();
  await context.close();
  context = await browser.newContext();
  page = await context.newPage();
  await page.goto(address);
  await says("#verdict", /^Enriched/);
  const ended = once(own, "exit");
  own.kill("SIGINT");
  assert.deepEqual(await ended, [0, null]);
  await page.getByRole("textbox", { name: "Event" }).fill("{}");
  await says("#verdict", /is enrich playground still running/);
});
