// Paths: from settings to data, to a run, and to the results that are drawn.
import {
  anneal,
  type AnnealOptions,
  LeastActionError,
  mechanics,
  type Model,
  observations,
  type Observations,
  type Run,
  twinExperiment,
} from "least-action/slim";
import { BAND, discretizationOf, pathOptionsOf, precisionsOf } from "../library-options.js";
import { lined, modelOf } from "../model-text.js";
import { type Estimated, listed, own, type PathSettings, SettingsError } from "../settings.js";
import type {
  Canonical,
  Certainty,
  Finding,
  PathOutcome,
  Prediction,
  PreparedPath,
  Truth,
} from "./protocol.js";
import type { OpenTable } from "./tables.js";

/** Number of members of the ensemble forecast that the predicted band is made of. */
const MEMBERS = 100;

/** Maximum number of iterations; from a nearly right path three are enough. */
const MOST_ITERATIONS = 30;

/** Model and data of a problem, kept between its runs. */
export interface PathProblem {
  model: Model;
  data: Observations;
  prepared: PreparedPath;
}

export function preparePath(settings: PathSettings, table: OpenTable | undefined): PathProblem {
  const { model, read } = modelOf(settings.model);
  const states = read.states.map(({ name }) => name);
  if (settings.observed.length === 0)
    throw new SettingsError("measured: choose at least one state that is measured");
  for (const name of settings.observed) {
    if (!states.includes(name))
      throw new SettingsError(
        `measured: the model has no state ${name}; choose among ${listed(states)}`,
      );
  }
  for (const name of Object.keys(settings.estimate)) {
    const { low, high, least, most } = settings.estimate[name] as Estimated;
    if (!read.parameters.some((one) => one.name === name)) {
      throw new SettingsError(
        `estimate: the model has no parameter ${name}; take it out of what is looked for`,
      );
    }
    if (!(low < high))
      throw new SettingsError(
        `estimate ${name}: from ${low} to ${high} is no interval; the first number must ` +
          "be the smaller one",
      );
    if (low < (least ?? -Infinity) || high > (most ?? Infinity))
      throw new SettingsError(
        `estimate ${name}: starts from ${low} to ${high} are not all within the bounds, ` +
          `${least ?? "none"} below and ${most ?? "none"} above; move the starts inside, or ` +
          "widen the bounds",
      );
  }
  try {
    const made =
      settings.data.from === "twin" ? twinOf(settings, model) : fileOf(settings, model, table);
    const { data, truth } = made;
    const times = Float64Array.from(
      { length: data.points },
      (_, n) => data.start + n * data.timeStep,
    );
    const prepared: PreparedPath = {
      kind: "path",
      settings,
      states,
      times,
      observed: [...data.observed],
      values: data.values,
      truth,
    };
    return { model, data, prepared };
  } catch (error) {
    throw lined(error, read);
  }
}

function twinOf(settings: PathSettings, model: Model): { data: Observations; truth: Truth } {
  const { from: _, ...twin } = settings.data as Extract<PathSettings["data"], { from: "twin" }>;
  const made = twinExperiment({ ...twin, model, observed: settings.observed as never });
  const { data, truth, future, futureTimes, parameters } = made;
  return { data, truth: { path: truth, future, futureTimes, parameters } };
}

function fileOf(
  settings: PathSettings,
  model: Model,
  table: OpenTable | undefined,
): { data: Observations; truth: null } {
  const { name, time, timeStep, columns } = settings.data as Extract<
    PathSettings["data"],
    { from: "file" }
  >;
  if (table?.name !== name)
    throw new SettingsError(`data: open the file ${name}; a link carries settings, not data`);
  const values = settings.observed.map((state) => {
    const column = own(columns, state) ?? "";
    if (column === "")
      throw new SettingsError(`data: choose the column of ${name} that measures ${state}`);
    const other = settings.observed.find((one) => one !== state && own(columns, one) === column);
    if (other !== undefined)
      throw new SettingsError(
        `data: column ${column} of ${name} is to measure ${state} and ${other}; choose ` +
          "another for one of them",
      );
    return table.column(column);
  });
  const rows = (values[0] as Float64Array).length;
  const times =
    time === null
      ? Float64Array.from({ length: rows }, (_, n) => n * timeStep)
      : table.column(time);
  const data = observations({
    model,
    times,
    timeStep,
    values: { observed: settings.observed as never[], values },
  });
  // The plots have one row per point of the model, each with one measurement of a state at most.
  if (data.times !== undefined || data.observed.length > settings.observed.length)
    throw new SettingsError(
      `data: the times of ${name} are not all different points of a grid with steps of ` +
        `${timeStep}; give a smaller time step here. The library itself takes any times`,
    );
  return { data, truth: null };
}

