// Where fields come from, drawn: key fields, tables, attributes, fields, from left to right.

import { drawn, element, short } from "./dom.js";

const ROW = 34;
const BOX = 24;
const GAP = 40;
const PADDING = 10;
const SIGN = 7.3;
const LONGEST = 30;
const SMALLEST = 0.8;

/** Draws the lineage of all rules into `host`. */
export function draw(host, lineage) {
  const rules = lineage?.rules ?? [];
  host.replaceChildren(
    ...rules.map((rule) => {
      const graph = new Graph(rule);
      const caption = element("figcaption", {}, "Rule ", element("code", {}, rule.rule));
      if (graph.nodes.size === 0) return element("figure", {}, caption, "It writes no field.");
      const label = `Where the fields of the rule ${rule.rule} come from`;
      return element(
        "figure",
        {},
        caption,
        element("div", { class: "drawing", tabindex: "0", role: "region", "aria-label": label }, graph.svg(label)),
        asText(rule),
      );
    }),
  );
}

const isAttribute = (origin) => origin.kind === "attribute";

/** What a value comes from, in words. */
function named(origin) {
  switch (origin.kind) {
    case "attribute":
      return `${origin.lookup}.${origin.path}`;
    case "event":
      return origin.path === "" || origin.path === "." ? "the event" : origin.path;
    case "record":
      return `record.${origin.field}`;
    case "error":
      return `error.${origin.field}`;
    case "variable":
      return `\${${origin.name}}`;
    case "constant":
      return origin.type === "string" ? JSON.stringify(origin.value) : origin.value;
    default:
      return "?";
  }
}

class Graph {
  constructor(rule) {
    this.rule = rule;
    this.nodes = new Map();
    this.edges = new Map();
    const levels = this.levels();
    const last = 2 * Math.max(0, ...levels.values()) + (rule.lookups.length ? 3 : 1);
    for (const lookup of rule.lookups) {
      const column = 2 * levels.get(lookup.lookup) + 1;
      const table = `lookup ${lookup.lookup}`;
      this.node(table, column, `${lookup.table}${lookup.index ? ` by ${lookup.index}` : ""}`, "table", `lookup ${lookup.lookup}, table ${lookup.source}`);
      for (const part of lookup.key) {
        for (const origin of part.from) this.edge(this.origin(origin, column - 1, levels), table, part.part);
      }
    }
    for (const field of rule.fields) {
      const to = `field ${field.path}`;
      this.node(to, last, field.path, field.arrived ? "field arrived" : "field", field.arrived ? "may also come out as it arrived" : "");
      for (const write of field.writes) {
        for (const origin of write.from) this.edge(this.origin(origin, last - 1, levels), to, words(write));
        if (write.default) this.edge(this.origin({ kind: "constant", ...write.default }, last - 1, levels), to, "default");
        // A `now()` comes from nothing that has a name.
        if (!write.from.length && write.functions.length) this.edge(this.call(write.functions, last - 1), to, words(write));
      }
    }
    for (const { path, always } of rule.removed) {
      this.node(`removed ${path}`, last, path, "removed", always ? "removed" : "removed in some cases");
    }
  }

  /** How many lookups must answer before a lookup's key is known. */
  levels() {
    const levels = new Map(this.rule.lookups.map(({ lookup }) => [lookup, 0]));
    for (const _ of this.rule.lookups) {
      for (const { lookup, key } of this.rule.lookups) {
        const before = key.flatMap(({ from }) => from.filter(isAttribute).map((origin) => levels.get(origin.lookup) ?? 0));
        if (before.length) levels.set(lookup, Math.min(this.rule.lookups.length, Math.max(...before) + 1));
      }
    }
    return levels;
  }

  origin(origin, column, levels) {
    if (isAttribute(origin)) {
      const id = `attribute ${origin.lookup} ${origin.path}`;
      const except = origin.except?.length ? `all but ${origin.except.join(", ")}` : "";
      this.node(id, 2 * (levels.get(origin.lookup) ?? 0) + 2, origin.path, "attribute", except);
      this.edge(`lookup ${origin.lookup}`, id, "");
      return id;
    }
    const id = `${origin.kind} ${named(origin)} ${column}`;
    return this.node(id, column, named(origin), origin.kind === "constant" ? "constant" : "source", origin.kind);
  }

  call(functions, column) {
    const text = `${functions.join(", ")}()`;
    return this.node(`call ${text} ${column}`, column, text, "source", "function");
  }

