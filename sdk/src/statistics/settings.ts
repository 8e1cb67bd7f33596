// What a result depends on, kept with it: so that it can only be continued with the same.
import { wrongShape } from "../errors.js";
import { record } from "../shape.js";

/** Settings as JSON has them: so that what is read from a file can be compared. */
export function settingsOf(given: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(given)) as Record<string, unknown>;
}

/** Refuses to go on from `before` if anything is different now. */
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

/** The same text for the same data, in whatever order its fields are. */
export function canonical(value: unknown): string {
  const sorted = (_: string, inner: unknown): unknown =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner;
  return JSON.stringify(value, sorted) ?? "not given";
}

export function shown(value: unknown): string {
  const text = canonical(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/**
 * Eight digits that are other ones of other data (G. Fowler, L. C. Noll, K.-P. Vo: FNV-1a, 32
 * bits).
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
