/**
 * The posterior that Stan found for the same data and equations: B. Carpenter, "Predator-prey
 * population dynamics: the Lotka-Volterra model in Stan", 2018. Means and standard deviations are
 * those of the 10,000 reference draws of "hudson_lynx_hare-lotka_volterra" in posteriordb (M.
 * Magnusson et al., 2023); its files mean_value and mean_squared_value give the same numbers.
 */
export const published = {
  alpha: { mean: 0.546864, deviation: 0.063055 },
  beta: { mean: 0.0277473, deviation: 0.0041547 },
  gamma: { mean: 0.800095, deviation: 0.08937 },
  delta: { mean: 0.0240859, deviation: 0.0035281 },
  /** First state of the hares in 1900, in thousands of pelts. */
  firstHare: { mean: 34.0352, deviation: 2.9169 },
  firstLynx: { mean: 5.9359, deviation: 0.53055 },
  /** Standard deviation of the logarithm of the pelts about the solution. */
  noiseHare: { mean: 0.248057, deviation: 0.043263 },
  noiseLynx: { mean: 0.251017, deviation: 0.04359 },
} as const;
