// The event, the tables, the schemas and the settings: a tab each.

import { element } from "./dom.js";
import { Editor } from "./editor.js";

const SETTINGS = "settings";
const EVENT = "event";

const language = (file) => (file.endsWith(".csv") ? "text" : "json");

export class Inputs {
  /** In `host`; `changed` is called after every change by the user. */
  constructor(host, changed) {
    this.changed = changed;
    this.tabs = new Map();
    this.list = element("div", { role: "tablist", "aria-label": "Event and tables", class: "tabs" });
    this.list.addEventListener("keydown", (event) => this.move(event));
    this.adders = element("div", { class: "adders" });
    this.panels = element("div");
    host.append(this.list, this.adders, this.panels);
  }

  /** Shows a state, and forgets the one before. */
  load(state) {
    this.list.replaceChildren();
    this.panels.replaceChildren();
    this.tabs.clear();
    this.needs = null;
    this.fields = new Map();
    this.add(EVENT, "Event", (panel) => this.eventPanel(panel, state));
    for (const [name, text] of Object.entries(state.tables)) this.addFile("tables", name, text);
    for (const [name, text] of Object.entries(state.schemas)) this.addFile("schemas", name, text);
    this.add(SETTINGS, "Settings", (panel) => this.settingsPanel(panel, state));
    this.adders.replaceChildren();
    this.open(EVENT);
  }

  /** What is typed, without the rules. */
  state() {
    const state = { tables: {}, schemas: {}, variables: {}, event: this.tabs.get(EVENT).editor.text };
    for (const { kind, name, editor } of this.tabs.values()) if (kind) state[kind][name] = editor.text;
    state.stream = this.stream.value.trim();
    state.now = this.now.value.trim();
    for (const [name, { input }] of this.fields) if (input.value !== "") state.variables[name] = input.value;
    return state;
  }

  /** Puts another event in place of the one that is there. */
  setEvent(text, stream) {
    this.tabs.get(EVENT).editor.text = text;
    this.stream.value = stream;
    this.open(EVENT);
  }

  eventPanel(panel, state) {
    const editor = new Editor(panel, { label: "Event", language: "json", changed: this.changed });
    editor.text = state.event;
    return { editor };
  }

  addFile(kind, name, text) {
    const id = `${kind}:${name}`;
    this.add(id, name, (panel) => {
      const editor = new Editor(panel, { label: name, language: language(name), changed: this.changed });
      editor.text = text;
      const input = element("input", { value: name, spellcheck: "false", id: `name-${this.count}` });
      input.addEventListener("change", () => this.rename(id, input.value.trim()));
      const remove = element("button", { type: "button", onclick: () => this.remove(id) }, "Remove");
      panel.append(element("div", { class: "row" }, element("label", { for: input.id }, "File"), input, remove));
      return { editor, kind, name };
    });
  }

  rename(id, name) {
    const tab = this.tabs.get(id);
    const { kind, editor } = tab;
    if (name === "" || this.tabs.has(`${kind}:${name}`)) return void (tab.panel.querySelector("input").value = tab.name);
    const state = this.state();
    const files = Object.entries(state[kind]).map(([before, text]) => [before === tab.name ? name : before, text]);
    this.load({ ...state, [kind]: Object.fromEntries(files) });
    this.open(`${kind}:${name}`, true);
    this.changed(editor);
  }

  remove(id) {
    const tab = this.tabs.get(id);
    tab.button.remove();
    tab.panel.remove();
    this.tabs.delete(id);
    this.open(EVENT, true);
    this.changed();
  }

  settingsPanel(panel, state) {
    const field = (id, label, value, placeholder, list) => {
      const input = element("input", { id, value, placeholder, list, spellcheck: "false", autocomplete: "off" });
      input.addEventListener("input", this.changed);
      panel.append(element("div", { class: "row" }, element("label", { for: id }, label), input));
      return input;
    };
    this.stream = field("stream", "Stream", state.stream, "name or ARN", "streams");
    this.streams = element("datalist", { id: "streams" });
    this.now = field("now", "now()", state.now, "the time of day, or 2026-01-31T12:00:00Z");
    this.variables = element("fieldset", { hidden: true }, element("legend", {}, "Variables"));
    panel.append(this.streams, this.variables);
    for (const [name, value] of Object.entries(state.variables)) this.variable(name, null, value);
    return {};
  }

  variable(name, preset, value = "") {
    const known = this.fields.get(name);
    if (known) return void (known.input.placeholder = preset ?? "");
    const input = element("input", { id: `variable-${name}`, value, placeholder: preset ?? "", spellcheck: "false", autocomplete: "off" });
    input.addEventListener("input", this.changed);
    const row = element("div", { class: "row" }, element("label", { for: input.id }, name), input);
    this.variables.append(row);
    this.variables.hidden = false;
    this.fields.set(name, { input, row });
  }

