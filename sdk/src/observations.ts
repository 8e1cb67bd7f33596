// What was measured, on the model's time grid.
import { LeastActionError, outOfRange, unknownName, wrongLength, wrongShape } from "./errors.js";
import { checkOnce, componentOf, type Inputs, inputsOf, namesOf } from "./inputs.js";
import type { Model } from "./models.js";
import { copied, describe, fields, float64Array, MOST_VALUES, plain } from "./shape.js";

/** Noisy, partial measurements on a regular grid of times. */
export interface Observations {
  /** Time of the first point. */
  start: number;
  /** Between points, in the model's unit of time. */
  timeStep: number;
  /** Number of points. */
  points: number;
  /**
   * What is measured, in the order of the columns of `values`: state components, and from
   * `dimension` on the model's observables.
   */
  observed: readonly number[];
  /** points x observed, row-major; NaN where nothing was measured. */
  values: Float64Array;
  /** u(t): points x inputs of the model, row-major. Only for models with inputs. */
  inputs?: Float64Array;
}

/** One data set as it crosses: the numbers apart, and copied, because they are kept. */
export interface DataSet {
  grid: unknown;
  values: Float64Array;
  inputs: Float64Array | undefined;
}

/** Data as they cross: one set, or several. */
export function setsOf(data: unknown): DataSet[] {
  if (!Array.isArray(data)) return [setOf("data", data)];
  return data.map((set: unknown, i) => setOf(data.length === 1 ? "data" : `data[${i}]`, set));
}

function setOf(path: string, data: unknown): DataSet {
  const { values, inputs, ...grid } = fields(path, data);
  const numbers = (name: string, given: unknown): Float64Array =>
    copied(`${path}.${name}`, float64Array(`${path}.${name}`, given));
  return {
    grid: plain(path, grid),
    values: numbers("values", values),
    inputs: inputs === undefined ? undefined : numbers("inputs", inputs),
  };
}

/**
 * Measurements at given times. `S` are names of the model's state components, `I` of its inputs,
 * `O` of its observables, if the model is given.
 */
export interface Measurements<
  S extends string = string,
  I extends string = string,
  O extends string = string,
> {
  /** Lets components, observables and inputs be called by name. */
  model?: Model<string, S, I, O>;
  /** Ascending, in the model's unit of time. They need not be on every grid point. */
  times: ArrayLike<number>;
  /**
   * One series per observed component or observable, each as long as `times`, NaN where a value is
   * missing: by number, `{ 0: hares, 1: lynx }`, or by name, `{ V: volts }`; or as `observed`, what
   * is observed, with `values`, one series for each or all in one array, times x observed,
   * row-major.
   */
  values:
    | { readonly [component: number]: ArrayLike<number> }
    | ([S | O] extends [never] ? never : { readonly [K in NoInfer<S | O>]?: ArrayLike<number> })
    | {
        observed: readonly (number | NoInfer<S | O>)[];
        values: ArrayLike<number> | readonly ArrayLike<number>[];
      };
  /**
   * u(t), for models with inputs: for each a value per point of the model's grid, or a function of
   * time. Without `model` there may be one only.
   */
  inputs?: Inputs<NoInfer<I>>;
  /**
   * The model's step, which may be finer than the data's. Default: the smallest distance between
   * two times.
   */
  timeStep?: number;
}

/**
 * Times may be off the grid by this share of its step: they were probably rounded when they were
 * written down.
 */
const TOLERANCE = 1e-3;

/**
 * Puts measurements on the model's grid, with NaN at the points in between.
 *
 * @example
 * const data = observations({ times: [0, 1, 2], values: { 0: [30, 47, 70], 1: [4, 6, 10] }, timeStep: 0.25 });
 *
 * @example
 * observations({ model: neuron, times, values: { V: volts }, inputs: { I: (t) => (t < 50 ? 0 : 10) } });
 */
export function observations<
  S extends string = never,
  I extends string = string,
  O extends string = never,
