/** Influenza in a boarding school, 1978: boys in bed on 14 days, by three laws of the counts. */
import { anneal, defineModel, observations, type Run, samplePosterior } from "least-action";
import { random } from "../random.js";
import { integrate } from "../verdicts/integrator.js";
import { metropolis } from "./metropolis.js";

/**
 * Boys in bed on days 1 to 14, of 763.
 *
 * Source: British Medical Journal, 4 March 1978, p. 587.
 */
export const inBed = [3, 8, 26, 76, 225, 298, 258, 233, 189, 128, 68, 29, 14, 4];
const BOYS = 763;

const model = defineModel({
  states: ["S", "I"],
  parameters: { beta: 2, gamma: 0.5 },
  equations: {
    S: `-beta*S*I/${BOYS}`,
    I: `beta*S*I/${BOYS} - gamma*I`,
  },
});

/** Priors of the case study that is compared with. */
const estimate = {
  beta: { initial: [1, 3], bounds: [0, Infinity], prior: { mean: 2, deviation: 1 } },
  gamma: { initial: [0.2, 1], bounds: [0, Infinity], prior: { mean: 0.4, deviation: 0.5 } },
} as const;

export const laws = {
  normal: { I: "estimate" },
  Poisson: { I: { family: "poisson" } },
  "negative binomial": { I: { family: "negative-binomial" } },
} as const;
export type Law = keyof typeof laws;

export interface Found {
  run: Run<"beta" | "gamma", never>;
  /** Mean and standard deviation of beta and gamma. */
  sampled: { mean: number; deviation: number }[];
  /** Those by a random walk, made in the same minute. */
  walked: { mean: number; deviation: number }[];
}

export async function influenza(law: Law, draws: number, signal?: AbortSignal): Promise<Found> {
  const data = observations({
    model,
    times: [0, ...inBed.map((_, day) => day + 1)],
    timeStep: 0.5,
    values: { I: [NaN, ...inBed] },
  });
  const run = await anneal({
    model,
    data,
    noise: laws[law],
    estimate,
    firstState: { S: BOYS - 1, I: 1 },
    ...(signal && { signal }),
  });
  const posterior = await samplePosterior({
    run,
    chains: 4,
    draws,
    warmup: 500,
    seed: 1,
    ...(signal && { signal }),
  });
  const sampled = (["beta", "gamma"] as const).map((name) => {
    const { value, deviation } = posterior.expected((_, parameters) => parameters[name]);
    return { mean: value, deviation };
  });
  return { run, sampled, walked: walk(law, 40 * draws) };
}

/** Random walk over beta, gamma and the logarithm of the noise, along exact solutions. */
function walk(law: Law, steps: number) {
  const times = [0, ...inBed.map((_, day) => day + 1)];
  const logDensity = ([beta = NaN, gamma = NaN, scale = NaN]: Float64Array): number => {
    if (!(beta > 0 && gamma > 0)) return -Infinity;
    const rates = (_: number, x: Float64Array, to: Float64Array): void => {
      const infections = (beta * (x[0] as number) * (x[1] as number)) / BOYS;
      to[0] = -infections;
      to[1] = infections - gamma * (x[1] as number);
    };
    const path = integrate(rates, [BOYS - 1, 1], times, 1e-6);
    const prior = -0.5 * ((beta - 2) ** 2 + ((gamma - 0.4) / 0.5) ** 2);
    return inBed.reduce(
      (sum, count, day) => sum + logLikelihood(law, count, path[2 * day + 3] as number, scale),
      prior,
    );
  };
  const start = { normal: Math.log(18), Poisson: 0, "negative binomial": Math.log(0.08) };
  return metropolis(logDensity, [1.7, 0.48, start[law]], [0.03, 0.025, 0.3], steps, random(5));
}

/** Logarithm of the probability of a count, without what depends on the count alone. */
function logLikelihood(law: Law, count: number, mean: number, scale: number): number {
  switch (law) {
    case "normal":
      return -scale - 0.5 * ((count - mean) / Math.exp(scale)) ** 2;
    case "Poisson":
      return count * Math.log(mean) - mean;
    case "negative binomial": {
      // The variance is mean + dispersion mean^2; the density in the logarithm is flat.
      const size = Math.exp(-scale);
      let sum = size * Math.log(size / (size + mean)) + count * Math.log(mean / (size + mean));
      for (let k = 0; k < count; k++) sum += Math.log(size + k);
      return sum;
    }
  }
}
