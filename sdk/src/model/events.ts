// Events of a model: when the state changes, and how.
import { describe, record, checkFields, float64Array } from "../shape.js";
import { LeastActionError, outOfRange, wrongShape } from "../errors.js";
import type { EventDefinition } from "./definition.js";

/** Change of a state by an event: a number or a formula as text, with exactly one way to change. */
export interface StateChange {
  /** Amount that is added to the state. */
  add?: number | string;
  /** Factor that the state is multiplied by. */
  multiply?: number | string;
  /** New value of the state. */
  set?: number | string;
}

/**
 * Event that changes the state: a dose, a harvest, a reset. Formulas are text of the names that
 * equations may contain, in which states are those right before the event; `dose.amount` is a
 * number that the data give with each event of the kind `dose`.
 *
 * @example
 * const events = [
 *   { at: "dose.time", state: "gut", add: "bioavailability*dose.amount" },
 *   { at: [7, 14], changes: { fish: { multiply: 0.8 } } },
 * ];
 */
export interface EventOptions<S extends string = string> extends StateChange {
  /**
   * Times of the event: `"dose.time"`, if the data give them as events of the kind `dose`; or
   * numbers in the model's unit of time, which are the same for all data.
   */
  at: string | number | readonly number[];
  /** State that the event changes, with `add`, `multiply` or `set` beside it. */
  state?: S;
  /** Changes of several states by name. */
  changes?: { readonly [K in S]?: StateChange };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const WAYS = ["add", "multiply", "set"] as const;

/**
 * Reads the events of a model. Those at the times of one kind become one event.
 *
 * @throws LeastActionError by field, as `events[0].at`.
 */
export function eventsOf(given: unknown): EventDefinition[] {
  if (!Array.isArray(given)) throw wrongShape("events", `must be a list, got ${describe(given)}`);
  const all = new Map<string, Mutable<EventDefinition>>();
  given.forEach((one: unknown, k) => {
    const path = `events[${k}]`;
    const event = record(path, one);
    checkFields(path, event, ["at", "state", "changes", ...WAYS]);
    const { name, times } = timesOf(`${path}.at`, event.at, all.size);
    const changes = changesOf(path, event);
    const known = all.get(name);
    const before = (known?.changes ?? []) as { state: string; expression: string }[];
    for (const { state } of changes)
      if (before.some((other) => other.state === state))
        throw new LeastActionError(
          `${path}: changes ${state}, which another event at ${name}.time changes; say it in one`,
          { code: "duplicate", path, value: state },
        );
    all.set(name, {
      name,
      ...(times.length > 0 && { times }),
      changes: [...before, ...changes],
    });
  });
  return Array.from(all.values(), (event) => {
    const columns = columnsOf(event);
    return columns.length > 0 ? { ...event, columns } : event;
  });
}

/** Gives the name of an event, with its times where the model says them. */
function timesOf(path: string, at: unknown, count: number): { name: string; times: number[] } {
  if (typeof at === "string") {
    const match = /^([\p{L}_][\p{L}\p{N}_]*)\.time$/u.exec(at.trim());
    if (match?.[1] !== undefined) return { name: match[1], times: [] };
    throw wrongShape(
      path,
      `must be the time of a kind of events, such as "dose.time", or numbers, got ${describe(at)}. ` +
        "A time that depends on parameters or states stands in an equation: if(t > lag, rate, 0)",
    );
  }
  if (at === undefined) throw wrongShape(path, 'is missing: write "dose.time", or a number');
  const times = typeof at === "number" ? [at] : Array.from(float64Array(path, at));
  times.forEach((time, i) => {
    if (!Number.isFinite(time)) throw outOfRange(`${path}[${i}]`, time, "finite");
  });
  return { name: `event${count + 1}`, times };
}

/** Gives the changes of an event as formulas of the new values. */
function changesOf(
  path: string,
  event: Record<string, unknown>,
): { state: string; expression: string }[] {
  const { state, changes, at: _, ...own } = event;
  if (changes !== undefined) {
    if (state !== undefined || Object.keys(own).length > 0)
      throw wrongShape(path, "has both changes and a state of its own: say all in changes");
    return Object.entries(record(`${path}.changes`, changes)).map(([name, change]) => {
      const place = `${path}.changes.${name}`;
      const one = record(place, change);
      checkFields(place, one, [...WAYS]);
      return { state: name, expression: expressionOf(place, name, one) };
    });
  }
  if (typeof state !== "string")
    throw wrongShape(`${path}.state`, `must be the name of a state, got ${describe(state)}`);
  return [{ state, expression: expressionOf(path, state, own) }];
}

/** Gives the formula of a state's new value. */
function expressionOf(path: string, state: string, change: Record<string, unknown>): string {
  const ways = WAYS.filter((way) => change[way] !== undefined);
  const [way] = ways;
  if (way === undefined || ways.length > 1)
    throw wrongShape(path, `must have one of add, multiply and set, has ${ways.length}`);
  const value = change[way];
  if (typeof value === "number" && !Number.isFinite(value))
    throw outOfRange(`${path}.${way}`, value, "finite");
  if (typeof value !== "number" && typeof value !== "string")
    throw wrongShape(`${path}.${way}`, `must be a number or a formula, got ${describe(value)}`);
  const text = String(value);
  return { add: `${state} + (${text})`, multiply: `${state}*(${text})`, set: text }[way];
}

/** Gives the columns that the formulas of an event contain, in the order of their names. */
function columnsOf({ name, changes }: EventDefinition): string[] {
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}_.])${name}\\.([\\p{L}_][\\p{L}\\p{N}_]*)`, "gu");
  const found = changes.flatMap(({ expression }) =>
    Array.from(expression.matchAll(pattern), (match) => match[1] as string),
  );
  return Array.from(new Set(found)).sort();
}
