// JSON that keeps what it reads: numbers have all their digits, members their order, and each value its text.
// `JSON.parse` makes floats of numbers, and events must not be shown otherwise than they are.

const TOKEN = /[ \t\r\n]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\.)*")|(-?\d[\d.eE+-]*)|(true|false|null))/y;
const DEEPEST = 500;

/**
 * Reads a text into a tree. A node has its `kind`, its `raw` text, and `members` (`{name, value}`), `elements`, or
 * the `text` of a string. Throws where the text is no JSON.
 */
export function read(text) {
  let at = 0;
  const next = () => {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (!found) throw new SyntaxError("no JSON");
    const [whole, sign, string, number, word] = found;
    const token = { sign, string, number, word };
    token.start = at + whole.length - (sign ?? string ?? number ?? word).length;
    at += whole.length;
    return token;
  };
  const peek = () => {
    const before = at;
    const token = next();
    at = before;
    return token;
  };
  const expect = (sign) => {
    if (next().sign !== sign) throw new SyntaxError("no JSON");
  };
  const inside = (end, one) => {
    if (peek().sign === end) return void next();
    for (;;) {
      one();
      const { sign } = next();
      if (sign === end) return;
      if (sign !== ",") throw new SyntaxError("no JSON");
    }
  };
  const value = (depth) => {
    if (depth > DEEPEST) throw new SyntaxError("too deep");
    const { sign, string, number, word, start } = next();
    const node = { kind: "null" };
    if (sign === "{") {
      Object.assign(node, { kind: "object", members: [] });
      inside("}", () => {
        const name = JSON.parse(next().string ?? "");
        expect(":");
        node.members.push({ name, value: value(depth + 1) });
      });
    } else if (sign === "[") {
      Object.assign(node, { kind: "array", elements: [] });
      inside("]", () => node.elements.push(value(depth + 1)));
    } else if (string !== undefined) {
      Object.assign(node, { kind: "string", text: JSON.parse(string) });
    } else if (number !== undefined) {
      node.kind = "number";
    } else if (word !== undefined) {
      node.kind = word === "null" ? "null" : "boolean";
    } else {
      throw new SyntaxError("no JSON");
    }
    node.raw = text.slice(start, at);
    return node;
  };
  const root = value(0);
  if (text.slice(at).trim() !== "") throw new SyntaxError("no JSON");
  return root;
}

/** The tree of a text, or `null` where it is no JSON. */
export function tryRead(text) {
  try {
    return read(text);
  } catch {
    return null;
  }
}

/** A tree as plain values, but for members named `value`: those stay texts, as they are. */
export function plain(node) {
  switch (node.kind) {
    case "object":
      return Object.fromEntries(
        node.members.map(({ name, value }) => [name, name === "value" ? value.raw : plain(value)]),
      );
    case "array":
      return node.elements.map(plain);
    case "string":
      return node.text;
    default:
      return JSON.parse(node.raw);
  }
}

const isContainer = (node) => node.kind === "object" || node.kind === "array";

function same(one, other) {
  if (one.kind !== other.kind) return false;
  if (one.kind === "string") return one.text === other.text;
  if (one.kind === "array") {
    return one.elements.length === other.elements.length && one.elements.every((it, at) => same(it, other.elements[at]));
  }
  if (one.kind === "object") {
    return (
      one.members.length === other.members.length &&
      one.members.every(({ name, value }, at) => name === other.members[at].name && same(value, other.members[at].value))
    );
  }
  return one.raw === other.raw;
}

/**
 * An event laid out, line by line: `{depth, text, mark}`, where the mark is `+` for what was added, `~` for what was
 * changed, `-` for what was removed, and empty for what arrived so.
 */
export function compare(before, after) {
  const lines = [];
  const value = (depth, label, old, node, inherited, comma) => {
    const comparable = old && old.kind === node.kind && isContainer(node);
    let mark = inherited;
    if (!mark) mark = !old ? "+" : comparable || same(old, node) ? "" : "~";
    const inner = comparable ? "" : mark;
    const line = (text, at = depth, as = mark) => lines.push({ depth: at, text, mark: as });
    if (!isContainer(node)) return line(`${label}${node.raw}${comma}`);
    const [open, close] = node.kind === "object" ? "{}" : "[]";
    const children = children_of(node);
    const olds = comparable ? children_of(old) : [];
    const gone = olds.filter((it) => !children.some((child) => child.key === it.key));
    if (!children.length && !gone.length) return line(`${label}${open}${close}${comma}`);
    line(`${label}${open}`);
    children.forEach((child, at) => {
      const match = olds.find((it) => it.key === child.key)?.value;
      value(depth + 1, child.label, match, child.value, inner, at + 1 < children.length ? "," : "");
    });
    for (const { label, value } of gone) line(`${label}${value.raw.replace(/\s*\n\s*/g, " ")}`, depth + 1, "-");
    line(`${close}${comma}`);
  };
  value(0, "", before, after, "", "");
  return lines;
}

function children_of(node) {
  if (node.kind === "array") return node.elements.map((value, at) => ({ key: at, label: "", value }));
  return node.members.map(({ name, value }) => ({ key: name, label: `${JSON.stringify(name)}: `, value }));
}
