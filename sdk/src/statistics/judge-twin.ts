// Truths that all sets of observed components share, and how near to them an annealing run has
// come.
import type { Run } from "../anneal/run.js";
import type { Observations } from "../observations.js";
import type { Verdict } from "../raw.js";
import type { Twin } from "../twin.js";

/** What annealing one twin with one set observed has come to. */
export interface TwinOutcome<E extends string = string> {
  /** From 0. Its truth is that of the same number with any other set. */
  twin: number;
  /** Whether the verdict is consistent and the truth found: `stateError` is at most `near`. */
  success: boolean;
  /**
   * Whether the verdict is consistent although the truth was not found: the data allow a wrong
   * path.
   */
  wrongButConsistent: boolean;
  verdict: Verdict;
  /** The action of the best path, and what noise would make of it. */
  level: number;
  expectedLevel: number;
  /**
   * The action of the second level over that of the lowest; null if all starts that got to the last
   * rung ended at one level.
   */
  levelRatio: number | null;
  /** Starting paths that ended at the lowest level, as a share of those begun. */
  atLowest: number;
  /**
   * Root of the mean square error of the states that are not observed (of all, if all are), over
   * the window, each relative to how much it varies.
   */
  stateError: number;
  /** Root of the mean square error of the same, in their own unit. */
  stateErrorAbsolute: number;
  /** Estimates less truths. */
  parameterErrors: Record<E, number>;
  /**
   * 1 less the mean square error of the prediction past the window over that of the climatological
   * mean: 1 is perfect, 0 as good as that mean; a state that has nothing to do with the truth has
   * about -1. Null where the prediction is not finite.
   */
  skill: number | null;
  /**
   * Time past the window until the prediction's error, relative to how much states vary, is above
   * 0.4; at most as far as is predicted.
   */
  validTime: number;
  /** That annealing took. */
  seconds: number;
}

/** A prediction is valid as long as its error is below this share of the standard deviation. */
const VALID = 0.4;

/** Mean and standard deviation of each state over all truths, windows and what comes after them. */
export interface Climate {
  mean: number[];
  deviation: number[];
}

export function climateOf(twins: readonly Twin<string>[], dimension: number): Climate {
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
    // What does not vary is measured by its size.
    return spread > 0 ? spread : Math.abs(centre) || 1;
  });
  return { mean, deviation };
}

/**
 * The data of a set, from data of everything: so that a component has the same noise in all sets.
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

export interface Judging {
  twin: Twin<string>;
  number: number;
  observed: readonly number[];
  climate: Climate;
  /** The largest `stateError` of a success. */
  near: number;
  estimated: readonly string[];
  /** Of the model, past the window; empty if it has none. */
  inputs: readonly number[];
}

export function judge(run: Run, seconds: number, judging: Judging): TwinOutcome {
  const { twin, number, observed, climate, near, estimated } = judging;
  const dimension = climate.mean.length;
  const all = Array.from({ length: dimension }, (_, state) => state);
  const hidden = all.filter((state) => !observed.includes(state));
  const judged = hidden.length > 0 ? hidden : all;
  const scale = (state: number): number => climate.deviation[state] as number;
  const stateError = rms(run.best.path, twin.truth, dimension, judged, scale);
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
    stateErrorAbsolute: rms(run.best.path, twin.truth, dimension, judged, () => 1),
    parameterErrors: Object.fromEntries(
      estimated.map((name) => [name, (estimates[name] as number) - (truths[name] as number)]),
    ),
    ...prediction(run, judging),
    seconds,
  };
}

function prediction(
  run: Run,
  { twin, climate, inputs }: Judging,
): Pick<TwinOutcome, "skill" | "validTime"> {
  const { future, futureTimes } = twin;
  const { timeStep } = twin.data;
  const dimension = climate.mean.length;
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
      sum += (of(step * dimension + state, state) / (climate.deviation[state] as number)) ** 2;
    }
    return sum / dimension;
  };
  let [missed, ofMean, valid] = [0, 0, steps];
  for (let step = steps - 1; step >= 0; step -= 1) {
    const error = square(step, (i) => (predicted[i] as number) - (future[i] as number));
    if (!(Math.sqrt(error) <= VALID)) valid = step;
    missed += error;
    ofMean += square(step, (i, state) => (climate.mean[state] as number) - (future[i] as number));
  }
  const skill = 1 - missed / ofMean;
  return { skill: Number.isFinite(skill) ? skill : null, validTime: valid * timeStep };
}

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
