// Going on with a study that was cancelled.
import { LeastActionError, wrongShape } from "../errors.js";
import { describe, fields, record } from "../shape.js";
import type { TwinOutcome } from "./judge-twin.js";

/** All on which the outcomes of twins depend, as JSON has it: so that what is read from a file can be compared. */
export function settingsOf(given: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(given)) as Record<string, unknown>;
}

/** The outcomes of an earlier study, by set and twin; refused if it was another one. */
export function doneOf(
  resume: unknown,
  settings: Readonly<Record<string, unknown>>,
  sets: readonly { set: string; observed: readonly number[] }[],
  twins: number,
): Map<string, Map<number, TwinOutcome>> {
  const done = new Map(sets.map(({ set }) => [set, new Map<number, TwinOutcome>()]));
  if (resume === undefined) return done;
  const { settings: before, rows } = fields("resume", resume);
  const earlier = record("resume.settings", before);
  for (const name of new Set([...Object.keys(settings), ...Object.keys(earlier)])) {
    if (canonical(earlier[name]) !== canonical(settings[name])) {
      const path = `resume.settings.${name}`;
      throw wrongShape(
        path,
        `was ${shown(earlier[name])} and is ${shown(settings[name])}: go on with the same options`,
      );
    }
  }
  if (!Array.isArray(rows)) throw wrongShape("resume.rows", `must be an array, got ${describe(rows)}`);
  for (const [i, one] of (rows as unknown[]).entries()) {
    const path = `resume.rows[${i}]`;
    const row = record(path, one);
    const own = sets.find(({ set }) => set === row.set);
    // A set may have been left out.
    if (own === undefined) continue;
    if (canonical(row.observed) !== canonical(own.observed)) {
      throw wrongShape(`${path}.observed`, `was ${shown(row.observed)} and is ${shown(own.observed)}`);
    }
    if (!Array.isArray(row.twins)) throw wrongShape(`${path}.twins`, `must be an array, got ${describe(row.twins)}`);
    for (const [k, outcome] of (row.twins as unknown[]).entries()) {
      const at = `${path}.twins[${k}]`;
      const { twin } = checked(at, outcome);
      const outcomes = done.get(own.set) as Map<number, TwinOutcome>;
      if (!Number.isInteger(twin) || twin < 0 || twin >= twins) {
        throw wrongShape(`${at}.twin`, `must be the number of a twin, below ${twins}`);
      }
      if (outcomes.has(twin)) {
        const value = String(twin);
        const facts = { code: "duplicate", path: `${at}.twin`, value } as const;
        throw new LeastActionError(`${at}.twin: ${value} is there twice`, facts);
      }
      outcomes.set(twin, outcome as TwinOutcome);
    }
  }
  return done;
}

/** What every outcome has; null stands for what JSON does not have. */
const numbers = [
  "twin",
  "level",
  "expectedLevel",
  "atLowest",
  "stateError",
  "stateErrorAbsolute",
  "validTime",
  "seconds",
];
const maybe = ["levelRatio", "skill"];

function checked(path: string, given: unknown): TwinOutcome {
  const outcome = record(path, given);
  for (const name of [...numbers, ...maybe]) {
    const value = outcome[name];
    if (typeof value === "number" || (value === null && maybe.includes(name))) continue;
    throw wrongShape(`${path}.${name}`, `must be a number, got ${describe(value)}`);
  }
  for (const name of ["success", "wrongButConsistent"]) {
    const value = outcome[name];
    if (typeof value !== "boolean")
      throw wrongShape(`${path}.${name}`, `must be true or false, got ${describe(value)}`);
  }
  if (typeof outcome.verdict !== "string") throw wrongShape(`${path}.verdict`, "must be a verdict");
  record(`${path}.parameterErrors`, outcome.parameterErrors);
  return outcome as unknown as TwinOutcome;
}

/** The same text for the same data, in whatever order its fields are. */
function canonical(value: unknown): string {
  const sorted = (_: string, inner: unknown): unknown =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner;
  return JSON.stringify(value, sorted) ?? "undefined";
}

function shown(value: unknown): string {
  const text = canonical(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
