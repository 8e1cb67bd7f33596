/**
 * The truth's own integrator, which shares nothing with the library: Gragg's modified midpoint rule
 * with extrapolation by Bulirsch and Stoer, of order 16, with steps of its own choice.
 *
 * Source: E. Hairer, S. P. Norsett, G. Wanner, Solving Ordinary Differential Equations I, II.9.
 */

/** Writes the rates of change of state `x` at time `t` into `rates`. */
export type Rates = (t: number, x: Float64Array, rates: Float64Array) => void;

/** Numbers of substeps of the extrapolation. */
const SUBSTEPS = [2, 4, 6, 8, 10, 12, 14, 16];

/** Number of steps from one time to the next after which the solution counts as lost. */
const MOST_STEPS = 2000;

/**
 * Solution at the given times.
 *
 * @param times ascending; the first one is that of `initial`.
 * @param tolerance error per step, relative to the state's largest component so far.
 * @returns times x dimension, row by row; NaN from where the solution could not be continued.
 */
export function integrate(
  rates: Rates,
  initial: ArrayLike<number>,
  times: ArrayLike<number>,
  tolerance = 1e-11,
): Float64Array {
  const dimension = initial.length;
  const path = new Float64Array(times.length * dimension).fill(NaN);
  let x: Float64Array = Float64Array.from(initial);
  path.set(x);
  const scale = x.map((one) => Math.max(Math.abs(one), 1e-12));
  let step = Infinity;
  for (let n = 1; n < times.length; n++) {
    let t = times[n - 1] as number;
    const end = times[n] as number;
    for (let count = 0; t < end; count++) {
      if (count === MOST_STEPS) return path;
      const h = Math.min(step, end - t);
      const { next, error } = extrapolated(rates, t, x, h, scale);
      if (error <= tolerance) {
        x = next;
        // The end is met exactly, or rounding would add a step of nothing.
        t = h === end - t ? end : t + h;
        x.forEach((one, k) => (scale[k] = Math.max(scale[k] as number, Math.abs(one))));
        if (error < 0.01 * tolerance) step = Math.max(step === Infinity ? 0 : step, 1.5 * h);
      } else {
        step = h / 2;
      }
    }
    path.set(x, n * dimension);
  }
  return path;
}

/** One step of length `h`, with an estimate of its error relative to `scale`. */
function extrapolated(
  rates: Rates,
  t: number,
  x: Float64Array,
  h: number,
  scale: Float64Array,
): { next: Float64Array; error: number } {
  let above: Float64Array[] = [];
  for (const [j, substeps] of SUBSTEPS.entries()) {
    const row = [midpoint(rates, t, x, h, substeps)];
    for (let k = 1; k <= j; k++) {
      const ratio = (substeps / (SUBSTEPS[j - k] as number)) ** 2 - 1;
      const [fine, coarse] = [row[k - 1] as Float64Array, above[k - 1] as Float64Array];
      row.push(fine.map((one, i) => one + (one - (coarse[i] as number)) / ratio));
    }
    above = row;
  }
  const [next, before] = [above.at(-1) as Float64Array, above.at(-2) as Float64Array];
  const error = next.reduce((most, one, i) => {
    const relative = Math.abs(one - (before[i] as number)) / (scale[i] as number);
    return Number.isFinite(relative) ? Math.max(most, relative) : Infinity;
  }, 0);
  return { next, error };
}

/** Gragg's modified midpoint rule. */
function midpoint(
  rates: Rates,
  t: number,
  x: Float64Array,
  h: number,
  substeps: number,
): Float64Array {
  const d = h / substeps;
  const slope = new Float64Array(x.length);
  rates(t, x, slope);
  let before = Float64Array.from(x);
  let here = x.map((one, i) => one + d * (slope[i] as number));
  for (let k = 1; k < substeps; k++) {
    rates(t + k * d, here, slope);
    const next = before.map((one, i) => one + 2 * d * (slope[i] as number));
    [before, here] = [here, next];
  }
  rates(t + h, here, slope);
  return here.map((one, i) => (one + (before[i] as number) + d * (slope[i] as number)) / 2);
}
