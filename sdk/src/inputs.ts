// Inputs u(t) and observed components, from names to numbers in the order of the model.
import { LeastActionError, outOfRange, unknownName, wrongLength, wrongShape } from "./errors.js";
import { describe, fields, float64Array, timeGrid } from "./shape.js";

/**
 * Values of one input: one per grid point, or a function of time that is called at every grid
 * point.
 */
export type InputSeries = ArrayLike<number> | ((time: number) => number);

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
}

/**
 * Gives inputs by name as points x inputs, row-major. `names` is the order of the model; without a
 * model there is none, so there may be one input only.
 *
 * @throws LeastActionError by field, as `inputs.I`.
 */
export function inputsOnGrid(
  given: unknown,
  names: readonly string[] | undefined,
  grid: TimeGrid,
): Float64Array {
  const series = fields("inputs", given);
  const order = names ?? Object.keys(series);
  for (const name of Object.keys(series))
    if (!order.includes(name)) throw unknownName(`inputs.${name}`, name, order);
  if (names === undefined && order.length > 1) {
    throw wrongShape("inputs", "are several, so their order must be known: give the model too");
  }
  const columns = order.map((name) => column(`inputs.${name}`, series[name], grid));
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
): Float64Array {
  const isList =
    typeof given === "object" && given !== null && "length" in given && !isNamed(given, names);
  return isList ? float64Array("inputs", given) : inputsOnGrid(given, names, grid);
}

/** True if an object with a `length` holds inputs by name, one of which is called `length`. */
function isNamed(given: object, names: readonly string[] | undefined): boolean {
  return names?.includes("length") === true && !Array.isArray(given) && !ArrayBuffer.isView(given);
}

/** Gives the values of one input at the grid points. */
function column(
  path: string,
  given: unknown,
  { start, timeStep, points, first = 0 }: TimeGrid,
): Float64Array {
  if (given === undefined)
    throw wrongShape(path, "is missing: give a value per grid point, or a function of time");
  if (typeof given !== "function") {
    const values = float64Array(path, given);
    if (values.length === points) return finite(path, values);
    throw wrongLength(
      path,
      values.length,
      points,
      "one per grid point; or give a function of time",
    );
  }
  const times = timeGrid(start, timeStep, first, points);
  const sampled = Array.from(times, (time) => (given as (time: number) => unknown)(time));
  const odd = sampled.findIndex((value) => typeof value !== "number");
  if (odd >= 0)
    throw wrongShape(
      path,
      `must give numbers, gave ${describe(sampled[odd])} at time ${times[odd]}`,
    );
  return finite(path, Float64Array.from(sampled as number[]));
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
