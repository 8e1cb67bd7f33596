// Forward integration, and twin experiments: data made by the model itself, so that the truth is known.
import type { Observations } from "./observations.js";
import { type Model, specOf } from "./models.js";
import { call } from "./instance.js";
import type { CoreTwinExperiment } from "./raw.js";
import { fields, float64Array, plain, timeGrid } from "./shape.js";

/** What data to make. */
export interface TwinOptions<P extends string> extends Omit<CoreTwinExperiment, "parameters" | "observed"> {
  model: Model<P>;
  /** True values; the model's defaults where none is given. */
  parameters?: { readonly [K in NoInfer<P>]?: number };
  /** What is measured: state components, and from `dimension` on the model's observables. */
  observed: readonly number[];
}

/** Data, and the truth behind them. */
export interface Twin<P extends string> {
  data: Observations;
  /** points x dimension, row-major. */
  truth: Float64Array;
  /** further x dimension: the truth past the window; its first row is one step past the last point. */
  future: Float64Array;
  /** Of the points. */
  times: Float64Array;
  /** Of the rows of `future`. */
  futureTimes: Float64Array;
  /** All true parameters. */
  parameters: Record<P, number>;
}

/**
 * Integrates a truth and measures it with noise. The same seed gives the same bits on every machine.
 *
 * @example
 * const twin = twinExperiment({ model, timeStep: 0.025, points: 161, observed: [0, 2, 4], noise: 0.5, seed: 1 });
 */
export function twinExperiment<P extends string>(options: TwinOptions<P>): Twin<P> {
  const { model, inputs, ...rest } = fields("options", options);
  const spec = specOf(model);
  const given = fields("options", plain("options", rest));
  if (inputs !== undefined) given.inputs = Array.from(float64Array("inputs", inputs));
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

/** Where to integrate from, and how far. */
export interface IntegrateOptions<P extends string> {
  model: Model<P>;
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
  /** u(t) for models with inputs: points x inputs, row-major; straight lines in between. */
  inputs?: ArrayLike<number>;
}

/**
 * Integrates a model forward: flows by the classical Runge-Kutta method with ten steps per `timeStep`; maps are iterated.
 *
 * @returns `path` is points x dimension, row-major.
 */
export function integrate<P extends string>(options: IntegrateOptions<P>): { times: Float64Array; path: Float64Array } {
  const { model, initialState, inputs, ...rest } = fields("options", options);
  const spec = specOf(model);
  const given = fields("options", plain("options", rest));
  given.initialState = Array.from(float64Array("initialState", initialState));
  if (inputs !== undefined) given.inputs = Array.from(float64Array("inputs", inputs));
  const path = call((raw) => raw.integrate(spec, given));
  return { times: timeGrid((given.start as number | undefined) ?? 0, given.timeStep as number, 0, given.points as number), path };
}
