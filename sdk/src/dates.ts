// Times as dates, in the model's unit of time.
import { outOfRange, wrongShape } from "./errors.js";
import { describe, float64Array } from "./shape.js";

/** Unit of the model's time, for times that are given as dates. A year has 365.25 days. */
export type TimeUnit =
  "milliseconds" | "seconds" | "minutes" | "hours" | "days" | "weeks" | "years";

/** Dates, or texts in the form of ISO 8601: `"2024-03-01"`, `"2024-03-01T12:30:00Z"`. */
export type Dates = readonly (Date | string)[];

const SECOND = 1000;
const DAY = 86_400 * SECOND;

/** Milliseconds of every unit. */
const UNITS: Readonly<Record<TimeUnit, number>> = {
  milliseconds: 1,
  seconds: SECOND,
  minutes: 60 * SECOND,
  hours: 3600 * SECOND,
  days: DAY,
  weeks: 7 * DAY,
  years: 365.25 * DAY,
};

/** Date of ISO 8601 with, if there is one, the time of day and its zone. */
const ISO =
  /^[+-]?\d{4,6}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/i;

/**
 * Gives times as numbers. Dates become the time since `origin`, by default the earliest of them, in
 * `unit`.
 *
 * @throws LeastActionError for texts that are no dates, for dates without a unit, and for a unit or
 *   an origin without dates.
 */
export function timesOf(
  given: unknown,
  unit: unknown,
  origin: unknown,
  path = "times",
): Float64Array {
  const isDates = Array.isArray(given) && given.length > 0 && !given.every(isNumber);
  if (!isDates) {
    const name = unit === undefined ? "origin" : "unit";
    if (unit !== undefined || origin !== undefined)
      throw wrongShape(
        name,
        "is for times that are dates; numbers are in the model's unit already",
      );
    return float64Array(path, given);
  }
  if (unit === undefined)
    throw wrongShape(
      "unit",
      `is missing: times are dates, so say in which unit the model counts time: ${listOfUnits()}`,
    );
  if (typeof unit !== "string" || !Object.hasOwn(UNITS, unit))
    throw wrongShape("unit", `must be ${listOfUnits()}, got ${describe(unit)}`);
  const milliseconds = Float64Array.from(given, (one: unknown, i) =>
    instantOf(`${path}[${i}]`, one),
  );
  const zero = origin === undefined ? Math.min(...milliseconds) : instantOf("origin", origin);
  return milliseconds.map((time) => (time - zero) / UNITS[unit as TimeUnit]);
}

/** Gives the earliest of some dates; undefined for numbers. */
export function earliestOf(given: unknown): Date | undefined {
  if (!Array.isArray(given) || given.every(isNumber)) return undefined;
  return new Date(Math.min(...given.map((one: unknown, i) => instantOf(`times[${i}]`, one))));
}

function isNumber(value: unknown): boolean {
  return typeof value === "number";
}

function listOfUnits(): string {
  return Object.keys(UNITS)
    .map((name) => `"${name}"`)
    .join(", ");
}

/** Gives a date in milliseconds. A text without a zone is in universal time, on every machine. */
function instantOf(path: string, given: unknown): number {
  if (typeof given === "string") {
    const text = given.trim();
    const hasZone = /(Z|[+-]\d{2}:?\d{2})$/i.test(text.slice(10)) || text.length <= 10;
    const found = ISO.test(text) ? Date.parse(isoOf(hasZone ? text : `${text}Z`)) : Number.NaN;
    if (!Number.isNaN(found)) return found;
    const forms = '"2024-03-01" or "2024-03-01T12:30:00Z"';
    throw wrongShape(path, `${describe(given)} is no date; write it as ${forms}`);
  }
  const time = dateOf(given);
  if (time === undefined)
    throw wrongShape(path, `must be a date or a text such as "2024-03-01", got ${describe(given)}`);
  if (Number.isNaN(time)) throw outOfRange(path, time, "a date that is valid");
  return time;
}

/** Gives a text in the form that every engine reads: a T, a full stop, and a colon in the zone. */
function isoOf(text: string): string {
  return text
    .replace(" ", "T")
    .replace(",", ".")
    .replace(/([+-]\d{2})(\d{2})$/, "$1:$2");
}

/** Gives the time of a date, also of one of another realm; undefined for anything else. */
function dateOf(given: unknown): number | undefined {
  try {
    return Date.prototype.getTime.call(given);
  } catch {
    return undefined;
  }
}
