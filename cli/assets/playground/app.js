// The page: what is typed goes to the server, and what it answers is shown. Nothing is judged here.

import { element, short, words } from "./dom.js";
import { Editor, range } from "./editor.js";
import { Inputs } from "./inputs.js";
import { plain, read } from "./json.js";
import { draw } from "./lineage.js";
import { pack, unpack, whole } from "./link.js";
import * as result from "./result.js";

const WAIT = 100;
const SLOW = 300;

const $ = (id) => document.getElementById(id);
const rules = new Editor($("rules"), { label: "Rules", language: "rules", changed: changed, describedBy: "found" });
const inputs = new Inputs($("inputs"), changed);
let examples = [];
/** The number of the last question: answers to those before are dropped. */
let asked = 0;
let running = null;
let timer = null;
let fragment = "";

const state = () => ({ rules: rules.text, ...inputs.state() });

function load(given) {
  const all = whole(given);
  rules.text = all.rules;
  inputs.load(all);
  changed();
}

/** Asks again, once typing pauses. */
function changed() {
  clearTimeout(timer);
  timer = setTimeout(ask, WAIT);
}

async function ask() {
  const question = state();
  const number = (asked += 1);
  running?.abort();
  running = new AbortController();
  const slow = setTimeout(() => ($("busy").hidden = false), SLOW);
  try {
    const answer = await send(question, running.signal);
    if (number === asked) show(question, answer);
  } catch (error) {
    if (number === asked) fail(error.message);
  } finally {
    clearTimeout(slow);
    if (number === asked) $("busy").hidden = true;
  }
  if (number === asked) await remember(question);
}

async function send(question, signal) {
  let response;
  try {
    const headers = { "content-type": "application/json" };
    response = await fetch("api/answer", { method: "POST", headers, body: JSON.stringify(question), signal });
  } catch {
    throw new Error("the server of this page gives no answer: is `enrich playground` still running?");
  }
  const text = await response.text();
  const answer = JSON.parse(text);
  if (!response.ok) throw new Error(answer.error);
  const told = read(text).members.find(({ name }) => name === "explanation").value;
  return { ...answer, explanation: plain(told) };
}

/** The address holds the state: to load the page again loses nothing. */
async function remember(question) {
  fragment = `#${await pack(question)}`;
  history.replaceState(null, "", fragment);
}

/** Sets a text that is announced, if it is another one. */
function say(host, text) {
  if (host.textContent !== text.replaceAll("`", "")) host.replaceChildren(...words(text));
}

function fail(message) {
  say($("verdict"), message);
  $("verdict").className = "bad";
  $("event").replaceChildren();
  $("explanation").replaceChildren();
  $("lineage").replaceChildren();
}

function show(question, answer) {
  findings(question.rules, answer);
  inputs.show(answer);
  const verdict = result.verdict(answer);
  say($("verdict"), verdict ?? "Nothing yet: there is something to mend first");
  $("verdict").className = answer.explanation?.verdict ?? "none";
  if (answer.event === null) $("event").replaceChildren();
  else result.event($("event"), question.event, answer.event);
  result.explanation($("explanation"), answer, question.rules, (start, end) => rules.select(start, end));
  if (answer.lineage) draw($("lineage"), answer.lineage);
  else $("lineage").replaceChildren();
}

function findings(text, { findings: found, problems }) {
  const marks = found.map((finding) => ({
    ...range(text, finding.at),
    severity: finding.severity,
    message: `${finding.message}${finding.help ? `\n${finding.help}` : ""}`,
  }));
  rules.mark(marks);
  const errors = found.filter(({ severity }) => severity === "error").length + problems.length;
  const warnings = found.length + problems.length - errors;
  const count = (number, one) => (number === 0 ? [] : [`${number} ${one}${number === 1 ? "" : "s"}`]);
  const told = [...count(errors, "error"), ...count(warnings, "warning")].join(", ");
  say($("found"), told || "No findings");
  $("found").className = errors ? "bad" : warnings ? "warned" : "good";
  $("findings").replaceChildren(...found.map((one) => finding(text, one)), ...problems.map(problem));
}

