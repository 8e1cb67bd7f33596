// Inputs u(t) and observed components, from names to numbers in the order of the model.
import { LeastActionError, outOfRange, unknownName, wrongLength, wrongShape } from "./errors.js";
import { describe, fields, float64Array, timeGrid } from "./shape.js";

/** Values of an input at times of their own, ascending. */
export interface TimedInput {
  /** Times of the values, in the model's unit of time. */
  times: ArrayLike<number>;
  /** Values, one per time: straight lines in between, and constant before and after them. */
  values: ArrayLike<number>;
}

/**
 * Values of one input: one per grid point, a function of time that is called at every grid point,
 * or values at times of their own.
 */
export type InputSeries = ArrayLike<number> | ((time: number) => number) | TimedInput;

/** Values of all inputs of a model by name. */
export type Inputs<I extends string = string> = { readonly [K in I]: InputSeries };

/** Time grid of the points of a path. */
export interface TimeGrid {
  /** Time that steps are counted from. */
  start: number;
  /** Time between points. */
  timeStep: number;
  /** Number of points. */
  points: number;
  /** Number of steps from `start` to the first point. Default: 0. */
  first?: number;
  /** Times of points that are not evenly spaced. */
  times?: Float64Array;
}

/** Gives the times at which inputs have values of their own, in any order. */
export function inputTimes(given: unknown): number[] {
  return seriesIn(given).flatMap((series) =>
    isTimed(series) ? Array.from(series.times as ArrayLike<number>) : [],
  );
}

/** True if one of the inputs is a function of time. */
export function hasFunction(given: unknown): boolean {
  return seriesIn(given).some((series) => typeof series === "function");
}

/** Gives all inputs that are given by name. */
function seriesIn(given: unknown): unknown[] {
  const isNames = typeof given === "object" && given !== null && !("length" in given);
  return isNames ? Object.values(given) : [];
}

/** True for values with times of their own. */
function isTimed(given: unknown): given is { times: unknown; values: unknown } {
  return typeof given === "object" && given !== null && "times" in given && "values" in given;
}

/**
 * Gives inputs by name as points x inputs, row-major. `names` is the order of the model; without a
 * model there is none, so there may be one input only. A series may also have a value for each of
 * `instants`, ascending times that are among those of the grid.
 *
 * @throws LeastActionError by field, as `inputs.I`.
 */
export function inputsOnGrid(
  given: unknown,
  names: readonly string[] | undefined,
  grid: TimeGrid,
  instants?: Float64Array,
): Float64Array {
  const series = fields("inputs", given);
  const order = names ?? Object.keys(series);
  for (const name of Object.keys(series))
    if (!order.includes(name)) throw unknownName(`inputs.${name}`, name, order);
  if (names === undefined && order.length > 1) {
    throw wrongShape("inputs", "are several, so their order must be known: give the model too");
  }
  const columns = order.map((name) => column(`inputs.${name}`, series[name], grid, instants));
  return Float64Array.from({ length: grid.points * order.length }, (_, k) => {
    const point = Math.floor(k / order.length);
    return columns[k % order.length]?.[point] as number;
  });
}

/** Gives inputs as points x inputs, row-major, from either form: by name, or all in one array. */
export function inputsOf(
  given: unknown,
  names: readonly string[] | undefined,
  grid: TimeGrid,
  instants?: Float64Array,
): Float64Array {
  const isList =
    typeof given === "object" && given !== null && "length" in given && !isNamed(given, names);
  return isList ? float64Array("inputs", given) : inputsOnGrid(given, names, grid, instants);
}

/** True if an object with a `length` holds inputs by name, one of which is called `length`. */
function isNamed(given: object, names: readonly string[] | undefined): boolean {
  return names?.includes("length") === true && !Array.isArray(given) && !ArrayBuffer.isView(given);
}

