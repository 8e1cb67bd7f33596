// Events of data sets: when they happen, and the numbers that come with each.
import { outOfRange, unknownName, wrongLength, wrongShape } from "./errors.js";
import type { EventOccurrence } from "./raw.js";
import { fields, float64Array } from "./shape.js";
import type { Dates } from "./dates.js";

/**
 * Events of one kind as columns: `{ time: [0, 24], amount: [320, 160] }`. A number stands for all
 * events.
 */
export interface EventColumns {
  /** Times of the events, in the model's unit of time or as dates, in any order. */
  time: number | string | Date | ArrayLike<number> | Dates;
  /** Times until an event is repeated, where `count` is greater than 1. */
  every?: number | ArrayLike<number>;
  /** Numbers of times that each event happens, `every` apart. Default: 1. */
  count?: number | ArrayLike<number>;
  /** Further columns that the model's events need, such as `amount`. */
  [column: string]: number | string | Date | ArrayLike<number> | Dates | undefined;
}

/** An event as a row of a table: `{ time: 0, amount: 320 }`. */
export interface EventRow {
  /** Time of the event, in the model's unit of time or as a date. */
  time: number | Date | string;
  /** Time until the event is repeated, where `count` is greater than 1. */
  every?: number;
  /** Number of times that the event happens, `every` apart. Default: 1. */
  count?: number;
  /** Further columns that the model's events need, such as `amount`. */
  [column: string]: number | Date | string | undefined;
}

/** Events of a data set by the names of their kinds in the model: `{ dose: { time, amount } }`. */
export interface EventTables {
  readonly [name: string]: EventColumns | readonly EventRow[];
}

/** Event at a time. */
export interface TimedEvent extends EventOccurrence {
  /** Time of the event, in the model's unit of time. */
  time: number;
  /** Field that it was given in, for errors. */
  path: string;
}

/** Kind of events that a model has. */
interface Kind {
  readonly name: string;
  readonly columns?: readonly string[] | undefined;
  readonly times?: readonly number[] | undefined;
}

/** Largest number of times that one event is repeated. */
const MOST_REPEATS = 100_000;

/** Gives the kinds of events of a model; empty without a model. */
export function eventKindsOf(model: unknown): readonly Kind[] {
  const definition = (model as { definition?: { events?: readonly Kind[] } } | undefined)
    ?.definition;
  return definition?.events ?? [];
}

/**
 * Reads the events of a data set, with those whose times the model knows, in ascending order.
 * `timesOf` reads times as numbers or dates.
 *
 * @throws LeastActionError by field, as `events.dose.time[2]`.
 */
export function eventsOf(
  given: unknown,
  kinds: readonly Kind[],
  timesOf: (path: string, given: unknown) => Float64Array,
): TimedEvent[] {
  const all = kinds.flatMap((kind, number): TimedEvent[] =>
    (kind.times ?? []).map((time) => ({
      time,
      kind: number,
      numbers: [],
      path: `model.events.${kind.name}`,
    })),
  );
  if (given !== undefined) {
    const tables = fields("events", given);
    const names = kinds.map(({ name }) => name);
    if (names.length === 0 && Object.keys(tables).length > 0)
      throw wrongShape(
        "events",
        "are of a model with events: define them there, and give the model too",
      );
    for (const [name, table] of Object.entries(tables)) {
      const number = names.indexOf(name);
      if (number < 0) throw unknownName(`events.${name}`, name, names);
      all.push(...tableOf(`events.${name}`, table, kinds[number] as Kind, number, timesOf));
    }
  }
  return all.sort((a, b) => a.time - b.time || a.kind - b.kind);
}

/** Reads the events of one kind. */
function tableOf(
  path: string,
  given: unknown,
  { name, columns = [], times: known = [] }: Kind,
  kind: number,
  timesOf: (path: string, given: unknown) => Float64Array,
): TimedEvent[] {
  if (known.length > 0)
    throw wrongShape(path, `are at times that the model says; write at: "${name}.time" there`);
  const table = Array.isArray(given) ? columnsOf(path, given) : fields(path, given);
  const needed = ["time", ...columns];
  for (const column of needed)
    if (table[column] === undefined)
      throw wrongShape(`${path}.${column}`, `is missing: ${name} needs ${needed.join(", ")}`);
  const isOne = typeof table.time === "number" || typeof table.time === "string";
  const times = timesOf(`${path}.time`, isOne || isDate(table.time) ? [table.time] : table.time);
  const column = (name: string, otherwise: number): Float64Array => {
    const values = table[name] ?? otherwise;
    if (typeof values === "number") return new Float64Array(times.length).fill(values);
    const numbers = float64Array(`${path}.${name}`, values);
    if (numbers.length !== times.length)
      throw wrongLength(`${path}.${name}`, numbers.length, times.length, "one per time");
    return numbers;
  };
  const numbers = columns.map((name) => column(name, Number.NaN));
  // Columns of the model's own may have these names too.
  const repeats = (name: string, otherwise: number): Float64Array =>
    columns.includes(name)
      ? new Float64Array(times.length).fill(otherwise)
      : column(name, otherwise);
  const [every, count] = [repeats("every", Number.NaN), repeats("count", 1)];
  const numberOfRows = times.length;
  return Array.from(times).flatMap((first, i) => {
    const place = (name: string): string => (numberOfRows > 1 ? `${name}[${i}]` : name);
    const own = numbers.map((values, c) => {
      const value = values[i] as number;
      if (!Number.isFinite(value))
        throw outOfRange(place(`${path}.${columns[c]}`), value, "finite");
      return value;
    });
    if (!Number.isFinite(first)) throw outOfRange(place(`${path}.time`), first, "finite");
    const [times, apart] = [count[i] as number, every[i] as number];
    if (!(Number.isInteger(times) && times >= 1 && times <= MOST_REPEATS))
      throw outOfRange(place(`${path}.count`), times, `a whole number from 1 to ${MOST_REPEATS}`);
    if (times > 1 && !(apart > 0 && Number.isFinite(apart)))
      throw outOfRange(place(`${path}.every`), apart, "the time between repetitions, above zero");
    return Array.from({ length: times }, (_, k) => ({
      time: k === 0 ? first : first + k * apart,
      kind,
      numbers: own,
      path: place(`${path}.time`),
    }));
  });
}

/** Gives rows of a table as columns. */
function columnsOf(path: string, rows: readonly unknown[]): Record<string, unknown> {
  const all = rows.map((row, i) => fields(`${path}[${i}]`, row));
  const names = new Set(all.flatMap((row) => Object.keys(row)));
  return Object.fromEntries(
    Array.from(names, (name) => [
      name,
      all.map((row, i) => {
        const value = row[name];
        if (value !== undefined) return value;
        if (name === "count") return 1;
        if (name === "every") return Number.NaN;
        throw wrongShape(`${path}[${i}].${name}`, "is missing in this row");
      }),
    ]),
  );
}

/** True for a date, also of another realm. */
function isDate(given: unknown): boolean {
  return Object.prototype.toString.call(given) === "[object Date]";
}
