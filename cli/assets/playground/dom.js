// Elements out of data. Texts are only ever set as texts: nothing of rules or events becomes markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** An element with attributes (`onclick` is a listener), and children: nodes and texts. */
export function element(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** An element of a drawing. */
export function drawn(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** Text for screen readers alone. */
export function unseen(text) {
  return element("span", { class: "unseen" }, text);
}

/** Words with what stands in backticks as code. */
export function words(text) {
  const parts = text.split(/`([^`]+)`/);
  return parts.map((part, at) => (at % 2 ? element("code", {}, part) : part)).filter((part) => part !== "");
}

/** The first line of a text, cut to a length. */
export function short(text, length) {
  const line = text.trim().split("\n", 1)[0];
  const signs = [...line];
  return signs.length > length ? `${signs.slice(0, length - 1).join("")}…` : line;
}