function finding(text, { severity, code, message, at, label, help, see = [], fix }) {
  const go = (place) => () => {
    const { start, end } = range(text, place);
    rules.select(start, end);
  };
  const others = see.map((one) => {
    const place = element("button", { type: "button", class: "place", onclick: go(one.at) }, `line ${one.at.line}`);
    return element("p", { class: "see" }, place, " ", words(one.text || "see here"));
  });
  return element(
    "li",
    { class: severity },
    element(
      "p",
      {},
      element("button", { type: "button", class: "place", onclick: go(at) }, `line ${at.line}`),
      " ",
      element("strong", {}, severity),
      " ",
      words(message),
      label ? [": ", ...words(label)] : [],
      " ",
      element("code", { class: "code-name" }, code),
    ),
    others,
    help && element("p", { class: "help" }, words(help)),
    fix && fixer(text, fix),
  );
}

function fixer(text, { at, replacement }) {
  const mend = () => {
    const { start, end } = range(text, at);
    if (rules.text === text) rules.replace(start, end, replacement);
  };
  const { start, end } = range(text, at);
  const [old, made] = [short(text.slice(start, end), 30), short(replacement, 40)];
  const named = (one) => element("code", {}, one);
  const what = !made ? ["remove ", named(old)] : !old ? ["insert ", named(made)] : [named(old), " → ", named(made)];
  return element("button", { type: "button", class: "fix", onclick: mend }, "Fix: ", what);
}

function problem(one) {
  const where = one.name ?? { rules: "rules", event: "event", stream: "stream", variables: "variables", now: "now()" }[one.at];
  const line = one.line ? `, line ${one.line}` : "";
  const go = () => (one.at === "rules" ? rules.area.focus() : inputs.go(one));
  const place = element("button", { type: "button", class: "place", onclick: go }, `${where}${line}`);
  return element("li", { class: "error" }, element("p", {}, place, " ", element("strong", {}, "error"), " ", words(one.message)));
}

function choose(name) {
  const example = examples.find((one) => one.name === name);
  if (!example) return;
  samples(example);
  load(example.question);
}

/** The events of an example, to be chosen. */
function samples(example) {
  const options = (example?.events ?? []).map(({ text }, at) => element("option", { value: at }, `${at + 1}: ${short(text, 60)}`));
  $("sample").replaceChildren(...options);
  $("sample").disabled = options.length === 0;
}

async function start() {
  const group = (label, shipped) => {
    const some = examples.filter((one) => one.shipped === shipped);
    return element("optgroup", { label }, some.map(({ name }) => element("option", { value: name }, name)));
  };
  examples = await (await fetch("api/examples")).json();
  $("example").replaceChildren(group("Shipped rules", true), group("Examples", false));
  if (await follow()) return;
  choose(examples[0].name);
}

/** Shows the state of the address, if it holds one. */
async function follow() {
  const given = await unpack(location.hash.slice(1));
  if (!given) return false;
  const known = examples.find(({ question }) => question.rules === given.rules);
  if (!known) $("example").prepend(element("option", { value: "" }, "(your own)"));
  $("example").value = known?.name ?? "";
  samples(known);
  load(given);
  return true;
}

$("example").addEventListener("change", () => choose($("example").value));
$("sample").addEventListener("change", () => {
  const sample = examples.find(({ name }) => name === $("example").value)?.events[$("sample").value];
  if (!sample) return;
  inputs.setEvent(sample.text, sample.stream);
  changed();
});
$("share").addEventListener("click", async () => {
  await remember(state());
  try {
    await navigator.clipboard.writeText(location.href);
    say($("said"), "The link is copied: it holds rules, tables and event");
  } catch {
    say($("said"), "The address of this page is the link");
  }
});
$("skip").addEventListener("click", (event) => {
  event.preventDefault();
  $("result").focus();
});
addEventListener("hashchange", () => {
  if (location.hash !== fragment) follow();
});
start().catch(() => fail("the server of this page gives no answer: is `enrich playground` still running?"));
