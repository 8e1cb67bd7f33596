// Inputs u(t) and observed components, from names to numbers in the order of the model.
import { LeastActionError, unknownName, wrongLength, wrongShape } from "./errors.js";
import {
  curveOf,
  finite,
  type InputCurve,
  type InputPoints,
  type TimedInput,
} from "./input-curves.js";
import { describe, fields, float64Array } from "./shape.js";

/**
 * Values of one input: one per grid point, joined by straight lines; a function of time, which may
 * jump; or values at times of their own.
 *
 * A function is smooth between its jumps, and a jump is found where the function differs before and
 * after it at an eighth of the distance between two points. Shorter pulses are given as values at
 * times of their own, with the interpolation `"hold"`.
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

/**
 * Reads inputs as curves in the order of the model, `names`; without a model there is none, so
 * there may be one input only. Inputs come by name, or all in one array, points x inputs,
 * row-major. A series may have a value for each of the times in `at`.
 *
 * @throws LeastActionError by field, as `inputs.I`.
 */
export function inputCurves(
  given: unknown,
  names: readonly string[] | undefined,
  at: InputPoints,
): InputCurve[] {
  const isList =
    typeof given === "object" && given !== null && "length" in given && !isNamed(given, names);
  if (isList) return listed(given, names, at.points);
  const series = fields("inputs", given);
  const order = names ?? Object.keys(series);
  for (const name of Object.keys(series))
    if (!order.includes(name)) throw unknownName(`inputs.${name}`, name, order);
  if (names === undefined && order.length > 1) {
    throw wrongShape("inputs", "are several, so their order must be known: give the model too");
  }
  return order.map((name) => curveOf(`inputs.${name}`, series[name], at));
}

/** Reads inputs that are all in one array. */
function listed(
  given: unknown,
  names: readonly string[] | undefined,
  points: Float64Array,
): InputCurve[] {
  const all = finite("inputs", float64Array("inputs", given));
  const width = names?.length ?? Math.max(1, Math.round(all.length / points.length));
  if (all.length !== points.length * width)
    throw wrongLength(
      "inputs",
      all.length,
      points.length * width,
      `${points.length} points x ${width} inputs of the model`,
    );
  return Array.from({ length: width }, (_, k) =>
    curveOf(
      "inputs",
      points.map((_, n) => all[n * width + k] as number),
      { points },
    ),
  );
}

/** True if an object with a `length` holds inputs by name, one of which is called `length`. */
function isNamed(given: object, names: readonly string[] | undefined): boolean {
  return names?.includes("length") === true && !Array.isArray(given) && !ArrayBuffer.isView(given);
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
