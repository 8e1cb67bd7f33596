/**
 * Twins whose truth makes errors of a known size on every step, and the share of such a truth that
 * bands hold.
 */
import {
  anneal,
  integrate,
  lorenz96,
  twinExperiment,
  type Observations,
  type Run,
  type Uncertainty,
} from "least-action";
import { random } from "../random.js";

export const dimension = 20;
export const timeStep = 0.025;
export const noise = 0.5;
export const measurementPrecision = 1 / noise ** 2;
export const observed = [0, 1, 3, 5, 6, 8, 10, 11, 13, 15, 16, 18];
export const forcing = 8.17;

export interface TruthAndRun {
  truth: Float64Array;
  data: Observations;
  run: Run<"forcing">;
}

/**
 * A truth, its data, and the path of least action.
 *
 * @param errors R_f of the truth: each step is followed by a normal error of variance 1 / R_f;
 *   Infinity for none.
 */
export async function fitOf(
  seed: number,
  points: number,
  errors: number,
  signal?: AbortSignal,
): Promise<TruthAndRun> {
  const model = lorenz96({ dimension });
  const parameters = { forcing };
  const twin = twinExperiment({ model, parameters, timeStep, points, observed, noise, seed });
  const exact = errors === Infinity;
  const { truth, data } = exact
    ? twin
    : withErrors(twin.truth.subarray(0, dimension), twin.data, errors, seed);
  const run = await anneal({
    model,
    data,
    measurementPrecision,
    // In this normalisation R_f is one over the variance of a step's error; in the other one it is
    // multiplied by the number of measurements over that of residuals.
    normalization: "posterior",
    // Steps are explicit, so exp(-A) is the density of a model with errors.
    discretization: "rk4",
    // The ladder ends at the R_f of the errors, as such a truth obeys the model no better.
    ...(!exact && { modelPrecision: { initial: errors / 4 ** 6, factor: 4, rungs: 7 } }),
    estimate: { forcing: { initial: [6, 10] } },
    ...(signal && { signal }),
  });
  return { truth, data, run };
}

function withErrors(initial: Float64Array, data: Observations, errors: number, seed: number) {
  const model = lorenz96({ dimension });
  const { normal } = random(seed);
  const { points } = data;
  const truth = new Float64Array(points * dimension);
  let state = Float64Array.from(initial);
  truth.set(state);
  for (let n = 1; n < points; n++) {
    const { path } = integrate({
      model,
      parameters: { forcing },
      initialState: state,
      timeStep,
      points: 2,
    });
    state = path.slice(dimension).map((x) => x + normal() / Math.sqrt(errors));
    truth.set(state, n * dimension);
  }
  const values = Float64Array.from({ length: points * observed.length }, (_, i) => {
    const n = Math.floor(i / observed.length);
    return (
      (truth[n * dimension + (observed[i % observed.length] as number)] as number) +
      noise * normal()
    );
  });
  return { truth, data: { ...data, values } };
}

/** Groups of components, whose bands are counted apart. */
export const groups = ["observed", "never observed"] as const;
export type Group = (typeof groups)[number];
const columns = new Set(observed);
export const groupOf = (unknown: number): Group =>
  columns.has(unknown % dimension) ? "observed" : "never observed";

/** The share of states that lie within their bands. */
export function coverage(
  truth: Float64Array,
  certain: Uncertainty<"forcing">,
  share: number,
): Record<Group, number> {
  const { lower, upper } = certain.band(share);
  const within = { observed: 0, "never observed": 0 };
  const all = { observed: 0, "never observed": 0 };
  truth.forEach((x, i) => {
    const group = groupOf(i);
    all[group]++;
    if ((lower[i] as number) <= x && x <= (upper[i] as number)) within[group]++;
  });
  return {
    observed: within.observed / all.observed,
    "never observed": within["never observed"] / all["never observed"],
  };
}
