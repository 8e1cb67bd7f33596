// Comparison of annealing runs with the truths of twin experiments, which all sets of observed
// components share.
import type { Run } from "../anneal/run.js";
import type { Observations } from "../observations.js";
import type { Verdict } from "../raw.js";
import type { Twin } from "../twin.js";

/**
 * Outcome of annealing the data of one twin with one set of components observed. `E` are the
 * estimated parameters.
 */
export interface TwinOutcome<E extends string = string> {
  /** Number of the twin, from 0. All sets have the same truth for the same number. */
  twin: number;
  /** True if the verdict is consistent and the truth was found: `stateError` is at most `near`. */
  success: boolean;
  /**
   * True if the verdict is consistent although the truth was not found: the data allow a wrong
   * path.
   */
  wrongButConsistent: boolean;
  /** Verdict of the run. */
  verdict: Verdict;
  /** Action of the best path. */
  level: number;
  /** Action that noise alone explains. */
  expectedLevel: number;
  /**
   * Action of the second level divided by that of the lowest; null if all starting paths that
   * reached the last rung ended at one level.
   */
  levelRatio: number | null;
  /** Share of the starting paths begun that ended at the lowest level, from 0 to 1. */
  atLowest: number;
  /**
   * Root mean square error of the unobserved states over the window, each divided by its standard
   * deviation; of all states if all are observed.
   */
  stateError: number;
  /** Root mean square error of these states, in their own unit. */
  stateErrorAbsolute: number;
  /** Estimated less true values of the parameters. */
  parameterErrors: Record<E, number>;
  /**
   * Skill of the prediction past the window: 1 less its mean square error divided by that of the
   * climatological mean. 1 is perfect, 0 as good as that mean, about -1 is that of an unrelated
   * state. Null if the prediction is not finite.
   */
  skill: number | null;
  /**
   * Time past the window until the prediction's error exceeds 0.4 standard deviations of the
   * states, in the model's unit of time; at most the time that is predicted.
   */
  validTime: number;
  /** Duration of the annealing, in seconds. */
  seconds: number;
}

/** Largest error of a valid prediction, in standard deviations of the states. */
const VALID = 0.4;

/**
 * Climatology: mean and standard deviation of each state over all truths, in the window and past
 * it.
 */
export interface Climatology {
  mean: number[];
  deviation: number[];
}

/** Computes the climatology of the truths of twins. */
export function climatologyOf(twins: readonly Twin<string>[], dimension: number): Climatology {
  const paths = twins.flatMap(({ truth, future }) => [truth, future]);
  const points = paths.reduce((sum, path) => sum + path.length, 0) / dimension;
  const meanOf = (state: number, of: (value: number) => number): number => {
    let sum = 0;
    for (const path of paths)
      for (let i = state; i < path.length; i += dimension) sum += of(path[i] as number);
    return sum / points;
  };
  const states = Array.from({ length: dimension }, (_, state) => state);
  const mean = states.map((state) => meanOf(state, (x) => x));
  const deviation = states.map((state) => {
    const centre = mean[state] as number;
    const spread = Math.sqrt(meanOf(state, (x) => (x - centre) ** 2));
    // A state that does not vary is measured by its size.
    return spread > 0 ? spread : Math.abs(centre) || 1;
  });
  return { mean, deviation };
}

/**
 * Selects the data of a set from the data of all components, so that a component has the same noise
 * in all sets.
 */
export function columnsOf(data: Observations, observed: readonly number[]): Observations {
  const width = data.observed.length;
  const at = observed.map((component) => data.observed.indexOf(component));
  const values = Float64Array.from(
    { length: data.points * at.length },
    (_, k) =>
      data.values[Math.floor(k / at.length) * width + (at[k % at.length] as number)] as number,
  );
  return { ...data, observed, values };
}

/** Twin with everything that a run is compared with. */
export interface Judging {
  twin: Twin<string>;
  /** Number of the twin, from 0. */
  number: number;
  /** Numbers of the observed components. */
  observed: readonly number[];
  climatology: Climatology;
  /** Largest `stateError` of a success. */
  near: number;
  /** Names of the estimated parameters. */
  estimated: readonly string[];
  /** Inputs of the model past the window; empty if it has none. */
  inputs: readonly number[];
}

