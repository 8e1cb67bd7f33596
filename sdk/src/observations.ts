// Measurements on the time grid of the model.
import { type Dates, earliestOf, timesOf, type TimeUnit } from "./dates.js";
import { driveOf, drivenTimes, refuseEarlier } from "./driven-grid.js";
import { outOfRange, unknownName, wrongLength, wrongShape } from "./errors.js";
import { type DataGrid, dataGrid, gridTimes, instantsOf, pointsOf } from "./data-grid.js";
import { eventKindsOf, eventsOf, type EventTables, type TimedEvent } from "./events.js";
import { isTimed } from "./input-curves.js";
import { inputCurves, type Inputs, namesOf } from "./inputs.js";
import { columnsOf, errorSeries, type Series, seriesOf } from "./measured-series.js";
import type { Model } from "./models.js";
import type { Interpolation, Jump } from "./raw.js";
import { copied, describe, fields, float64Array, MOST_VALUES, plain } from "./shape.js";

/**
 * Noisy, partial measurements at given times. They can be made with {@link observations}.
 */
export interface Observations {
  /** Time of the first point. */
  start: number;
  /** Time between points, in the model's unit of time. */
  timeStep: number;
  /** Number of points. */
  points: number;
  /**
   * Times of the points, ascending, the first of which is `start`; for points that are not
   * `timeStep` apart. `timeStep` is then the longest step of the model's grid, which has further
   * points in longer gaps, and the step that R_f belongs to. Default: points `timeStep` apart.
   */
  times?: Float64Array;
  /**
   * Observed components, in the order of the columns of `values`: numbers of state components;
   * numbers from `dimension` on are observables of the model. A component that is measured several
   * times at one time has as many columns.
   */
  observed: readonly number[];
  /** Measured values: points x observed, row-major; NaN where nothing was measured. */
  values: Float64Array;
  /**
   * Inputs u(t): points x inputs of the model, row-major; where an input jumps, the value right
   * before. Only for models with inputs.
   */
  inputs?: Float64Array;
  /** Curve of each input between points. Default: straight lines. */
  interpolation?: readonly Interpolation[];
  /**
   * Points at which inputs jump or events change the state, ascending. A measurement at such a
   * point is one right before. Default: none.
   */
  jumps?: readonly Jump[];
  /**
   * Values that parameters of the model have in this data set, by name; the others have the value
   * of all data sets.
   */
  parameters?: Readonly<Record<string, number>>;
  /**
   * Standard deviations of the noise, in the unit of the data: points x observed, row-major; not
   * read where nothing was measured. Default: as the options of a run say.
   */
  errors?: Float64Array;
}

/** One data set in the form that Rust takes. Its numbers are copies, because they are kept. */
export interface DataSet {
  /** Time grid and observed components. */
  grid: unknown;
  /** Times of points that are not evenly spaced; undefined for those that are. */
  times: Float64Array | undefined;
  /** Measured values: points x observed, row-major. */
  values: Float64Array;
  /** Inputs: points x inputs, row-major; undefined for models without inputs. */
  inputs: Float64Array | undefined;
  /** Standard deviations of the noise: points x observed, row-major; undefined without any. */
  errors: Float64Array | undefined;
}

/** Gives data, one set or several, in the form that Rust takes. */
export function setsOf(data: unknown): DataSet[] {
  if (!Array.isArray(data)) return [setOf("data", data)];
  return data.map((set: unknown, i) => setOf(data.length === 1 ? "data" : `data[${i}]`, set));
}

/** Gives one data set in the form that Rust takes. */
function setOf(path: string, data: unknown): DataSet {
  const { values, times, inputs, errors, ...grid } = fields(path, data);
  const numbers = (name: string, given: unknown): Float64Array =>
    copied(`${path}.${name}`, float64Array(`${path}.${name}`, given));
  return {
    grid: plain(path, grid),
    times: times === undefined ? undefined : numbers("times", times),
    values: numbers("values", values),
    inputs: inputs === undefined ? undefined : numbers("inputs", inputs),
    errors: errors === undefined ? undefined : errorsOf(`${path}.errors`, errors, values),
  };
}

/** Gives errors of measured values, one per value. */
function errorsOf(path: string, errors: unknown, values: unknown): Float64Array {
  const numbers = copied(path, float64Array(path, errors));
  const { length } = values as ArrayLike<number>;
  if (numbers.length !== length) throw wrongLength(path, numbers.length, length, "one per value");
  return numbers;
}

/** Values of one component: one per time of the data, or with times of their own. */
export type MeasuredSeries =
  | ArrayLike<number>
  | {
      /** Times of the values, as those of the data. */
      times: ArrayLike<number> | Dates;
      /** Measured values, one per time, NaN where a value is missing. */
      values: ArrayLike<number>;
    };

/**
 * Measurements at given times, the argument of {@link observations}. The type parameters are names
 * of the model, if it is given: `S` of its state components, `I` of its inputs, `O` of its
 * observables.
 */
export interface Measurements<
  S extends string = string,
  I extends string = string,
  O extends string = string,
