// Resuming a study of observability that was cancelled.
import { LeastActionError, wrongShape } from "../errors.js";
import type { Verdict } from "../raw.js";
import { describe, fields, finiteNumber, listOf, only, record, trueOrFalse } from "../shape.js";
import type { TwinOutcome } from "./judge-twin.js";
import { canonical, checkSettings, shown } from "./settings.js";

/**
 * Reads the outcomes of an earlier study, by set and twin.
 *
 * @throws LeastActionError if its settings are others, or an outcome is not one.
 */
export function doneOf(
  resume: unknown,
  settings: Readonly<Record<string, unknown>>,
  sets: readonly { set: string; observed: readonly number[] }[],
  twins: number,
  estimated: readonly string[],
): Map<string, Map<number, TwinOutcome>> {
  const done = new Map(sets.map(({ set }) => [set, new Map<number, TwinOutcome>()]));
  if (resume === undefined) return done;
  const { settings: before, rows } = fields("resume", resume);
  checkSettings("resume.settings", before, settings);
  for (const [i, one] of listOf("resume.rows", rows).entries()) {
    const path = `resume.rows[${i}]`;
    const row = record(path, one);
    const own = sets.find(({ set }) => set === row.set);
    // Sets may be left out now.
    if (own === undefined) continue;
    if (canonical(row.observed) !== canonical(own.observed)) {
      throw wrongShape(
        `${path}.observed`,
        `was ${shown(row.observed)} and is ${shown(own.observed)}`,
      );
    }
    for (const [k, outcome] of listOf(`${path}.twins`, row.twins).entries()) {
      const at = `${path}.twins[${k}]`;
      const { twin } = checked(at, outcome, estimated);
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

/** Fields of every outcome that are numbers. */
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
/** Fields of every outcome that are numbers or null. */
const maybe = ["levelRatio", "skill"];

/** Verdicts that an outcome may have. */
const verdicts = ["consistent", "inconsistent", "undetermined", "unfinished"] satisfies Verdict[];

/** Checks an outcome field by field. */
function checked(path: string, given: unknown, estimated: readonly string[]): TwinOutcome {
  const outcome = record(path, given);
  for (const name of numbers) finiteNumber(`${path}.${name}`, outcome[name]);
  for (const name of maybe)
    if (outcome[name] !== null) finiteNumber(`${path}.${name}`, outcome[name]);
  for (const name of ["success", "wrongButConsistent"])
    trueOrFalse(`${path}.${name}`, outcome[name]);
  if (!(verdicts as unknown[]).includes(outcome.verdict)) {
    throw wrongShape(
      `${path}.verdict`,
      `must be one of ${verdicts.join(", ")}, got ${describe(outcome.verdict)}`,
    );
  }
  const errors = only(`${path}.parameterErrors`, outcome.parameterErrors, estimated);
  for (const name of estimated) finiteNumber(`${path}.parameterErrors.${name}`, errors[name]);
  return outcome as unknown as TwinOutcome;
}
