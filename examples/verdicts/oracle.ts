/**
 * The example's own fit of the told model: least squares over first state and parameters, by
 * Levenberg's and Marquardt's method from the truth, with the truth's integrator. From its
 * residuals the example knows how much the data of a twin say against what was told.
 */
import { ratesOf } from "./equations.js";
import { integrate } from "./integrator.js";
import { timesOf, type Twin } from "./twin.js";

/** A fit of the told model. */
export interface Fit {
  /** Standardised residuals by channel, in the order of time, as the told noise has it. */
  residuals: Float64Array[];
  chiSquare: number;
  degreesOfFreedom: number;
  /** Estimated parameters, and their standard deviations; NaN where the data leave them open. */
  parameters: Record<string, { value: number; deviation: number }>;
  /** Rise of chi-square from this fit, which knows no priors, to the fit with them; 0 without. */
  priorRise: number;
}

const MOST_ITERATIONS = 60;

/** Relative size of the differences by which the fit takes derivatives. */
const DIFFERENCE = 1e-5;

/** The fit of least chi-square among those from the given starts; undefined if all fail. */
export function fitTold(
  twin: Twin,
  values: Float64Array,
  starts: readonly { parameters: Record<string, number>; first: readonly number[] }[],
): Fit | undefined {
  const best = (hasPriors: boolean): Fit | undefined =>
    starts
      .map((start) => fitFrom(twin, values, start, hasPriors))
      .filter((fit) => fit !== null)
      .sort((a, b) => a.chiSquare - b.chiSquare)[0];
  const fit = best(false);
  if (fit === undefined || Object.values(twin.estimate).every(({ prior }) => prior === undefined))
    return fit;
  const withPriors = best(true);
  return withPriors && { ...fit, priorRise: Math.max(0, withPriors.chiSquare - fit.chiSquare) };
}

function fitFrom(
  twin: Twin,
  values: Float64Array,
  start: { parameters: Record<string, number>; first: readonly number[] },
  hasPriors: boolean,
): Fit | null {
  const names = Object.keys(twin.estimate);
  const first = twin.isFirstKnown ? [] : start.first;
  let unknowns = Float64Array.from([
    ...names.map((name) => start.parameters[name] ?? (twin.parameters[name] as number)),
    ...first,
  ]);
  const scales = unknowns.map((one) => Math.max(Math.abs(one), 1e-3));
  const residualsAt = residualsOf(twin, values, names, hasPriors);
  let here = residualsAt(unknowns);
  let best = sumOfSquares(here);
  if (!Number.isFinite(best)) return null;
  let damping = 1e-3;
  let matrix = normalMatrix(jacobian(residualsAt, unknowns, scales, here.length));
  for (let k = 0; k < MOST_ITERATIONS; k++) {
    const rows = jacobian(residualsAt, unknowns, scales, here.length);
    matrix = normalMatrix(rows);
    const gradient = rows.map((row) =>
      row.reduce((sum, one, i) => sum + one * (here[i] as number), 0),
    );
    let gain = 0;
    for (; damping < 1e12; damping *= 8) {
      const damped = matrix.map((row, i) =>
        row.map((one, j) => (i === j ? one * (1 + damping) + 1e-30 : one)),
      );
      const step = solved(damped, gradient);
      const next = unknowns.map((one, i) => one - (step[i] as number) * (scales[i] as number));
      const there = residualsAt(next);
      const value = sumOfSquares(there);
      if (value < best) {
        gain = best - value;
        [unknowns, here, best] = [next, there, value];
        damping = Math.max(damping / 10, 1e-12);
        break;
      }
    }
    if (gain <= 1e-7 * Math.max(best, 1e-6)) break;
  }
  const covariance = inverse(matrix);
  const parameters = names.map((name, i) => {
    const variance = covariance[i]?.[i] ?? NaN;
    const deviation = variance > 0 ? Math.sqrt(variance) * (scales[i] as number) : NaN;
    return [name, { value: unknowns[i] as number, deviation }] as const;
  });
  const width = twin.observed.length;
  return {
    residuals: twin.observed.map((_, k) => here.filter((_, i) => i % width === k)),
    chiSquare: best,
    degreesOfFreedom: here.length - unknowns.length,
    parameters: Object.fromEntries(parameters),
    priorRise: 0,
  };
}

