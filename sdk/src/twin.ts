// Forward integration, and twin experiments, whose data are made by the model itself, so that the
// truth is known.
import { driveOf, drivenTimes, type Drive, refuseEarlier } from "./driven-grid.js";
import { wrongShape } from "./errors.js";
import { eventKindsOf, eventsOf, type EventTables } from "./events.js";
import { componentOf, inputCurves, type Inputs, namesOf } from "./inputs.js";
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
> extends Omit<
  CoreTwinExperiment,
  "parameters" | "observed" | "inputs" | "interpolation" | "jumps"
> {
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
  /**
   * Events of the model, as of {@link observations}, at times of points. Default: those whose times
   * the model says.
   */
  events?: EventTables;
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
  const { model, inputs, events, ...rest } = fields("options", options);
  const spec = specOf(model);
  const given = fields("options", plain("options", rest));
  given.observed = numbered("observed", model, given.observed);
  const { timeStep: step, points: window, further: more = 0 } = given as Record<string, number>;
  drive(given, model, { inputs, events }, [0, step, (window as number) + more]);
  const twin = call((raw) => raw.twinExperiment(spec, given));
  const { start, timeStep, points, interpolation, jumps } = twin.data;
  const further = (twin.future.length / twin.truth.length) * points;
  return {
    ...twin,
    data: dataOf(twin.data, interpolation, jumps),
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

/** Gives data without lists that are empty. */
function dataOf(
  data: Observations,
  interpolation: Observations["interpolation"],
  jumps: Observations["jumps"],
): Observations {
  const { interpolation: _, jumps: __, ...rest } = data;
  return {
    ...rest,
    ...(interpolation?.length && { interpolation }),
    ...(jumps?.length && { jumps }),
  };
}

/**
 * Gives the inputs at the points of a path in the form that Rust takes. An invalid grid is left for
 * Rust to refuse, so it has no points here.
 */
export function inputsOnPath(
  model: unknown,
  given: unknown,
  start: unknown,
  timeStep: unknown,
  points: unknown,
): number[] {
  const times = pathTimes([start, timeStep, points]);
  const curves = inputCurves(given, namesOf(model)?.inputs, { points: times });
  return Array.from(times).flatMap((time) => curves.map((curve) => curve.at(time)));
}

/** Sets inputs, jumps and events on the points of a path in options that Rust takes. */
function drive(
  options: Record<string, unknown>,
  model: unknown,
  given: { inputs?: unknown; events?: unknown },
  grid: readonly [unknown, unknown, unknown],
): void {
  const { inputs, ...rest } = pathDrive(model, given, grid);
  if (given.inputs !== undefined) options.inputs = Array.from(inputs);
  Object.assign(options, rest);
}

/** Gives the times of an even grid `[start, timeStep, points]`; none where it is invalid. */
function pathTimes([start, timeStep, points]: readonly [unknown, unknown, unknown]): Float64Array {
  const isGrid =
    [start, timeStep, points].every(Number.isFinite) && (points as number) <= MOST_VALUES;
  return timeGrid(start as number, timeStep as number, 0, isGrid ? (points as number) : 0);
}

/** Gives inputs, jumps and events on the points of an even grid `[start, timeStep, points]`. */
function pathDrive(
  model: unknown,
  given: { inputs?: unknown; events?: unknown },
  [start, timeStep, points]: readonly [unknown, unknown, unknown],
): Drive {
  const [first, step] = [start as number, timeStep as number];
  const times = pathTimes([start, timeStep, points]);
  const names = namesOf(model)?.inputs;
  const curves =
    given.inputs === undefined ? [] : inputCurves(given.inputs, names, { points: times });
  if (times.length === 0) return { inputs: new Float64Array(0) };
  const all = eventsOf(given.events, eventKindsOf(model), (path, given) =>
    float64Array(path, given),
  );
  refuseEarlier(all, first, "the path begins");
  const events = all.filter(({ time }) => time >= first);
  const span = [first, times.at(-1) as number] as const;
  const pointOf = (time: number): number =>
    Math.min(times.length - 1, Math.max(0, Math.round((time - first) / step)));
  const sharp = curves.map((curve) => ({ ...curve, nodes: [] }));
  for (const time of drivenTimes(sharp, events, span)) {
    if (Math.abs((times[pointOf(time)] as number) - time) <= 1e-3 * step) continue;
    const what = events.find((event) => event.time === time)?.path ?? "inputs";
    throw wrongShape(
      what,
      `jumps at ${time}, which is no point: choose a timeStep of which it is a multiple`,
    );
  }
  return driveOf(times, pointOf, sharp, events);
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
   * in one array, points x inputs, row-major. Default: none.
   */
  inputs?: Inputs<NoInfer<I>> | ArrayLike<number>;
  /**
   * Events of the model, as of {@link observations}, at times of points. Default: those whose times
   * the model says.
   */
  events?: EventTables;
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
  const { model, initialState, inputs, events, ...rest } = fields("options", options);
  const spec = specOf(model);
  const given = fields("options", plain("options", rest));
  given.initialState = Array.from(float64Array("initialState", initialState));
  drive(given, model, { inputs, events }, [given.start ?? 0, given.timeStep, given.points]);
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
