// A text area with line numbers, colours, and underlines at places. It is a text area through and through: Tab
// moves on, undo works, and screen readers know it.

import { element } from "./dom.js";

const COLOURS = {
  rules: [
    ["comment", /#[^\n]*/],
    ["string", /"(?:[^"\\\n]|\\.)*"?/],
    ["path", /\.[A-Za-z_]\w*/],
    ["number", /\b\d[\d.]*[a-zA-Z]*/],
    [
      "word",
      /\b(?:table|rule|source|key|cache|missing|index|attributes|stream|schema|when|lookup|from|where|copy|to|as|into|except|default|required|on|found|error|invalid|instead|set|remove|drop|reject|output|rejects|prefix|one|object|per|record|for|each|in|if|then|else|and|or|not|null|true|false|no|within|retry|decode|partition|allow)\b/,
    ],
  ],
  json: [
    ["path", /"(?:[^"\\\n]|\\.)*"(?=\s*:)/],
    ["string", /"(?:[^"\\\n]|\\.)*"?/],
    ["number", /-?\b\d[\d.eE+-]*/],
    ["word", /\b(?:true|false|null)\b/],
  ],
  text: [],
};
/** Longer texts are not coloured: painting must not be slower than typing. */
const COLOURED = 60_000;

let count = 0;

/** The place of a line and a column in a text. Both count from 1, columns in characters, as findings do. */
export function offset(text, line, column) {
  let at = 0;
  for (let before = 1; before < line; before += 1) {
    const end = text.indexOf("\n", at);
    if (end < 0) return text.length;
    at = end + 1;
  }
  for (let before = 1; before < column && at < text.length && text[at] !== "\n"; before += 1) {
    at += text.codePointAt(at) > 0xffff ? 2 : 1;
  }
  return at;
}

function tokens(text, language) {
  const kinds = COLOURS[language];
  if (!kinds.length || text.length > COLOURED) return [];
  const any = new RegExp(kinds.map(([, pattern]) => `(${pattern.source})`).join("|"), "g");
  return [...text.matchAll(any)].map((found) => {
    const kind = kinds[found.slice(1).findIndex((group) => group !== undefined)][0];
    return { start: found.index, end: found.index + found[0].length, kind };
  });
}

export class Editor {
  /** An editor in `host`; `changed` is called after every change of its text by the user. */
  constructor(host, { label, language, changed, describedBy }) {
    count += 1;
    this.language = language;
    this.marks = [];
    this.gutter = element("div", { class: "gutter", "aria-hidden": "true" });
    this.paint = element("pre", { class: "paint", "aria-hidden": "true" });
    this.area = element("textarea", {
      id: `editor-${count}`,
      "aria-label": label,
      "aria-describedby": describedBy,
      spellcheck: "false",
      autocapitalize: "off",
      autocomplete: "off",
      wrap: "off",
    });
    host.append(element("div", { class: "editor" }, this.gutter, element("div", { class: "code" }, this.paint, this.area)));
    this.area.addEventListener("input", () => {
      // Places of before are places of another text.
      this.marks = [];
      this.repaint();
      changed();
    });
    this.area.addEventListener("scroll", () => this.follow());
    this.area.addEventListener("keydown", (event) => this.indent(event));
    this.area.addEventListener("mousemove", (event) => this.hover(event));
    this.repaint();
  }

  get text() {
    return this.area.value;
  }

  set text(text) {
    this.area.value = text;
    this.marks = [];
    this.repaint();
    this.area.scrollTo(0, 0);
  }

  /** Underlines places: `{start, end, severity, message}`. */
  mark(marks) {
    this.marks = marks.map((mark) => this.visible(mark));
    this.area.setAttribute("aria-invalid", String(marks.some((mark) => mark.severity === "error")));
    this.repaint();
  }

  /** A place of a character at least, so that it can be seen. */
  visible(mark) {
    if (mark.end > mark.start) return mark;
    const { text } = this;
    const back = mark.start > 0 && (mark.start >= text.length || text[mark.start] === "\n");
    return back ? { ...mark, start: mark.start - 1 } : { ...mark, end: mark.start + 1 };
  }

