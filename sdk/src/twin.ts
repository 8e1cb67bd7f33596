// Forward integration, and twin experiments: data made by the model itself, so that the truth is
// known.
import { componentOf, type Inputs, inputsOf, namesOf, type TimeGrid } from "./inputs.js";
import type { Observations } from "./observations.js";
import { type Model, specOf } from "./models.js";
import { call } from "./instance.js";
import type { CoreTwinExperiment } from "./raw.js";
import { fields, float64Array, MOST_VALUES, plain, timeGrid } from "./shape.js";

/** What data to make. */
export interface TwinOptions<
  P extends string,
  S extends string = string,
  I extends string = string,
  O extends string = string,
> extends Omit<CoreTwinExperiment, "parameters" | "observed" | "inputs"> {
  model: Model<P, S, I, O>;
  /** True values; the model's defaults where none is given. */
  parameters?: { readonly [K in NoInfer<P>]?: number };
  /**
   * What is measured: state components and the model's observables, by name or by number;
   * observables are numbered from `dimension` on.
   */
  observed: readonly (number | NoInfer<S | O>)[];
  /**
   * u(t) for models with inputs, on the grid of the points and of those further on: for each a
   * value per point or a function of time; or all in one array, points x inputs, row-major.
   */
  inputs?: Inputs<NoInfer<I>> | ArrayLike<number>;
}

/** Data, and the truth behind them. */
export interface Twin<P extends string> {
  data: Observations;
  /** points x dimension, row-major. */
  truth: Float64Array;
  /**
   * further x dimension: the truth past the window; its first row is one step past the last point.
   */
  future: Float64Array;
  /** Of the points. */
  times: Float64Array;
  /** Of the rows of `future`. */
  futureTimes: Float64Array;
  /** All true parameters. */
  parameters: Record<P, number>;
}

/**
 * Integrates a truth and measures it with noise. The same seed gives the same bits on every
 * machine.
 *
 * @example
 * const twin = twinExperiment({ model, timeStep: 0.025, points: 161, observed: [0, 2, 4], noise: 0.5, seed: 1 });
 */
export function twinExperiment<
  P extends string,
  S extends string,
  I extends string,
  O extends string = string,
>(options: TwinOptions<P, S, I, O>): Twin<P> {
  const { model, inputs, ...rest } = fields("options", options);
  const spec = specOf(model);
  const given = fields("options", plain("options", rest));
  given.observed = numbered("observed", model, given.observed);
  if (inputs !== undefined) {
    const { start = 0, timeStep, points, further = 0 } = given as Record<string, number>;
    given.inputs = inputsOnPath(model, inputs, start, timeStep, (points as number) + further);
  }
  const twin = call((raw) => raw.twinExperiment(spec, given));
  const { start, timeStep, points } = twin.data;
  const further = (twin.future.length / twin.truth.length) * points;
  return {
    ...twin,
    times: timeGrid(start, timeStep, 0, points),
    futureTimes: timeGrid(start, timeStep, points, further),
    parameters: twin.parameters as Record<P, number>,
  };
}

/** What is observed by number, also what is named; what is neither is for Rust to find wrong. */
export function numbered(path: string, model: unknown, observed: unknown): unknown {
  if (!Array.isArray(observed) || !observed.some((one) => typeof one === "string")) return observed;
  const names = namesOf(model);
  return observed.map((one: unknown, l) =>
    typeof one === "string" ? componentOf(`${path}[${l}]`, one, names?.observed) : one,
  );
}

/**
 * Inputs as they cross. A grid that is none is for Rust to find wrong, so it then has no points
 * here.
 */
export function inputsOnPath(
  model: unknown,
  given: unknown,
  start: unknown,
  timeStep: unknown,
  points: unknown,
): number[] {
  const isGrid =
    [start, timeStep, points].every(Number.isFinite) && (points as number) <= MOST_VALUES;
  const grid = { start, timeStep, points: isGrid ? points : 0 } as TimeGrid;
  return Array.from(inputsOf(given, namesOf(model)?.inputs, grid));
}

/** Where to integrate from, and how far. */
export interface IntegrateOptions<P extends string, I extends string = string> {
  model: Model<P, string, I>;
  /** The model's defaults where none is given. */
  parameters?: { readonly [K in NoInfer<P>]?: number };
  /** One value per state. */
  initialState: ArrayLike<number>;
  /** Between points, in the model's unit of time. */
  timeStep: number;
  /** The initial state counts as the first. */
  points: number;
  /** Time of the first point. Default: 0. */
  start?: number;
  /**
   * u(t) for models with inputs: for each a value per point or a function of time; or all in one
   * array, points x inputs, row-major. In between they are straight lines.
   */
  inputs?: Inputs<NoInfer<I>> | ArrayLike<number>;
}

/**
 * Integrates a model forward: flows by the classical Runge-Kutta method with ten steps per
 * `timeStep`; maps are iterated.
 *
 * @returns `path` is points x dimension, row-major.
 */
export function integrate<P extends string, I extends string>(
  options: IntegrateOptions<P, I>,
): { times: Float64Array; path: Float64Array } {
  const { model, initialState, inputs, ...rest } = fields("options", options);
  const spec = specOf(model);
  const given = fields("options", plain("options", rest));
  given.initialState = Array.from(float64Array("initialState", initialState));
  if (inputs !== undefined) {
    given.inputs = inputsOnPath(model, inputs, given.start ?? 0, given.timeStep, given.points);
  }
  const path = call((raw) => raw.integrate(spec, given));
  return {
    times: timeGrid(
      (given.start as number | undefined) ?? 0,
      given.timeStep as number,
      0,
      given.points as number,
    ),
    path,
  };
}