> {
  /** Model whose names can then be used for components, observables and inputs. Default: none. */
  model?: Model<string, S, I, O>;
  /**
   * Times of the measurements, in the model's unit of time and in any order. Several may be the
   * same, as for repeated measurements. Dates, and texts such as `"2024-03-01"` and
   * `"2024-03-01T12:30:00Z"` (without a zone in universal time), become the time since `origin` in
   * `unit`. They may be left out where every series has times of its own.
   */
  times?: ArrayLike<number> | Dates;
  /** Unit of the model's time, for times that are dates: `"days"`, for instance. */
  unit?: TimeUnit;
  /** Date at which the model's time is zero, for times that are dates. Default: the earliest. */
  origin?: Date | string;
  /**
   * Measured values: one series per observed component or observable, each as long as `times`, NaN
   * where a value is missing. They are given
   *
   * - by number, `{ 0: hares, 1: lynx }`;
   * - by name, `{ V: volts }`;
   * - or as `observed`, a list of numbers and names, with `values`, one series for each or all in
   *   one array, times x observed, row-major.
   */
  values:
    | { readonly [component: number]: MeasuredSeries }
    | ([S | O] extends [never] ? never : { readonly [K in NoInfer<S | O>]?: MeasuredSeries })
    | {
        /** Observed components and observables, by number or name. */
        observed: readonly (number | NoInfer<S | O>)[];
        /** Series in the order of `observed`, or all in one array, times x observed. */
        values: ArrayLike<number> | readonly ArrayLike<number>[];
      };
  /**
   * Standard deviations of the noise (error bars) of the values, in their unit and in the same form
   * as `values`; a number stands for all values of a series. Default: none, so that the noise is as
   * the options of a run say, or estimated.
   */
  errors?:
    | { readonly [component: number]: number | ArrayLike<number> }
    | ([S | O] extends [never]
        ? never
        : { readonly [K in NoInfer<S | O>]?: number | ArrayLike<number> });
  /**
   * Inputs u(t), for models with inputs: for each a value per point of the data, a value per time
   * (of ascending times), `{ times, values, interpolation }` with times of their own, which may lie
   * outside of those of the data, or a function of time, which may jump. Without `model` there may
   * be one only.
   */
  inputs?: Inputs<NoInfer<I>>;
  /**
   * Events of the model with their times and numbers, `{ dose: { time: [0, 24], amount: 320 } }`,
   * or rows, `{ dose: [{ time: 0, amount: 320, every: 24, count: 7 }] }`. A measurement at the time
   * of an event is one right before it. Events after the last time have no effect. Needs `model`.
   * Default: those whose times the model says.
   */
  events?: EventTables;
  /**
   * Values that parameters of the model have in this data set, such as a dose or a weight, by name.
   * Other data sets may have others. Default: all have the values of all data sets.
   */
  parameters?: Readonly<Record<string, number>>;
  /**
   * Longest time step of the model, which may be finer than that of the data. Default: the smallest
   * distance between two times if all lie on a grid of such steps, else the median distance.
   */
  timeStep?: number;
}

/**
 * Makes measurements out of series of values at any times. Times may be in any order and several
 * of one channel may be the same. Where all of them lie on a grid of equal steps, the data get its
 * points, with NaN where nothing was measured. Otherwise their points are the times, and the model
 * is solved on a grid through all of them with steps no longer than `timeStep`.
 *
 * @throws LeastActionError by field.
 *
 * @example
 * const data = observations({
 *   times: [0, 1, 2],
 *   values: { 0: [30, 47, 70], 1: [4, 6, 10] },
 *   timeStep: 0.25,
 * });
 *
 * @example
 * observations({
 *   model: neuron,
 *   times,
 *   values: { V: volts },
 *   inputs: { I: (t) => (t < 50 ? 0 : 10) },
 * });
 *
 * @example
 * observations({
 *   times: [0.25, 0.57, 1.12, 1.12, 2.02, 24.37],
 *   values: { 0: [2.84, 6.57, 10.5, 10.1, 9.66, 3.28] },
 * });
 */
export function observations<
  S extends string = never,
  I extends string = string,
  O extends string = never,
