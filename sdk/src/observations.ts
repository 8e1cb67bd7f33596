// What was measured, on the model's time grid.
import { LeastActionError, outOfRange, wrongLength, wrongShape } from "./errors.js";
import { copied, describe, fields, float64Array, MOST_VALUES, plain } from "./shape.js";

/** Noisy, partial measurements on a regular grid of times. */
export interface Observations {
  /** Time of the first point. */
  start: number;
  /** Between points, in the model's unit of time. */
  timeStep: number;
  /** Number of points. */
  points: number;
  /** What is measured, in the order of the columns of `values`: state components, and from `dimension` on the model's observables. */
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

/** Measurements at given times. */
export interface Measurements {
  /** Ascending, in the model's unit of time. They need not be on every grid point. */
  times: ArrayLike<number>;
  /**
   * One series per observed component, each as long as `times`, NaN where a value is missing: by component, `{ 0: hares, 1: lynx }`; or as
   * `observed`, the components, with `values`, one series for each or all in one array, times x observed, row-major.
   */
  values:
    | { readonly [component: number]: ArrayLike<number> }
    | { observed: readonly number[]; values: ArrayLike<number> | readonly ArrayLike<number>[] };
  /** The model's step, which may be finer than the data's. Default: the smallest distance between two times. */
  timeStep?: number;
}

/** Times may be off the grid by this share of its step: they were probably rounded when they were written down. */
const TOLERANCE = 1e-3;

/**
 * Puts measurements on the model's grid, with NaN at the points in between.
 *
 * @example
 * const data = observations({ times: [0, 1, 2], values: { 0: [30, 47, 70], 1: [4, 6, 10] }, timeStep: 0.25 });
 */
export function observations(measurements: Measurements): Observations {
  const given = fields("options", measurements);
  checkNames(given);
  const times = float64Array("times", given.times);
  checkTimes(times);
  const series = seriesOf(given.values, times.length);
  const timeStep = given.timeStep === undefined ? smallestStep(times) : positive("timeStep", given.timeStep);
  const start = times[0] as number;
  const points = Math.round(((times.at(-1) as number) - start) / timeStep) + 1;
  const most = Math.floor(MOST_VALUES / Math.max(1, series.length));
  if (!(points <= most)) throw outOfRange("timeStep", timeStep, `so large that there are at most ${most} grid points`);

  const observed = series.map(({ component }) => component);
  const values = new Float64Array(points * observed.length).fill(Number.NaN);
  let last = -1;
  times.forEach((time, i) => {
    const point = gridPoint(time, i, start, timeStep);
    if (point === last) {
      const facts = { code: "duplicate", path: `times[${i}]`, value: String(time) } as const;
      throw new LeastActionError(`times[${i}]: ${time} falls on the same grid point as the time before it`, facts);
    }
    last = point;
    series.forEach((one, l) => (values[point * observed.length + l] = one.values[i] as number));
  });
  return { start, timeStep, points, observed, values };
}

/** A misspelt `timeStep` would put the data on another grid in silence. */
function checkNames(given: Record<string, unknown>): void {
  const known = ["times", "values", "timeStep"] satisfies (keyof Measurements)[];
  const name = Object.keys(given).find((key) => !known.some((one) => one === key));
  if (name === undefined) return;
  const message = `${name}: unknown name "${name}" (known: ${known.join(", ")})`;
  throw new LeastActionError(message, { code: "unknownName", path: name, name, nearest: null, known });
}

function positive(path: string, value: unknown): number {
  if (typeof value !== "number") throw wrongShape(path, `must be a number, got ${describe(value)}`);
  if (!(value > 0 && Number.isFinite(value))) throw outOfRange(path, value, "finite and greater than zero");
  return value;
}

function checkTimes(times: Float64Array): void {
  if (times.length < 2) throw wrongLength("times", times.length, 2, "at least");
  times.forEach((time, i) => {
    if (!Number.isFinite(time)) throw outOfRange(`times[${i}]`, time, "finite");
    const before = times[i - 1];
    if (before !== undefined && !(time > before)) throw outOfRange(`times[${i}]`, time, `later than ${before}`);
  });
}

function smallestStep(times: Float64Array): number {
  return times.subarray(1).reduce((least, time, i) => Math.min(least, time - (times[i] as number)), Infinity);
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

function seriesOf(given: unknown, length: number): Series[] {
  const values = fields("values", given);
  if ("observed" in values) return listed(values.observed, values.values, length);
  return Object.entries(values).map(([name, one]) => {
    const component = Number(name);
    if (!/^\d+$/.test(name)) throw wrongShape(`values.${name}`, "is not the number of a state component");
    return { component, values: series(`values[${name}]`, one, length) };
  });
}

function listed(observed: unknown, values: unknown, length: number): Series[] {
  const components = Array.from(float64Array("values.observed", observed));
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
  if (all.length !== length * width) throw wrongLength("values.values", all.length, length * width, because);
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
