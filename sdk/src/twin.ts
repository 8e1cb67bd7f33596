// Forward integration, and twin experiments, whose data are made by the model itself, so that the
// truth is known.
import { componentOf, type Inputs, inputsOf, namesOf, type TimeGrid } from "./inputs.js";
import type { Observations } from "./observations.js";
import { type Model, specOf } from "./models.js";
import { call } from "./instance.js";
import type { CoreTwinExperiment } from "./raw.js";
import { fields, float64Array, MOST_VALUES, plain, timeGrid } from "./shape.js";

/** Options of {@link twinExperiment}. */
export interface TwinOptions<
  P extends string,
  S extends string = string,
  I extends string = string,
  O extends string = string,
> extends Omit<CoreTwinExperiment, "parameters" | "observed" | "inputs"> {
  /** Model that makes the data. */
  model: Model<P, S, I, O>;
  /** True values of parameters by name. Default: those of the model. */
  parameters?: { readonly [K in NoInfer<P>]?: number };
  /**
   * Observed components: state components and observables of the model, by name or by number.
   * Observables are numbered from `dimension` on.
   */
  observed: readonly (number | NoInfer<S | O>)[];
  /**
   * Inputs u(t), for models with inputs, at the points and the further ones: for each a value per
   * point or a function of time; or all in one array, (points + further) x inputs, row-major.
   * Default: none.
   */
  inputs?: Inputs<NoInfer<I>> | ArrayLike<number>;
}

/** Data of a twin experiment with the truth behind them. */
export interface Twin<P extends string> {
  /** Measurements with noise. */
  data: Observations;
  /** True path in the window: points x dimension, row-major. */
  truth: Float64Array;
  /**
   * True path past the window: further x dimension, row-major. Its first row is one step after the
   * last point.
   */
  future: Float64Array;
  /** Times of the points in the window. */
  times: Float64Array;
  /** Times of the rows of `future`. */
  futureTimes: Float64Array;
  /** True values of all parameters by name. */
  parameters: Record<P, number>;
}

/**
 * Makes data of which the truth is known: integrates a model and measures it with noise. The same
 * seed gives the same bits on every machine.
 *
 * @throws LeastActionError by field.
 *
 * @example
 * const twin = twinExperiment({
 *   model,
 *   timeStep: 0.025,
 *   points: 161,
 *   observed: [0, 2, 4],
 *   noise: 0.5,
 *   seed: 1,
 * });
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

/**
 * Gives observed components by number, with names replaced. Other values are left for Rust to
 * refuse.
 */
export function numbered(path: string, model: unknown, observed: unknown): unknown {
  if (!Array.isArray(observed) || !observed.some((one) => typeof one === "string")) return observed;
  const names = namesOf(model);
  return observed.map((one: unknown, l) =>
    typeof one === "string" ? componentOf(`${path}[${l}]`, one, names?.observed) : one,
  );
}

/**
 * Gives inputs in the form that Rust takes. An invalid grid is left for Rust to refuse, so it has
 * no points here.
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

/** Options of {@link integrate}. */
export interface IntegrateOptions<P extends string, I extends string = string> {
  /** Model to be integrated. */
  model: Model<P, string, I>;
  /** Values of parameters by name. Default: those of the model. */
  parameters?: { readonly [K in NoInfer<P>]?: number };
  /** Initial state, one number per state component. */
  initialState: ArrayLike<number>;
  /** Time between points, in the model's unit of time. */
  timeStep: number;
  /** Number of points, the initial state included. */
  points: number;
  /** Time of the first point. Default: 0. */
  start?: number;
  /**
   * Inputs u(t), for models with inputs: for each a value per point or a function of time; or all
   * in one array, points x inputs, row-major. Between points they are interpolated linearly.
   * Default: none.
   */
  inputs?: Inputs<NoInfer<I>> | ArrayLike<number>;
}

/**
 * Integrates a model forward. Flows are integrated by the classical Runge-Kutta method with ten
 * steps per `timeStep`; maps are iterated.
 *
 * @returns `times` of the points, and the `path`: points x dimension, row-major.
 * @throws LeastActionError by field.
 *
 * @example
 * const { times, path } = integrate({
 *   model: lorenz63(),
 *   initialState: [1, 2, 20],
 *   timeStep: 0.01,
 *   points: 1000,
 * });
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
