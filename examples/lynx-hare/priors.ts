/** Stan's priors for the logarithms of the populations, and ranges of starts. */

/** A rate cannot be negative. */
const rate = {
  initial: [0.1, 1.5],
  bounds: [0, Infinity],
  prior: { mean: 1, deviation: 0.5 },
} as const;
const perPelts = {
  initial: [0.005, 0.1],
  bounds: [0, Infinity],
  prior: { mean: 0.05, deviation: 0.05 },
} as const;

/** Estimates of the four rates. */
export const estimate = { alpha: rate, beta: perPelts, gamma: rate, delta: perPelts };

/** Logarithm of either population in 1900, in thousands of pelts. */
export const first = { mean: Math.log(10), deviation: 1 };