export function runPath(
  { model, data, prepared }: PathProblem,
  watch: Pick<AnnealOptions, "onProgress" | "onPath" | "signal" | "resume">,
): Promise<Run> {
  const discretization = discretizationOf(data.points);
  return anneal({ model, data, discretization, ...pathOptionsOf(prepared.settings), ...watch });
}

export function outcomeOf(run: Run): PathOutcome {
  const { path, parameters, start } = run.best;
  const climb = run.starts.find((one) => one.start === start);
  const atBounds = new Set(climb?.rungs.at(-1)?.activeBounds.map(({ name }) => name));
  const held = Object.keys(parameters).filter((name) => atBounds.has(name));
  return { path, parameters, held };
}

/**
 * Uncertainty of a run, and its path in mechanics. Takes longer than the run's results. Null if the
 * signal stopped it.
 */
export async function certaintyOf(
  problem: PathProblem,
  run: Run,
  signal?: AbortSignal,
): Promise<Certainty | null> {
  const troubles: string[] = [];
  /**
   * Result of `what`, or null if it fails; the error is noted and the other results are still made.
   */
  const tried = <T>(what: () => T): T | null => {
    try {
      return what();
    } catch (error) {
      if (!(error instanceof LeastActionError)) throw error;
      troubles.push(error.message);
      return null;
    }
  };
  const canonical = await canonicalOf(problem, run, signal);
  if (await isStopped(signal)) return null;
  const certain = tried(() => run.uncertainty());
  try {
    if (await isStopped(signal)) return null;
    const band = certain && tried(() => certain.band(BAND));
    const until = untilOf(problem);
    const prediction =
      certain === null || until === null ? null : tried(() => predictionOf(certain, until));
    const parameters = Object.entries(certain?.parameters ?? {}).map(([name, { deviation }]) => {
      return [name, { deviation, interval: band?.parameters[name] ?? null }] as const;
    });
    const findings = certain === null ? [] : tried(() => certain.findings);
    return {
      deviation: certain?.deviation ?? null,
      band: band && { lower: band.lower, upper: band.upper },
      parameters: Object.fromEntries(parameters),
      findings: (findings ?? []).map(findingOf),
      prediction,
      canonical,
      trouble: troubles.length > 0 ? troubles.join(" ") : null,
    };
  } finally {
    certain?.free();
  }
}

/** A finding of the library as a message. */
export function findingOf({ code, severity, message }: Finding): Finding {
  return { code, severity, message };
}

function predictionOf(certain: ReturnType<Run["uncertainty"]>, until: number): Prediction {
  const ensemble = certain.predict({ until, count: MEMBERS, seed: 1 });
  const { lower, upper } = ensemble.band(BAND);
  return { times: ensemble.times, middle: ensemble.mean, lower, upper };
}

/** Tells whether the signal has stopped the work, after a pause in which messages can arrive. */
async function isStopped(signal: AbortSignal | undefined): Promise<boolean> {
  await new Promise((resolve) => setTimeout(resolve));
  return signal?.aborted === true;
}

/**
 * End time of the prediction: that of the truth, null if the truth ends with the window; without a
 * truth, a quarter of the window more.
 */
function untilOf({ prepared: { times, truth } }: PathProblem): number | null {
  if (truth !== null) return truth.futureTimes.at(-1) ?? null;
  const [first, last] = [times[0] as number, times.at(-1) as number];
  return last + (last - first) / 4;
}

/**
 * Solution of the canonical equations next to the path, in continuous time. A step of the grid
 * weighs h times what it weighs on the grid; the two parts of the action are means over the
 * measurements and over the steps.
 */
async function canonicalOf(
  { model, data, prepared }: PathProblem,
  run: Run,
  signal: AbortSignal | undefined,
): Promise<Canonical | null> {
  const { path, parameters } = run.best;
  const { ladder } = prepared.settings;
  const { measurementPrecision, modelWeights } = precisionsOf(prepared.settings);
  const measurements = data.values.reduce(
    (count, value) => count + Number(!Number.isNaN(value)),
    0,
  );
  const share = measurements / ((data.points - 1) * prepared.states.length);
  const common = data.timeStep * share * ladder.initial * ladder.factor ** run.best.rung;
  const modelPrecision = modelWeights?.map((weight) => common * weight) ?? common;
  let system: ReturnType<typeof mechanics> | undefined;
  try {
    system = mechanics({ model, data, parameters, measurementPrecision, modelPrecision });
    const how = { initialPath: path, maxIterations: MOST_ITERATIONS, signal };
    const solved = await system.solveBoundaryValueProblem(how);
    if (solved.failure !== null) return null;
    const { times, momentum, energy } = solved;
    return { times, momentum, energy };
  } catch (error) {
    if (error instanceof LeastActionError || signal?.aborted === true) return null;
    throw error;
  } finally {
    system?.free();
  }
}
