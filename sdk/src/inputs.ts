// Known functions of time u(t) and names of what is observed, as numbers by the model's order.
import { LeastActionError, outOfRange, unknownName, wrongLength, wrongShape } from "./errors.js";
import { describe, fields, float64Array, timeGrid } from "./shape.js";

/**
 * One input: a value per grid point, or a function of time, which is called at every grid point.
 */
export type InputSeries = ArrayLike<number> | ((time: number) => number);

/** A series for each of a model's inputs. */
export type Inputs<I extends string = string> = { readonly [K in I]: InputSeries };

/** Times of the points of a path. */
export interface TimeGrid {
  start: number;
  timeStep: number;
  points: number;
  /** How many steps past `start` the first point is. Default: none. */
  first?: number;
}

/**
 * Inputs by name as points x inputs, row-major. `names` is the model's order; without a model there
 * is none, so there may be one input only.
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

/** Inputs as {@link inputsOnGrid} takes them, or as it gives them. */
export function inputsOf(
  given: unknown,
  names: readonly string[] | undefined,
  grid: TimeGrid,
): Float64Array {
  const isList =
    typeof given === "object" && given !== null && "length" in given && !isNamed(given, names);
  return isList ? float64Array("inputs", given) : inputsOnGrid(given, names, grid);
}

/** An input may be called `length`. */
function isNamed(given: object, names: readonly string[] | undefined): boolean {
  return names?.includes("length") === true && !Array.isArray(given) && !ArrayBuffer.isView(given);
}

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

function finite(path: string, values: Float64Array): Float64Array {
  const odd = values.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0) throw outOfRange(`${path}[${odd}]`, values[odd] as number, "finite");
  return values;
}

/**
 * The number of what is observed, which is given by number or by name; `names` are those of the
 * model, if there is a model.
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

/**
 * Names in a model's order: of what can be observed, state components and then observables, and of
 * inputs.
 */
export interface Names {
  states: readonly string[];
  observed: readonly string[];
  inputs: readonly string[];
}

/** What a model says about names, if there is one. */
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

/** A component that is given twice, once by name and once by number, say. */
export function checkOnce(components: readonly number[], path: (index: number) => string): void {
  components.forEach((component, i) => {
    if (components.indexOf(component) === i) return;
    const value = String(component);
    const message = `${path(i)}: component ${value} is listed twice; list each once`;
    throw new LeastActionError(message, { code: "duplicate", path: path(i), value });
  });
}