  node(id, column, text, kind, hint) {
    if (!this.nodes.has(id)) this.nodes.set(id, { id, column, text, kind, hint });
    return id;
  }

  edge(from, to, label) {
    const id = `${from} → ${to}`;
    const labels = this.edges.get(id)?.labels ?? new Set();
    if (label) labels.add(label);
    this.edges.set(id, { from, to, labels });
  }

  /** Places the nodes: columns from left to right, in each of them by where their neighbours are. */
  layout() {
    const columns = [];
    for (const node of this.nodes.values()) (columns[node.column] ??= []).push(node);
    const used = columns.filter(Boolean);
    const neighbours = new Map();
    const know = (one, other) => neighbours.set(one, [...(neighbours.get(one) ?? []), other]);
    for (const { from, to } of this.edges.values()) {
      know(from, to);
      know(to, from);
    }
    for (const nodes of used) nodes.forEach((node, row) => (node.row = row));
    // The fields keep the order of the rules; the others come beside them.
    for (const nodes of used.slice(0, -1).reverse()) {
      const weight = ({ id, column, row }) => {
        const right = (neighbours.get(id) ?? []).map((other) => this.nodes.get(other)).filter((other) => other.column > column);
        return right.length ? right.reduce((sum, other) => sum + other.row, 0) / right.length : row;
      };
      const weights = new Map(nodes.map((node) => [node, weight(node)]));
      nodes.sort((one, other) => weights.get(one) - weights.get(other));
      nodes.forEach((node, row) => (node.row = row));
    }
    const rows = Math.max(1, ...used.map((nodes) => nodes.length));
    let x = PADDING;
    for (const nodes of used) {
      const width = Math.max(...nodes.map(({ text }) => Math.min(LONGEST, [...text].length))) * SIGN + 2 * PADDING;
      const free = (rows - nodes.length) / 2;
      for (const node of nodes) Object.assign(node, { x, width, y: PADDING + (node.row + free) * ROW });
      x += width + GAP;
    }
    return { width: x - GAP + PADDING, height: rows * ROW + 2 * PADDING - (ROW - BOX) };
  }

  svg(label) {
    const { width, height } = this.layout();
    const edges = [...this.edges.values()].map(({ from, to, labels }) => {
      const [one, other] = [this.nodes.get(from), this.nodes.get(to)];
      if (!one || !other) return null;
      const [x1, x2] = [one.x + one.width, other.x];
      const [y1, y2] = [one.y + BOX / 2, other.y + BOX / 2];
      const middle = (x1 + x2) / 2;
      const path = drawn("path", { class: "edge", d: `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}` });
      if (labels.size) path.append(drawn("title", {}, [...labels].join("\n")));
      return path;
    });
    const boxes = [...this.nodes.values()].map(({ x, y, width: wide, text, kind, hint }) =>
      drawn(
        "g",
        { class: `node ${kind}` },
        drawn("title", {}, [text, hint].filter(Boolean).join("\n")),
        drawn("rect", { x, y, width: wide, height: BOX, rx: kind === "table" ? 2 : 8 }),
        drawn("text", { x: x + PADDING, y: y + BOX / 2 + 4.5 }, short(text, LONGEST)),
      ),
    );
    const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, edges, boxes);
    // As large as there is room for, but never too small to be read: then it scrolls.
    Object.assign(svg.style, { maxWidth: `${width}px`, minWidth: `${width * SMALLEST}px` });
    return svg;
  }
}

/** When a statement writes, in words. */
function words({ statement, functions, lookup, outcomes, cast }) {
  const by = functions.length ? ` by ${functions.join(", ")}` : "";
  const as = cast ? ` as ${cast}` : "";
  const when = lookup && outcomes.length ? ` if ${lookup} is ${outcomes.join(" or ")}` : "";
  return `${statement}${as}${by}${when}`;
}

/** The same as a list, for those who can't see the drawing. */
function asText(rule) {
  const rows = rule.fields.map(({ path, writes }) => {
    const ways = writes.map((write) => {
      const from = write.from.map((origin) => (isAttribute(origin) ? `${origin.path} of ${origin.table}` : named(origin)));
      if (write.default) from.push(`default ${write.default.value}`);
      return `${from.join(", ") || write.functions.map((it) => `${it}()`).join(", ") || "nothing"} (${words(write)})`;
    });
    return element("li", {}, element("code", {}, path), ` from ${ways.join("; ")}`);
  });
  return element("details", {}, element("summary", {}, "As text"), element("ul", {}, rows));
}