/** Compares a run with the truth of its twin. */
export function judge(run: Run, seconds: number, judging: Judging): TwinOutcome {
  const { twin, number, observed, climatology, near, estimated } = judging;
  const dimension = climatology.mean.length;
  const all = Array.from({ length: dimension }, (_, state) => state);
  const hidden = all.filter((state) => !observed.includes(state));
  const judged = hidden.length > 0 ? hidden : all;
  const scale = (state: number): number => climatology.deviation[state] as number;
  const path = pathAt(run, twin.times, dimension);
  const stateError = rms(path, twin.truth, dimension, judged, scale);
  const isConsistent = run.verdict === "consistent";
  const [lowest, second] = run.levels;
  const truths: Readonly<Record<string, number>> = twin.parameters;
  const estimates: Readonly<Record<string, number>> = run.best.parameters;
  return {
    twin: number,
    success: isConsistent && stateError <= near,
    wrongButConsistent: isConsistent && !(stateError <= near),
    verdict: run.verdict,
    level: run.best.action,
    expectedLevel: run.expectedLevel,
    levelRatio: lowest && second && lowest.action > 0 ? second.action / lowest.action : null,
    atLowest: (lowest?.starts.length ?? 0) / run.rungTable.starts,
    stateError,
    stateErrorAbsolute: rms(path, twin.truth, dimension, judged, () => 1),
    parameterErrors: Object.fromEntries(
      estimated.map((name) => [name, (estimates[name] as number) - (truths[name] as number)]),
    ),
    ...prediction(run, judging),
    seconds,
  };
}

/** Skill and valid time of the prediction past the window. */
function prediction(
  run: Run,
  { twin, climatology, inputs }: Judging,
): Pick<TwinOutcome, "skill" | "validTime"> {
  const { future, futureTimes } = twin;
  const { timeStep } = twin.data;
  const dimension = climatology.mean.length;
  const until = futureTimes.at(-1) as number;
  let predicted: Float64Array;
  try {
    // Its first row is the window's last point.
    const { path } = run.predict({ until, ...(inputs.length > 0 && { inputs }) });
    predicted = path.subarray(dimension);
  } catch {
    // An estimate from which the model blows up predicts nothing.
    return { skill: null, validTime: 0 };
  }
  const steps = futureTimes.length;
  const square = (step: number, of: (i: number, state: number) => number): number => {
    let sum = 0;
    for (let state = 0; state < dimension; state += 1) {
      sum += (of(step * dimension + state, state) / (climatology.deviation[state] as number)) ** 2;
    }
    return sum / dimension;
  };
  let [missed, ofMean, valid] = [0, 0, steps];
  for (let step = steps - 1; step >= 0; step -= 1) {
    const error = square(step, (i) => (predicted[i] as number) - (future[i] as number));
    if (!(Math.sqrt(error) <= VALID)) valid = step;
    missed += error;
    ofMean += square(
      step,
      (i, state) => (climatology.mean[state] as number) - (future[i] as number),
    );
  }
  const skill = 1 - missed / ofMean;
  return { skill: Number.isFinite(skill) ? skill : null, validTime: valid * timeStep };
}

/** Rows of the best path at some of its times: its grid may have further points. */
function pathAt({ times, best }: Run, at: Float64Array, dimension: number): Float64Array {
  if (times.length === at.length) return best.path;
  const rows = new Map(Array.from(times, (time, row) => [time, row]));
  return Float64Array.from({ length: at.length * dimension }, (_, k) => {
    const row = rows.get(at[Math.floor(k / dimension)] as number) as number;
    return best.path[row * dimension + (k % dimension)] as number;
  });
}

/** Root mean square difference of two paths over some states, each divided by its scale. */
function rms(
  a: Float64Array,
  b: Float64Array,
  dimension: number,
  states: readonly number[],
  scale: (state: number) => number,
): number {
  let sum = 0;
  for (const state of states) {
    for (let i = state; i < a.length; i += dimension)
      sum += (((a[i] as number) - (b[i] as number)) / scale(state)) ** 2;
  }
  return Math.sqrt((sum * dimension) / (a.length * states.length));
}