  repaint() {
    const { text } = this;
    const lines = text.split("\n").length;
    const bad = new Map();
    for (const { start, severity } of this.marks) {
      const line = text.slice(0, start).split("\n").length;
      if (bad.get(line) !== "error") bad.set(line, severity);
    }
    if (this.lines !== lines || this.marks.length || this.hadMarks) {
      const numbers = Array.from({ length: lines }, (_, at) => element("div", { class: bad.get(at + 1) ?? "" }, `${at + 1}`));
      this.gutter.replaceChildren(...numbers);
    }
    this.lines = lines;
    this.hadMarks = this.marks.length > 0;
    this.paint.replaceChildren(...this.pieces(text), "\n ");
    this.follow();
  }

  /** The text, cut where colours and underlines begin and end. */
  pieces(text) {
    const coloured = tokens(text, this.language);
    const cuts = new Set([0, text.length]);
    for (const { start, end } of [...coloured, ...this.marks]) cuts.add(start).add(Math.min(end, text.length));
    const places = [...cuts].sort((one, other) => one - other);
    const made = [];
    let token = 0;
    for (let at = 0; at + 1 < places.length; at += 1) {
      const [start, end] = [places[at], places[at + 1]];
      while (token < coloured.length && coloured[token].end <= start) token += 1;
      const kind = coloured[token] && coloured[token].start <= start ? coloured[token].kind : "";
      const mark = this.marks.find((it) => it.start <= start && end <= it.end);
      const part = text.slice(start, end);
      if (mark) made.push(element("mark", { class: `${mark.severity} ${kind}`, "data-message": mark.message }, part));
      else made.push(kind ? element("span", { class: kind }, part) : part);
    }
    return made;
  }

  follow() {
    this.paint.scrollTop = this.area.scrollTop;
    this.paint.scrollLeft = this.area.scrollLeft;
    this.gutter.scrollTop = this.area.scrollTop;
  }

  /** What is wrong where the pointer is. */
  hover({ clientX, clientY }) {
    const under = document.elementsFromPoint(clientX, clientY);
    this.area.title = under.find((it) => it.dataset.message)?.dataset.message ?? "";
  }

  /** A new line begins below the line before. */
  indent(event) {
    if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const before = this.text.slice(0, this.area.selectionStart);
    const line = before.slice(before.lastIndexOf("\n") + 1);
    const [space] = line.match(/^[ \t]*/);
    const deeper = this.language !== "text" && /[{[]\s*$/.test(line) ? "  " : "";
    if (space + deeper === "") return;
    event.preventDefault();
    this.insert(`\n${space}${deeper}`);
  }

  /** Puts a text in place of what is selected, as if it was typed. */
  insert(text) {
    this.area.focus();
    // The only way that an undo takes back.
    const done = text === "" ? document.execCommand("delete") : document.execCommand("insertText", false, text);
    if (done) return;
    this.area.setRangeText(text, this.area.selectionStart, this.area.selectionEnd, "end");
    this.area.dispatchEvent(new Event("input"));
  }

  /** Selects a place and goes there. */
  select(start, end) {
    this.area.focus();
    this.area.setSelectionRange(start, end);
    const height = Number.parseFloat(getComputedStyle(this.area).lineHeight);
    const line = this.text.slice(0, start).split("\n").length;
    const wanted = (line - 1) * height;
    const { scrollTop, clientHeight } = this.area;
    if (wanted < scrollTop || wanted + 2 * height > scrollTop + clientHeight) {
      this.area.scrollTop = Math.max(0, wanted - clientHeight / 3);
    }
    this.area.scrollLeft = 0;
    this.area.scrollIntoView({ block: "nearest" });
    this.follow();
  }

  /** Replaces a place, and leaves the cursor behind what stands there then. */
  replace(start, end, text) {
    this.select(start, end);
    this.insert(text);
  }
}

/** A place by lines and columns as `{start, end}` in a text. */
export function range(text, at) {
  return { start: offset(text, at.line, at.column), end: offset(text, at.end_line, at.end_column) };
}
