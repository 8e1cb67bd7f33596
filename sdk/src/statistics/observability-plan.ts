// Plan of a study of observability: its options, checked as far as possible before anything is
// annealed, and its twins.
import type { AnnealOptions } from "../anneal/options.js";
import { watchOf } from "../anneal/watch.js";
import { LeastActionError, outOfRange, renamed, wrongShape } from "../errors.js";
import { checkOnce, namesOf } from "../inputs.js";
import { specOf } from "../models.js";
import type { ConditionalLyapunov, StartingPaths } from "../raw.js";
import { describe, finiteNumber, MOST_VALUES, only, plain, record, wholeNumber } from "../shape.js";
import { inputsOnPath, numbered, type Twin, twinExperiment, type TwinOptions } from "../twin.js";
import { conditionalLyapunov } from "./conditional-lyapunov.js";
import { climatologyOf, type TwinOutcome } from "./judge-twin.js";
import type { ExponentOptions, ObservabilityOptions } from "./observability-options.js";
import { doneOf } from "./observability-resume.js";
import { settingsOf } from "./settings.js";

/** Options that annealing does not read. */
const own = {
  model: true,
  sets: true,
  twins: true,
  timeStep: true,
  points: true,
  noise: true,
  further: true,
  seed: true,
  parameters: true,
  initialState: true,
  spinUp: true,
  inputs: true,
  measurementPrecision: true,
  near: true,
  lyapunov: true,
  workers: true,
  signal: true,
  onProgress: true,
  resume: true,
} as const satisfies Partial<Record<keyof ObservabilityOptions, true>>;

/** Options that annealing reads; the compiler checks that none is forgotten. */
const forAnnealing = {
  discretization: true,
  normalization: true,
  modelPrecision: true,
  modelWeights: true,
  estimate: true,
  bounds: true,
  firstState: true,
  startingPaths: true,
  refinement: true,
  minimizer: true,
} as const satisfies Record<Exclude<keyof ObservabilityOptions, keyof typeof own>, true>;

/** Set of observed components, by number. */
export interface NumberedSet {
  set: string;
  observed: number[];
}

/** Default number of starting paths, so that there are levels to be compared. */
const STARTS = 5;

/** Largest number of twins. */
const MOST_TWINS = 1_000_000;

/** Half of the points, at least 1. A value that is no number is reported by later checks. */
const half = (points: unknown): number =>
  typeof points === "number" && Number.isFinite(points) ? Math.max(1, Math.ceil(points / 2)) : 1;

/** Makes the plan of a study from its options. */
export function planOf(options: unknown) {
  const known = [...Object.keys(own), ...Object.keys(forAnnealing)];
  const given = only("options", options, known) as unknown as ObservabilityOptions;
  const { model, timeStep, points } = given;
  const spec = specOf(model);
  const sets = setsOf(given);
  // The callback has another argument than that of annealing, and is called by the study itself.
  const { workers, signal } = watchOf({
    workers: given.workers,
    onProgress: given.onProgress,
    signal: given.signal,
  });
  const { twins: asking = 10, seed: first = 1, further: ahead = half(points) } = given;
  const count = wholeNumber("twins", asking, 1, MOST_TWINS);
  const further = wholeNumber("further", ahead, 1, MOST_VALUES);
  const seed = wholeNumber("seed", first, 0, Number.MAX_SAFE_INTEGER - MOST_TWINS);
  const near = given.near === undefined ? 0.2 : finiteNumber("near", given.near);
  if (near <= 0) throw outOfRange("near", near, "greater than zero");
  const noise = finiteNumber("noise", given.noise);
  if (noise === 0 && given.measurementPrecision === undefined) {
    throw outOfRange("noise", noise, "greater than zero, or measurementPrecision given");
  }
  const measurementPrecision = given.measurementPrecision ?? 1 / noise ** 2;
  const estimate = given.estimate === undefined ? {} : record("estimate", given.estimate);

  const truth = plain("options", {
    parameters: given.parameters,
    initialState: given.initialState,
    spinUp: given.spinUp,
    timeStep,
    points,
    noise,
    further,
  }) as Omit<TwinOptions<string>, "model" | "observed" | "seed">;
  const inputs =
    given.inputs === undefined
      ? []
      : inputsOnPath(model, given.inputs, 0, timeStep, points + further);
  // All components are measured, whichever sets there are, so that a component has the same noise
  // in all of them.
  const observed = Array.from(
    { length: model.dimension + model.observables.length },
    (_, component) => component,
  );
  const twins = Array.from({ length: count }, (_, twin): Twin<string> => {
    const shown = given.inputs === undefined ? {} : { inputs };
    return twinExperiment({ ...truth, ...shown, model, observed, seed: seed + twin });
  });

  const asked = Object.keys(forAnnealing).map((name) => [
    name,
    given[name as keyof typeof forAnnealing],
  ]);
  const { startingPaths, ...rest } = plain(
    "options",
    Object.fromEntries(asked),
  ) as Partial<AnnealOptions>;
  const parameters = Object.entries(truth.parameters ?? {}).filter(([name]) => !(name in estimate));
  const annealing = {
    ...rest,
    model,
    parameters: Object.fromEntries(parameters),
    measurementPrecision,
    ...(workers !== undefined && { workers }),
  } satisfies Omit<AnnealOptions, "data">;
  const startsOf = startingPathsOf(startingPaths);
  const { lyapunov } = given;
  const settings = settingsOf({
    ...{ ...truth, ...rest, spec, inputs, seed, near, measurementPrecision },
    twins: count,
    startingPaths: startsOf(0),
  });
  return {
    sets,
    twins,
    near,
    signal,
    annealing,
    startsOf,
    settings,
    onProgress: given.onProgress,
    estimated: Object.keys(estimate),
    climatology: climatologyOf(twins, model.dimension),
    /** Inputs at the predicted points. */
    inputs: inputs.slice(points * model.inputs.length),
    exponentOf: lyapunov === false ? () => null : exponentsOf(given, inputs, seed, lyapunov),
    setup: {
      model: model.name,
      dimension: model.dimension,
      points,
      timeStep,
      noise,
      near,
      twins: count,
      further,
    },
    done: doneOf(given.resume, settings, sets, count, Object.keys(estimate)) as Map<
      string,
      Map<number, TwinOutcome>
    >,
  };
}

