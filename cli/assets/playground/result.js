// What became of the event, and why.

import { element, short, unseen, words } from "./dom.js";
import { range } from "./editor.js";
import { compare, tryRead } from "./json.js";

const MARKS = { "+": ["added", "added: "], "~": ["changed", "changed: "], "-": ["removed", "removed: "], "": ["", ""] };
const LONGEST = 2000;

/** The verdict in words; `null` where there is none. */
export function verdict({ explanation }) {
  if (!explanation) return null;
  const { verdict: end, rule, reason } = explanation;
  const by = rule ? ` by the rule \`${rule}\`` : "";
  switch (end) {
    case "enriched":
      return `Enriched${by}`;
    case "dropped":
      return `Dropped${by}`;
    case "rejected":
      return `Rejected, as a retry can't help: ${reason.code}: ${reason.message}`;
    case "failed":
      return `Failed, and is to be brought again: ${reason.code}: ${reason.message}`;
    default:
      return end;
  }
}

/** The enriched event with its changes marked, and its bytes. */
export function event(host, before, after) {
  const old = tryRead(before);
  const tree = tryRead(after);
  if (!tree) return host.replaceChildren(element("pre", { class: "bytes", tabindex: "0" }, after));
  const lines = compare(old ?? tree, tree);
  const shown = lines.slice(0, LONGEST).map(({ depth, text, mark }) => {
    const [kind, said] = MARKS[mark];
    const sign = element("span", { class: "sign", "aria-hidden": "true" }, mark || " ");
    return element("div", { class: `line ${kind}` }, sign, said && unseen(said), `${"  ".repeat(depth)}${text}`);
  });
  if (lines.length > LONGEST) shown.push(element("div", { class: "line" }, `… ${lines.length - LONGEST} lines more`));
  const copied = element("span", { role: "status" });
  const copy = async () => {
    await navigator.clipboard.writeText(after);
    copied.textContent = "copied";
  };
  host.replaceChildren(
    element("div", { class: "diff", role: "region", "aria-label": "The enriched event", tabindex: "0" }, shown),
    element(
      "details",
      {},
      element("summary", {}, "Its bytes"),
      element("pre", { class: "bytes", tabindex: "0" }, after),
      element("button", { type: "button", onclick: copy }, "Copy"),
      " ",
      copied,
    ),
  );
}

/** The decisions, each a button that selects its statement. */
export function explanation(host, answer, rules, select) {
  const decisions = answer.explanation?.decisions ?? [];
  const rows = decisions.map((decision) => {
    const { start, end } = range(rules, decision);
    const statement = short(rules.slice(start, end).replace(/\s*\{\s*$/, ""), 80).replace(/\s*\{$/, "");
    const [kind, told] = did(decision);
    const go = () => select(start, end);
    return element(
      "li",
      {},
      element(
        "button",
        { type: "button", class: `decision ${kind}`, onclick: go },
        element("span", { class: "place" }, unseen("line "), `${decision.line}`),
        element("code", { class: "statement" }, statement),
        unseen(": "),
        element("span", { class: "did" }, words(told)),
      ),
    );
  });
  host.replaceChildren(...rows);
}

/** What a decision did: how it is shown, and in words. */
function did(decision) {
  const element = decision.element ?? "";
  switch (decision.decision) {
    case "when":
      return decision.holds ? ["", "holds"] : ["", `does not hold: \`${decision.rule}\` does not take the event`];
    case "took":
      return ["", `\`${decision.rule}\` takes the event`];
    case "schema":
      return decision.complaint === null ? ["", "the event fits"] : ["bad", decision.complaint];
    case "lookup":
      return lookup(decision, element);
    case "wrote":
      return ["added", `${element}${decision.path} = ${short(decision.value, 200)}${decision.what === "default" ? " (default)" : ""}`];
    case "removed":
      return ["removed", `${element}${decision.path} is taken out`];
    case "skipped":
      return ["bad", "left out: it reads a lookup that failed"];
    case "drop":
      return decision.holds ? ["removed", "holds: the event is dropped"] : ["", "does not hold"];
    case "if":
      return ["", `takes \`${decision.holds ? "then" : "else"}\``];
    default:
      return ["", ""];
  }
}

function lookup({ key, end, awaited, code, message }, element) {
  const parts = (key ?? []).map(({ part, value }) => `${part} = ${value}`).join(", ");
  const of = element ? `${element}: ` : "";
  switch (end) {
    case "found":
      return ["", `${of}found ${parts}`];
    case "missing":
      return ["warned", `${of}missing ${parts}${awaited ? ", which may still come" : ""}`];
    case "no_key":
      return ["warned", `${of}no key`];
    default:
      return ["bad", `${of}error ${code}: ${message}`];
  }
}