>(measurements: Measurements<S, I, O>): Observations {
  const given = fields("options", measurements);
  checkNames(given);
  const names = namesOf(given.model);
  const times = float64Array("times", given.times);
  checkTimes(times);
  const series = seriesOf(given.values, times.length, names?.observed);
  const timeStep =
    given.timeStep === undefined ? smallestStep(times) : positive("timeStep", given.timeStep);
  const start = times[0] as number;
  const points = Math.round(((times.at(-1) as number) - start) / timeStep) + 1;
  const most = Math.floor(MOST_VALUES / Math.max(1, series.length));
  if (!(points <= most))
    throw outOfRange("timeStep", timeStep, `so large that there are at most ${most} grid points`);

  const observed = series.map(({ component }) => component);
  const values = new Float64Array(points * observed.length).fill(Number.NaN);
  let last = -1;
  times.forEach((time, i) => {
    const point = gridPoint(time, i, start, timeStep);
    if (point === last) {
      const facts = { code: "duplicate", path: `times[${i}]`, value: String(time) } as const;
      throw new LeastActionError(
        `times[${i}]: ${time} falls on the same grid point as the time before it`,
        facts,
      );
    }
    last = point;
    series.forEach((one, l) => (values[point * observed.length + l] = one.values[i] as number));
  });
  const data = { start, timeStep, points, observed, values };
  if (given.inputs === undefined) return data;
  return { ...data, inputs: inputsOf(given.inputs, names?.inputs, data) };
}

/** A misspelt `timeStep` would put the data on another grid in silence. */
function checkNames(given: Record<string, unknown>): void {
  const known: readonly string[] = [
    "model",
    "times",
    "values",
    "inputs",
    "timeStep",
  ] satisfies (keyof Measurements)[];
  const name = Object.keys(given).find((key) => !known.includes(key));
  if (name !== undefined) throw unknownName(name, name, known);
}

function positive(path: string, value: unknown): number {
  if (typeof value !== "number") throw wrongShape(path, `must be a number, got ${describe(value)}`);
  if (!(value > 0 && Number.isFinite(value)))
    throw outOfRange(path, value, "finite and greater than zero");
  return value;
}

function checkTimes(times: Float64Array): void {
  if (times.length < 2) throw wrongLength("times", times.length, 2, "at least");
  times.forEach((time, i) => {
    if (!Number.isFinite(time)) throw outOfRange(`times[${i}]`, time, "finite");
    const before = times[i - 1];
    if (before !== undefined && !(time > before))
      throw outOfRange(`times[${i}]`, time, `later than ${before}`);
  });
}

function smallestStep(times: Float64Array): number {
  return times
    .subarray(1)
    .reduce((least, time, i) => Math.min(least, time - (times[i] as number)), Infinity);
}

function gridPoint(time: number, index: number, start: number, timeStep: number): number {
  const point = Math.round((time - start) / timeStep);
  const nearest = start + point * timeStep;
  if (Math.abs(time - nearest) <= TOLERANCE * timeStep) return point;
  const path = `times[${index}]`;
  throw new LeastActionError(
    `${path}: ${time} is not on the grid from ${start} in steps of ${timeStep}; the nearest point is ${nearest}. Give a timeStep that divides all distances.`,
    { code: "notOnGrid", path, time, nearest, timeStep },
  );
}

interface Series {
  component: number;
  values: Float64Array;
}

function seriesOf(given: unknown, length: number, names: readonly string[] | undefined): Series[] {
  const values = fields("values", given);
  if ("observed" in values) return listed(values.observed, values.values, length, names);
  const all = Object.entries(values).map(([name, one]) => {
    const isNumber = /^\d+$/.test(name);
    const path = isNumber ? `values[${name}]` : `values.${name}`;
    const component = componentOf(path, isNumber ? Number(name) : name, names);
    return { path, component, values: series(path, one, length) };
  });
  const components = all.map(({ component }) => component);
  checkOnce(components, (i) => all[i]?.path as string);
  return all;
}

function listed(
  observed: unknown,
  values: unknown,
  length: number,
  names: readonly string[] | undefined,
): Series[] {
  const given = Array.isArray(observed) ? observed : float64Array("values.observed", observed);
  const components = Array.from(given as readonly unknown[], (one, l) =>
    componentOf(`values.observed[${l}]`, one, names),
  );
  checkOnce(components, (l) => `values.observed[${l}]`);
  if (Array.isArray(values) && typeof values[0] === "object") {
    const because = "one series per observed component";
    if (values.length !== components.length) {
      throw wrongLength("values.values", values.length, components.length, because);
    }
    return components.map((component, l) => ({
      component,
      values: series(`values.values[${l}]`, values[l], length),
    }));
  }
  const width = components.length;
  const all = float64Array("values.values", values);
  const because = `${length} times x ${width} observed components`;
  if (all.length !== length * width)
    throw wrongLength("values.values", all.length, length * width, because);
  return components.map((component, l) => ({
    component,
    values: Float64Array.from({ length }, (_, i) => all[i * width + l] as number),
  }));
}

function series(path: string, given: unknown, length: number): Float64Array {
  const values = float64Array(path, given);
  if (values.length !== length) throw wrongLength(path, values.length, length, "one per time");
  return values;
}
