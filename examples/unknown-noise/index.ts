/**
 * Noise that nobody states: it is estimated with everything else. Lynx and hare beside Stan's
 * posterior, and influenza in a boarding school by three laws of the counts, beside a random walk
 * that is made in the same run and beside a published posterior.
 */
import { readFile } from "node:fs/promises";
import {
  anneal,
  init,
  logLotkaVolterra,
  observations,
  readCsv,
  samplePosterior,
} from "least-action";
import { estimate, first } from "../lynx-hare/priors.js";
import { published as stan } from "../lynx-hare/published.js";
import type { Outcome, Settings } from "../outcome.js";
import { heading, progressBar, table } from "../terminal.js";
import { influenza, type Law, laws } from "./influenza.js";

/**
 * Posterior of the negative binomial model.
 *
 * Source: L. Grinsztajn, E. Semenova, C. C. Margossian, J. Riou, "Bayesian workflow for disease
 * transmission modeling in Stan", Statistics in Medicine 40, 2021.
 */
const PUBLISHED = { beta: { mean: 1.73, deviation: 0.05 }, gamma: { mean: 0.54, deviation: 0.05 } };

export async function unknownNoise({ size, signal }: Settings = {}): Promise<Outcome> {
  const isSmall = (size?.rungs ?? 13) < 13;
  await init();
  const pelts = await lynxAndHare(isSmall ? 100 : 2000, signal);
  const school = await boardingSchool(isSmall ? 100 : 1000, signal);
  return { pictures: {}, checks: [...pelts, ...school] };
}

/** Stan's prior of a noise: its logarithm is about -1. */
const noise = { deviation: { initial: [0.1, 0.6], prior: { mean: -1, deviation: 1 } } } as const;

async function lynxAndHare(draws: number, signal?: AbortSignal): Promise<Outcome["checks"]> {
  heading("Lynx and hare: the noise of both species is estimated");
  const csv = readCsv(
    await readFile(new URL("../lynx-hare/lynx-hare.csv", import.meta.url), "utf8"),
  );
  const model = logLotkaVolterra();
  const logs = (column: string): Float64Array => csv.column(column).map(Math.log);
  const run = await anneal({
    model,
    data: observations({
      model,
      times: csv.column("year"),
      values: { logPrey: logs("hare"), logPredator: logs("lynx") },
      timeStep: 1 / 4,
    }),
    noise: { logPrey: noise, logPredator: noise },
    estimate,
    firstState: { logPrey: first, logPredator: first },
    ...(signal && { signal }),
  });
  const bar = progressBar("Monte Carlo", "percent");
  const posterior = await samplePosterior({
    run,
    chains: 4,
    draws,
    warmup: 600,
    targetAcceptance: 0.9,
    seed: 1,
    onProgress: ({ share }) => bar.update(Math.round(100 * share), 100),
    ...(signal && { signal }),
  }).finally(() => bar.stop());
  const rows = [
    ...(["alpha", "beta", "gamma", "delta"] as const).map((name) => ({
      name,
      found: posterior.expected((_, parameters) => parameters[name]),
      ...stan[name],
    })),
    {
      name: "hares in 1900",
      found: posterior.expected((path) => Math.exp(path[0] as number)),
      ...stan.firstHare,
    },
    {
      name: "lynx in 1900",
      found: posterior.expected((path) => Math.exp(path[1] as number)),
      ...stan.firstLynx,
    },
  ];
  table(
    ["", "Stan", "sd", "here", "sd", "difference / sd", "ratio of sd"],
    rows.map(({ name, found, mean, deviation }) => [
      name,
      mean.toPrecision(4),
      deviation.toPrecision(3),
      found.value.toPrecision(4),
      found.deviation.toPrecision(3),
      ((found.value - mean) / deviation).toFixed(3),
      (found.deviation / deviation).toFixed(3),
    ]),
  );
  for (const [channel, published] of [
    ["logPrey", stan.noiseHare],
    ["logPredator", stan.noiseLynx],
  ] as const) {
    const own = run.noise[channel]?.deviation;
    const [low, high] = own?.interval ?? [NaN, NaN];
    console.log(
      `noise of ${channel}: ${own?.value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)}) by ` +
        `restricted likelihood; Stan's mean is ${published.mean.toFixed(3)}`,
    );
  }
  console.log(posterior.diagnose());
  const off = rows.map(({ found, mean, deviation }) => Math.abs(found.value - mean) / deviation);
  const wide = rows.map(({ found, deviation }) => Math.abs(found.deviation / deviation - 1));
  return [
    {
      claim: "all means are within 0.1 of Stan's posterior deviations",
      holds: Math.max(...off) < 0.1,
    },
    { claim: "all deviations are within 5 % of Stan's", holds: Math.max(...wide) < 0.05 },
  ];
}

async function boardingSchool(draws: number, signal?: AbortSignal): Promise<Outcome["checks"]> {
  heading("Influenza in a boarding school, 1978: 763 boys, by three laws of the counts");
  const checks: Outcome["checks"] = [];
  const rows: string[][] = [];
  for (const law of Object.keys(laws) as Law[]) {
    const { run, sampled, walked } = await influenza(law, draws, signal);
    const numbers = (["beta", "gamma"] as const).flatMap((_, k) =>
      [sampled[k], walked[k]].map(
        (one) => `${one?.mean.toFixed(4)} ± ${one?.deviation.toFixed(4)}`,
      ),
    );
    rows.push([law, run.verdict, ...numbers]);
    const off = sampled.map(
      ({ mean }, k) => Math.abs(mean - (walked[k]?.mean ?? NaN)) / (walked[k]?.deviation ?? NaN),
    );
    checks.push({
      claim: `${law}: means agree with a random walk to 0.15 deviations`,
      holds: Math.max(...off) < 0.15,
    });
    if (law === "Poisson")
      checks.push({
        claim: "the counts scatter more than a Poisson law allows, and the verdict says so",
        holds: run.verdict === "inconsistent",
      });
    if (law === "negative binomial")
      checks.push({
        claim: "negative binomial: beta and gamma are those of the published posterior",
        holds: (["beta", "gamma"] as const).every((name, k) => {
          const { mean, deviation } = PUBLISHED[name];
          return Math.abs((sampled[k]?.mean ?? NaN) - mean) < 0.2 * deviation;
        }),
      });
  }
  table(["law", "verdict", "beta", "random walk", "gamma", "random walk"], rows);
  console.log(
    `\nPublished for the negative binomial law: beta ${PUBLISHED.beta.mean} ± ` +
      `${PUBLISHED.beta.deviation}, gamma ${PUBLISHED.gamma.mean} ± ${PUBLISHED.gamma.deviation}.`,
  );
  return checks;
}