>(measurements: Measurements<S, I, O>): Observations {
  const given = fields("options", measurements);
  checkNames(given);
  const names = namesOf(given.model);
  const origin = given.origin ?? earliestOf(allTimesOf(given));
  const clock = (path: string, times: unknown): Float64Array =>
    earliestOf(times) === undefined
      ? float64Array(path, times)
      : timesOf(times, given.unit, origin, path);
  const shared = given.times;
  const times =
    shared === undefined
      ? new Float64Array(0)
      : timesOf(shared, given.unit, given.unit === undefined ? given.origin : origin);
  const series = seriesOf(
    given.values,
    { length: shared === undefined ? undefined : times.length, clock },
    names?.observed,
  );
  const all = [times, ...series.flatMap((one) => one.times ?? [])];
  const instants = instantsOf(Float64Array.from(all.flatMap((one) => Array.from(one))));
  let next = times.length;
  const ofSeries = series.map((one): Int32Array => {
    const first = one.times === undefined ? 0 : next;
    if (one.times !== undefined) next += one.times.length;
    return instants.of.subarray(first, first + one.values.length);
  });
  const bars =
    given.errors === undefined ? undefined : errorSeries(given.errors, series, names?.observed);
  const step = given.timeStep === undefined ? undefined : positive("timeStep", given.timeStep);
  const kinds = eventKindsOf(given.model);
  const events = eventsOf(given.events, kinds, clock);
  const hasFunction = hasCurves(given.inputs);
  const needs = { isDivided: hasFunction };
  const most = Math.floor(MOST_VALUES / Math.max(1, series.length));
  const checked = (grid: DataGrid): DataGrid => {
    if (grid.points <= most) return grid;
    const expected = `so large that there are at most ${most} grid points`;
    throw outOfRange("timeStep", grid.timeStep, expected);
  };
  const base = gridTimes(checked(dataGrid(instants.times, step, needs)));
  const curves =
    given.inputs === undefined
      ? []
      : inputCurves(given.inputs, names?.inputs, { points: base, instants: instants.times });
  const span = [base[0] as number, base.at(-1) as number] as const;
  refuseEarlier(events, span[0], "the data begin");
  const further = drivenTimes(curves, events, span);
  const grid = checked(dataGrid(instants.times, step, { ...needs, times: further }));
  const columns = columnsOf(series, ofSeries);
  const observed = columns.map(({ component }) => component);
  const values = new Float64Array(grid.points * observed.length).fill(Number.NaN);
  const errors = bars && new Float64Array(values.length).fill(Number.NaN);
  columns.forEach(({ series: k, rows }, l) =>
    rows.forEach((row, instant) => {
      const place = (grid.pointOf[instant] as number) * observed.length + l;
      values[place] = (series[k] as Series).values[row] as number;
      if (errors) errors[place] = bars[k]?.[row] as number;
    }),
  );
  const { start, timeStep, points } = grid;
  const data: Observations = { start, timeStep, points, observed, values };
  if (grid.times !== undefined) data.times = grid.times;
  if (errors !== undefined) data.errors = errors;
  if (given.parameters !== undefined) data.parameters = parametersOf(given.parameters);
  const pointOf = pointsOf(grid);
  refuseRepeats(events, data, pointOf, names?.observed);
  const { inputs, ...drive } = driveOf(gridTimes(grid), pointOf, curves, events);
  return { ...data, ...(given.inputs !== undefined && { inputs }), ...drive };
}

/** Gives the times of all data, those of single series among them, as they were given. */
function allTimesOf(given: Record<string, unknown>): unknown[] {
  const { times, values } = given;
  const series = typeof values === "object" && values !== null ? Object.values(values) : [];
  const lists = [times, ...series.map((one) => (isTimed(one) ? one.times : undefined))];
  return lists.flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []));
}

/** True if inputs have curves that are seen at more points than those of the data. */
function hasCurves(given: unknown): boolean {
  const isNames = typeof given === "object" && given !== null && !("length" in given);
  return isNames && Object.values(given).some((one) => typeof one === "function");
}

/**
 * Refuses repeated measurements at the time of an event: nothing tells which of them were before
 * it.
 */
function refuseRepeats(
  events: readonly TimedEvent[],
  { observed, values }: Observations,
  pointOf: (time: number) => number,
  names: readonly string[] | undefined,
): void {
  for (const { time, path } of events) {
    const row = values.subarray(
      pointOf(time) * observed.length,
      (pointOf(time) + 1) * observed.length,
    );
    const measured = observed.filter((_, l) => !Number.isNaN(row[l]));
    const twice = measured.find((component, l) => measured.indexOf(component) !== l);
    if (twice === undefined) continue;
    const name = names?.[twice] ?? `component ${twice}`;
    throw wrongShape(
      "times",
      `${name} is measured more than once at ${time}, the time of ${path}: a measurement at the ` +
        "time of an event is one right before it; give those after it a later time",
    );
  }
}

/** Copies values of parameters. */
function parametersOf(given: unknown): Record<string, number> {
  const values = Object.entries(fields("parameters", given));
  return Object.fromEntries(
    values.map(([name, value]) => {
      if (typeof value !== "number" || !Number.isFinite(value))
        throw wrongShape(`parameters.${name}`, `must be a finite number, got ${describe(value)}`);
      return [name, value];
    }),
  );
}

/** Refuses unknown fields: a misspelt `timeStep` would silently put the data on another grid. */
function checkNames(given: Record<string, unknown>): void {
  const known: readonly string[] = [
    "model",
    "times",
    "unit",
    "origin",
    "values",
    "errors",
    "inputs",
    "events",
    "parameters",
    "timeStep",
  ] satisfies (keyof Measurements)[];
  const name = Object.keys(given).find((key) => !known.includes(key));
  if (name !== undefined) throw unknownName(name, name, known);
}

/** Gives a number that has to be finite and greater than zero. */
function positive(path: string, value: unknown): number {
  if (typeof value !== "number") throw wrongShape(path, `must be a number, got ${describe(value)}`);
  if (!(value > 0 && Number.isFinite(value)))
    throw outOfRange(path, value, "finite and greater than zero");
  return value;
}
