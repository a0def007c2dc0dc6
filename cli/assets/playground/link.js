// The whole state as the fragment of an address: it is never sent anywhere.

/** The longest state that is taken out of a link, in bytes: what the server takes. */
const LONGEST = 1 << 20;

const TEXTS = ["rules", "event", "stream", "now"];
const MAPS = ["schemas", "tables", "variables"];

async function through(bytes, transform, longest) {
  const stream = new Blob([bytes]).stream().pipeThrough(transform);
  const parts = [];
  let length = 0;
  for (const reader = stream.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > longest) {
      await reader.cancel();
      throw new RangeError("too long");
    }
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** The fragment, without its `#`. */
export async function pack(state) {
  const text = new TextEncoder().encode(JSON.stringify(state));
  const bytes = await through(text, new CompressionStream("deflate-raw"), Infinity);
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return `1${btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "")}`;
}

/** The state of a fragment, or `null` where it holds none. */
export async function unpack(fragment) {
  if (!/^1[\w-]+$/.test(fragment)) return null;
  try {
    const binary = atob(fragment.slice(1).replace(/-/g, "+").replace(/_/g, "/"));
    const bytes = Uint8Array.from(binary, (sign) => sign.charCodeAt(0));
    const text = await through(bytes, new DecompressionStream("deflate-raw"), LONGEST);
    return whole(JSON.parse(new TextDecoder().decode(text)));
  } catch {
    return null;
  }
}

/** A state with all its members, and nothing else: a link may hold anything. */
export function whole(given) {
  const state = {};
  for (const name of TEXTS) state[name] = typeof given?.[name] === "string" ? given[name] : "";
  for (const name of MAPS) {
    const entries = Object.entries(given?.[name] ?? {}).filter(([, text]) => typeof text === "string");
    state[name] = Object.fromEntries(entries);
  }
  return state;
}