/**
 * Standardised residuals of the measurements, and after them those of the priors if they are
 * wanted, as a function of parameters and first state.
 */
function residualsOf(
  twin: Twin,
  values: Float64Array,
  names: readonly string[],
  hasPriors: boolean,
): (unknowns: Float64Array) => Float64Array {
  const { states, observed, deviations, truth } = twin;
  const parameters = { ...twin.parameters };
  const rates = ratesOf(states, twin.equations, parameters);
  const [width, places] = [observed.length, observed.map((state) => states.indexOf(state))];
  const rows = Array.from({ length: twin.points }, (_, n) => n).filter(
    (n) => !Number.isNaN(values[n * width] as number),
  );
  const all = timesOf(twin);
  return (unknowns) => {
    names.forEach((name, i) => (parameters[name] = unknowns[i] as number));
    const first = twin.isFirstKnown ? truth.first : unknowns.subarray(names.length);
    // A jump is met exactly, wherever the parameters put it.
    const jumps = names.includes("until") ? [parameters.until as number] : [];
    const measured = rows.map((n) => all[n] as number);
    const times = [...new Set([0, ...measured, ...jumps.filter((t) => t > 0)])].sort(
      (a, b) => a - b,
    );
    const path = integrate(rates, first, times, 1e-10);
    const at = new Map(times.map((t, k) => [t, k]));
    const priors = names.flatMap((name, i) => {
      const prior = twin.estimate[name]?.prior;
      return hasPriors && prior ? [((unknowns[i] as number) - prior.mean) / prior.deviation] : [];
    });
    const errors = Array.from({ length: rows.length * width }, (_, i) => {
      const [row, k] = [Math.floor(i / width), i % width];
      const place = (at.get(measured[row] as number) as number) * states.length;
      const model = path[place + (places[k] as number)] as number;
      const value = values[(rows[row] as number) * width + k] as number;
      return (model - value) / (deviations[k] as number);
    });
    return Float64Array.from([...errors, ...priors]);
  };
}

const sumOfSquares = (of: Float64Array): number => of.reduce((sum, one) => sum + one * one, 0);

/** Derivatives of the residuals in the scaled unknowns, one row per unknown. */
function jacobian(
  residualsAt: (unknowns: Float64Array) => Float64Array,
  unknowns: Float64Array,
  scales: Float64Array,
  length: number,
): Float64Array[] {
  return Array.from(unknowns, (one, i) => {
    const sides = [1, -1].map((side) => {
      const moved = Float64Array.from(unknowns);
      moved[i] = one + side * DIFFERENCE * (scales[i] as number);
      return residualsAt(moved);
    }) as [Float64Array, Float64Array];
    return Float64Array.from(
      { length },
      (_, k) => ((sides[0][k] as number) - (sides[1][k] as number)) / (2 * DIFFERENCE),
    );
  });
}

function normalMatrix(rows: readonly Float64Array[]): number[][] {
  return rows.map((a) =>
    rows.map((b) => a.reduce((sum, one, k) => sum + one * (b[k] as number), 0)),
  );
}

/** Solution of a positive definite system by Gauss's elimination with pivots. */
export function solved(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i] as number]);
  const n = rows.length;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++)
      if (Math.abs(at(rows, i, k)) > Math.abs(at(rows, pivot, k))) pivot = i;
    [rows[k], rows[pivot]] = [rows[pivot] as number[], rows[k] as number[]];
    for (let i = k + 1; i < n; i++) {
      const factor = at(rows, i, k) / at(rows, k, k);
      for (let j = k; j <= n; j++)
        (rows[i] as number[])[j] = at(rows, i, j) - factor * at(rows, k, j);
    }
  }
  const solution = new Array<number>(n).fill(0);
  for (let k = n - 1; k >= 0; k--) {
    let sum = at(rows, k, n);
    for (let j = k + 1; j < n; j++) sum -= at(rows, k, j) * (solution[j] as number);
    solution[k] = sum / at(rows, k, k);
  }
  return solution;
}

const at = (rows: readonly (readonly number[])[], i: number, j: number): number =>
  rows[i]?.[j] as number;

function inverse(matrix: readonly (readonly number[])[]): number[][] {
  const columns = matrix.map((_, k) =>
    solved(
      matrix,
      matrix.map((_, i) => (i === k ? 1 : 0)),
    ),
  );
  return matrix.map((_, i) => columns.map((column) => column[i] as number));
}