/** Gives the values of one input at the grid points. */
function column(
  path: string,
  given: unknown,
  { start, timeStep, points, first = 0, times: uneven }: TimeGrid,
  instants?: Float64Array,
): Float64Array {
  if (given === undefined)
    throw wrongShape(path, "is missing: give a value per grid point, or a function of time");
  const times = uneven ?? timeGrid(start, timeStep, first, points);
  if (isTimed(given)) return interpolated(timed(path, given), times);
  if (typeof given !== "function") {
    const values = float64Array(path, given);
    if (values.length === points) return finite(path, values);
    if (values.length === instants?.length)
      return interpolated({ times: instants, values: finite(path, values) }, times);
    throw wrongLength(
      path,
      values.length,
      points,
      "one per grid point; or give { times, values }, or a function of time",
    );
  }
  const sampled = Array.from(times, (time) => (given as (time: number) => unknown)(time));
  const odd = sampled.findIndex((value) => typeof value !== "number");
  if (odd >= 0)
    throw wrongShape(
      path,
      `must give numbers, gave ${describe(sampled[odd])} at time ${times[odd]}`,
    );
  return finite(path, Float64Array.from(sampled as number[]));
}

/** Checks values at times of their own. */
function timed(path: string, given: { times: unknown; values: unknown }): TimedValues {
  const times = finite(`${path}.times`, float64Array(`${path}.times`, given.times));
  const values = finite(`${path}.values`, float64Array(`${path}.values`, given.values));
  if (times.length === 0) throw wrongLength(`${path}.times`, 0, 1, "at least");
  if (values.length !== times.length)
    throw wrongLength(`${path}.values`, values.length, times.length, "one per time");
  times.forEach((time, i) => {
    const before = times[i - 1];
    if (before !== undefined && !(time > before))
      throw outOfRange(`${path}.times[${i}]`, time, `later than ${before}`);
  });
  return { times, values };
}

/** Values at ascending times. */
interface TimedValues {
  times: Float64Array;
  values: Float64Array;
}

/** Gives values at ascending times on the straight lines between others. */
function interpolated({ times, values }: TimedValues, at: Float64Array): Float64Array {
  let next = 0;
  return at.map((time) => {
    while (next < times.length && (times[next] as number) < time) next += 1;
    const after = values[next] ?? (values.at(-1) as number);
    if (next === 0 || next === times.length || times[next] === time) return after;
    const [from, to] = [times[next - 1] as number, times[next] as number];
    const before = values[next - 1] as number;
    return before + ((time - from) / (to - from)) * (after - before);
  });
}

/** Gives values as they are if all of them are finite. */
function finite(path: string, values: Float64Array): Float64Array {
  const odd = values.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0) throw outOfRange(`${path}[${odd}]`, values[odd] as number, "finite");
  return values;
}

/**
 * Gives the number of an observed component or observable, from its number or its name. `names` are
 * those of the model, if there is a model.
 *
 * @throws LeastActionError for an unknown name.
 */
export function componentOf(
  path: string,
  given: unknown,
  names: readonly string[] | undefined,
): number {
  if (typeof given === "number") return given;
  if (typeof given !== "string")
    throw wrongShape(path, `must be a number or a name, got ${describe(given)}`);
  if (names === undefined) {
    throw wrongShape(
      path,
      "is not the number of a state component; to use names, give the model too",
    );
  }
  const component = names.indexOf(given);
  if (component < 0) throw unknownName(path, given, names);
  return component;
}

/** Names of a model, each list in the order of the model. */
export interface Names {
  /** Names of the state components. */
  states: readonly string[];
  /** Names that can be observed: state components, then observables. */
  observed: readonly string[];
  /** Names of the inputs. */
  inputs: readonly string[];
}

/** Gives the names of a model; undefined without a model. */
export function namesOf(model: unknown): Names | undefined {
  if (model === undefined) return undefined;
  const { states, inputs, observables } = fields("model", model);
  if (Array.isArray(states) && Array.isArray(inputs) && Array.isArray(observables)) {
    return {
      states: states as string[],
      observed: [...(states as string[]), ...(observables as string[])],
      inputs: inputs as string[],
    };
  }
  throw wrongShape("model", `must be a model, such as lorenz63() gives, got ${describe(model)}`);
}

/**
 * Checks that no component is listed twice, for instance once by name and once by number.
 *
 * @throws LeastActionError of code `duplicate`.
 */
export function checkOnce(components: readonly number[], path: (index: number) => string): void {
  components.forEach((component, i) => {
    if (components.indexOf(component) === i) return;
    const value = String(component);
    const message = `${path(i)}: component ${value} is listed twice; list each once`;
    throw new LeastActionError(message, { code: "duplicate", path: path(i), value });
  });
}
