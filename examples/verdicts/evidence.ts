/**
 * Number of standard errors that the data of a twin carry against what was told: the largest of
 * plain tests of the residuals of the example's own fit, each as an equivalent normal variable.
 */
import type { Fit } from "./oracle.js";

/** A test and its equivalent normal variable; negative where a misfit is too small. */
export interface Test {
  name: "misfit" | "channel" | "correlation" | "offset" | "outlier" | "tails" | "prior";
  deviations: number;
}

/** Number of residuals of a channel below which they are not tested by themselves. */
const ENOUGH = 8;

/** All tests of a fit. */
export function testsOf(fit: Fit): Test[] {
  const { residuals, chiSquare, degreesOfFreedom } = fit;
  const tests: Test[] = [
    { name: "misfit", deviations: chiSquareDeviations(chiSquare, degreesOfFreedom) },
  ];
  const all = residuals.reduce((sum, channel) => sum + channel.length, 0);
  for (const channel of residuals) {
    const n = channel.length;
    if (n < ENOUGH) continue;
    const [sum, squares] = [
      channel.reduce((total, one) => total + one, 0),
      channel.reduce((total, one) => total + one * one, 0),
    ];
    const products = channel.reduce(
      (total, one, k) => total + (k === 0 ? 0 : one * (channel[k - 1] as number)),
      0,
    );
    // Each channel has paid its share of the unknowns.
    const free = (n * degreesOfFreedom) / all;
    tests.push(
      { name: "channel", deviations: chiSquareDeviations(squares, free) },
      { name: "correlation", deviations: (products / squares) * Math.sqrt(n) },
      { name: "offset", deviations: sum / Math.sqrt(n) },
    );
  }
  const largest = residuals.reduce(
    (most, channel) => channel.reduce((here, one) => Math.max(here, Math.abs(one)), most),
    0,
  );
  tests.push({ name: "outlier", deviations: largestDeviations(largest, all) });
  const together = residuals.flatMap((channel) => Array.from(channel));
  tests.push({ name: "tails", deviations: tailDeviations(together) });
  // The root of the likelihood ratio does not depend on the coordinate of the parameter, as the
  // distance in standard deviations does.
  if (fit.priorRise > 0) tests.push({ name: "prior", deviations: Math.sqrt(fit.priorRise) });
  return tests;
}

/** The test that objects most. */
export function strongest(tests: readonly Test[]): Test {
  return [...tests].sort((a, b) => Math.abs(b.deviations) - Math.abs(a.deviations))[0] as Test;
}

/**
 * Normal variable that is as improbable as this chi-square.
 *
 * Source: E. B. Wilson, M. M. Hilferty, Proc. Natl. Acad. Sci. 17 (1931), 684.
 */
export function chiSquareDeviations(chiSquare: number, degreesOfFreedom: number): number {
  if (degreesOfFreedom <= 0) return 0;
  const variance = 2 / (9 * degreesOfFreedom);
  return (Math.cbrt(chiSquare / degreesOfFreedom) - (1 - variance)) / Math.sqrt(variance);
}

/**
 * Normal variable that is as improbable as the kurtosis of these numbers; 0 for fewer than twenty.
 *
 * Source: F. J. Anscombe, W. J. Glynn, Biometrika 70 (1983), 227.
 */
export function tailDeviations(numbers: readonly number[]): number {
  const n = numbers.length;
  if (n < 20) return 0;
  const mean = numbers.reduce((sum, one) => sum + one, 0) / n;
  const moment = (power: number): number =>
    numbers.reduce((sum, one) => sum + (one - mean) ** power, 0) / n;
  const kurtosis = moment(4) / moment(2) ** 2;
  const variance = (24 * n * (n - 2) * (n - 3)) / ((n + 1) ** 2 * (n + 3) * (n + 5));
  const x = (kurtosis - (3 * (n - 1)) / (n + 1)) / Math.sqrt(variance);
  const skew =
    ((6 * (n * n - 5 * n + 2)) / ((n + 7) * (n + 9))) *
    Math.sqrt((6 * (n + 3) * (n + 5)) / (n * (n - 2) * (n - 3)));
  const a = 6 + (8 / skew) * (2 / skew + Math.sqrt(1 + 4 / skew ** 2));
  const root = Math.cbrt((1 - 2 / a) / (1 + x * Math.sqrt(2 / (a - 4))));
  return (1 - 2 / (9 * a) - root) / Math.sqrt(2 / (9 * a));
}

/** Normal variable that is as improbable, on both sides, as the largest of `count` normal ones. */
export function largestDeviations(largest: number, count: number): number {
  const probability = Math.min(1, count * tail(largest));
  let [low, high] = [0, 40];
  for (let k = 0; k < 60; k++) {
    const middle = (low + high) / 2;
    if (tail(middle) > probability) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * Probability that a normal variable is further from 0 than `x`, to seven digits: the complementary
 * error function by Chebyshev's expansion of W. H. Press et al., Numerical Recipes, 6.2.
 */
export function tail(x: number): number {
  const z = x / Math.SQRT2;
  const t = 1 / (1 + z / 2);
  const coefficients = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398,
    1.48851587, -0.82215223, 0.17087277,
  ];
  const sum = coefficients.reduceRight((total, one) => total * t + one, 0);
  return t * Math.exp(-z * z + sum);
}