/** Reads the sets with their components by number. */
function setsOf({ model, sets }: ObservabilityOptions): NumberedSet[] {
  const given = record("sets", sets);
  const names = Object.keys(given);
  if (names.length === 0)
    throw wrongShape("sets", "must have at least one set of what is observed");
  const count = (namesOf(model)?.observed ?? []).length;
  return names.map((set) => {
    const path = `sets.${set}`;
    const listed = given[set];
    if (!Array.isArray(listed))
      throw wrongShape(path, `must be a list of what is observed, got ${describe(listed)}`);
    if (listed.length === 0)
      throw wrongShape(path, "must have at least one component that is observed");
    const observed = numbered(path, model, listed) as unknown[];
    observed.forEach((component, l) => {
      const at = `${path}[${l}]`;
      if (typeof component !== "number")
        throw wrongShape(at, `must be a number or a name, got ${describe(component)}`);
      if (Number.isInteger(component) && component >= 0 && component < count) return;
      const facts = { code: "indexOutOfRange", path: at, index: component, count } as const;
      const message = `${at}: index ${component} is out of range; the model has ${count} components, so use 0 to ${count - 1}`;
      throw new LeastActionError(message, facts);
    });
    checkOnce(observed as number[], (l) => `${path}[${l}]`);
    return { set, observed: observed as number[] };
  });
}

/** Options of starting paths for each twin. */
function startingPathsOf(given: unknown): (twin: number) => StartingPaths {
  const own = (given === undefined ? {} : record("startingPaths", given)) as StartingPaths;
  const { count = STARTS, seed = 0 } = own;
  // Rust reports a value that is no seed.
  const following = (twin: number): number => (Number.isSafeInteger(seed) ? seed + twin : seed);
  return (twin) => ({ prune: false, enough: count, ...own, count, seed: following(twin) });
}

/** Computes the exponent of observed components; null if there is none. */
function exponentsOf(
  { model, parameters, initialState, spinUp, timeStep, points: window }: ObservabilityOptions,
  inputs: readonly number[],
  seed: number,
  given: unknown,
): (observed: readonly number[]) => ConditionalLyapunov | null {
  const options =
    given === undefined ? {} : only("lyapunov", given, ["coupling", "points", "discard"]);
  const { coupling, discard, points } = options as ExponentOptions;
  const width = model.inputs.length;
  const most = width === 0 ? undefined : inputs.length / width;
  const orbit = plain("options", {
    parameters,
    initialState,
    spinUp,
    timeStep,
    seed,
    coupling,
    discard,
  }) as object;
  return (observed) => {
    // An observable, a function of the state, cannot replace a component.
    if (observed.some((component) => component >= model.dimension)) return null;
    // With too few points there is no exponent, unless the user has asked for this number.
    if (most !== undefined && most < 30 && points === undefined) return null;
    const length = points ?? most;
    const shown = width === 0 ? {} : { inputs: inputs.slice(0, (length ?? window) * width) };
    try {
      const all = {
        ...orbit,
        ...shown,
        ...(length !== undefined && { points: length }),
        timeStep,
        model,
        observed,
      };
      return conditionalLyapunov(all);
    } catch (error) {
      if (!(error instanceof LeastActionError)) throw error;
      // A system that does not stay finite after the window has no exponents.
      if (error.code === "notFinite") return null;
      const isOption = error.path in { coupling: 0, points: 0, discard: 0 };
      if (!isOption) throw error;
      throw renamed(error, "", "lyapunov.");
    }
  };
}