  add(id, label, build) {
    this.count = (this.count ?? 0) + 1;
    const [tabId, panelId] = [`tab-${this.count}`, `panel-${this.count}`];
    const button = element(
      "button",
      { type: "button", role: "tab", id: tabId, "aria-controls": panelId, tabindex: "-1", onclick: () => this.open(id) },
      label,
    );
    const panel = element("div", { role: "tabpanel", id: panelId, "aria-labelledby": tabId, hidden: true });
    const settings = this.tabs.get(SETTINGS);
    this.list.insertBefore(button, settings?.button ?? null);
    this.panels.append(panel);
    const tab = { button, panel };
    this.tabs.set(id, tab);
    Object.assign(tab, build(panel));
  }

  /** Shows a tab's panel. */
  open(id, focus = false) {
    if (!this.tabs.has(id)) return;
    for (const [other, { button, panel }] of this.tabs) {
      const selected = other === id;
      button.setAttribute("aria-selected", String(selected));
      button.tabIndex = selected ? 0 : -1;
      panel.hidden = !selected;
      if (selected && focus) button.focus();
    }
  }

  move(event) {
    const buttons = [...this.list.children];
    const at = buttons.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const next = buttons[(to + buttons.length) % buttons.length];
    next.click();
    next.focus();
  }

  /** What the rules look for, and what is wrong with what is here. */
  show(answer) {
    const missing = answer.schemas.filter((path) => !this.tabs.has(`schemas:${path}`));
    const adders = missing.map((path) => this.adder("schemas", path, '{\n  "type": "object"\n}\n'));
    if (answer.needs) {
      this.needs = answer.needs;
      const names = new Set(answer.needs.variables.map(({ name }) => name));
      for (const { name, default: preset } of answer.needs.variables) this.variable(name, preset);
      for (const [name, { input, row }] of this.fields) {
        if (names.has(name) || input.value !== "") continue;
        row.remove();
        this.fields.delete(name);
      }
      this.variables.hidden = this.fields.size === 0;
      this.streams.replaceChildren(...answer.needs.streams.map((value) => element("option", { value })));
      for (const { name, key } of answer.needs.tables) {
        const there = ["json", "ndjson", "csv"].some((end) => this.tabs.has(`tables:${name}.${end}`));
        if (!there) adders.push(this.adder("tables", `${name}.json`, items(key)));
      }
    }
    if (adders.length || this.adders.children.length) this.adders.replaceChildren(...adders);
    this.mark(answer.problems);
  }

  adder(kind, name, text) {
    const add = () => {
      this.addFile(kind, name, text);
      this.open(`${kind}:${name}`, true);
      this.changed();
    };
    return element("button", { type: "button", class: "fix", onclick: add }, `Add ${name}`);
  }

  mark(problems) {
    for (const [id, { button, editor }] of this.tabs) {
      const here = problems.filter((problem) => this.place(problem) === id);
      button.classList.toggle("bad", here.length > 0);
      const lines = here.filter(({ line }) => line !== null);
      editor?.mark(lines.map(({ line, message }) => ({ ...lineOf(editor.text, line), severity: "error", message })));
    }
  }

  /** The first variable that has neither a value nor a default. */
  unset() {
    const inputs = [...this.fields.values()].map(({ input }) => input);
    return inputs.find(({ value, placeholder }) => value === "" && placeholder === "") ?? inputs[0];
  }

  place({ at, name }) {
    if (at === "event") return EVENT;
    return at === "tables" ? `tables:${name}` : SETTINGS;
  }

  /** Goes to where a problem is, if that is here. */
  go(problem) {
    const id = this.place(problem);
    if (!this.tabs.has(id)) return void this.adders.querySelector("button")?.focus();
    this.open(id, true);
    const { editor } = this.tabs.get(id);
    const place = editor && problem.line ? lineOf(editor.text, problem.line) : null;
    if (place) return editor.select(place.start, place.end);
    const setting = { stream: this.stream, now: this.now, variables: this.fields.get(problem.name)?.input ?? this.unset() };
    (editor?.area ?? setting[problem.at])?.focus();
  }
}

/** What a line holds, without the space around it. */
function lineOf(text, number) {
  const lines = text.split("\n");
  const line = lines[number - 1] ?? "";
  const start = lines.slice(0, number - 1).reduce((sum, before) => sum + before.length + 1, 0);
  return { start: start + line.length - line.trimStart().length, end: start + line.trimEnd().length };
}

/** A table with one item that has the key. */
function items(key) {
  const item = Object.fromEntries(key.map(([part, type]) => [part, type === "number" ? 1 : type === "binary" ? "AA==" : "a"]));
  return `[\n  ${JSON.stringify(item).replace(/([:,])"/g, '$1 "').replace(/:(\d)/g, ": $1")}\n]\n`;
}
