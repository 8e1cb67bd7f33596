// Settings on which a result depends. They are kept with it, so that it can only be resumed with
// equal ones.
import { wrongShape } from "../errors.js";
import { record } from "../shape.js";

/** Makes settings plain JSON, so that they can be compared with those read from a file. */
export function settingsOf(given: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(given)) as Record<string, unknown>;
}

/** Throws if any setting differs from that of the result to be resumed. */
export function checkSettings(
  path: string,
  before: unknown,
  now: Readonly<Record<string, unknown>>,
): void {
  if (before === undefined) {
    throw wrongShape(
      path,
      "is missing: give what an earlier call has returned, or what JSON.parse makes of its JSON",
    );
  }
  const earlier = record(path, before);
  for (const name of new Set([...Object.keys(now), ...Object.keys(earlier)])) {
    if (canonical(earlier[name]) === canonical(now[name])) continue;
    const change = `was ${shown(earlier[name])} and is ${shown(now[name])}`;
    throw wrongShape(`${path}.${name}`, `${change}: go on with the same options`);
  }
}

/** Writes data as JSON with sorted fields, so that equal data have equal texts. */
export function canonical(value: unknown): string {
  const sorted = (_: string, inner: unknown): unknown =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner;
  return JSON.stringify(value, sorted) ?? "not given";
}

/** Writes data for an error message, at most 60 characters. */
export function shown(value: unknown): string {
  const text = canonical(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/**
 * Fingerprint of data: eight hexadecimal digits of the hash FNV-1a with 32 bits (G. Fowler, L. C.
 * Noll, K.-P. Vo).
 */
export function fingerprint(value: unknown): string {
  const plain = (_: string, inner: unknown): unknown =>
    inner instanceof Float64Array ? Array.from(inner) : inner;
  let hash = 0x811c9dc5;
  for (const unit of canonical(JSON.parse(JSON.stringify(value, plain)))) {
    hash = Math.imul(hash ^ (unit.codePointAt(0) as number), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}
