// Estimated noise at the face of a posterior: by channel and part, as `run.noise` has it.
import type { RunParts } from "../anneal/run-parts.js";
import type { NoiseEstimate, NoiseFamily } from "../raw.js";

/** Noise of a measured channel, with what a posterior tells of each estimated number. */
export interface NoiseOfPosterior<P> {
  /** Law of the noise. */
  family: NoiseFamily;
  /** Standard deviation; absent where it is known or there is none. */
  deviation?: P;
  /** Standard deviation as a share of the prediction; absent where it is known or there is none. */
  proportional?: P;
  /** Dispersion of counts; absent where it is known or there is none. */
  dispersion?: P;
  /** Parameters of a law of the user's own, by name; empty for others. */
  parameters: Record<string, P>;
}

/** Draws of an estimated number of the noise. */
export interface SampledNoise {
  /** Draws, chains x draws. */
  draws: Float64Array;
  /** Mean of the draws. */
  mean: number;
  /** Standard deviation of the draws. */
  deviation: number;
  /** Interval that holds 95 % of the draws, with as many below as above. */
  interval: readonly [number, number];
}

/** Estimated number of the noise by Laplace's method, in which its logarithm is normal. */
export interface GaussianNoise {
  /** Median. */
  value: number;
  /** Standard deviation of the natural logarithm: about the relative error. */
  logDeviation: number;
  /** Interval that holds the number with a probability of 95 %. */
  interval: readonly [number, number];
}

/**
 * Makes the noise of all channels: `of` gives what is known of the logarithm with this number among
 * the unknowns of the noise.
 */
export function noiseByChannel<P>(
  { noise }: RunParts,
  of: (unknown: number) => P,
): Record<string, NoiseOfPosterior<P>> {
  const part = (name: "deviation" | "proportional" | "dispersion", one: NoiseEstimate): object => {
    const found = one[name];
    return found === undefined || found === null ? {} : { [name]: of(found.unknown) };
  };
  return Object.fromEntries(
    noise.map((one) => [
      one.name,
      {
        family: one.family,
        ...part("deviation", one),
        ...part("proportional", one),
        ...part("dispersion", one),
        parameters: Object.fromEntries(
          Object.entries(one.parameters).map(([name, { unknown }]) => [name, of(unknown)]),
        ),
      },
    ]),
  );
}

/** Summary of draws of a number. */
export function sampledNoise(draws: Float64Array): SampledNoise {
  const sorted = draws.slice().sort();
  const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
  const squares = draws.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const quantile = (share: number): number => {
    const place = share * (sorted.length - 1);
    const [low, high] = [Math.floor(place), Math.ceil(place)].map((k) => sorted[k] as number);
    return (low as number) + (place % 1) * ((high as number) - (low as number));
  };
  return {
    draws,
    mean,
    deviation: Math.sqrt(squares / Math.max(1, draws.length - 1)),
    interval: [quantile(0.025), quantile(0.975)],
  };
}
