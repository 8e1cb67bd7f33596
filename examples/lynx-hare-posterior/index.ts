/**
 * Uncertainty of the parameters of 21 years of pelts: Laplace's method and Hamiltonian Monte Carlo
 * over the whole path, beside the posterior that Stan found for the same data, equations and priors
 * (B. Carpenter, "Predator-prey population dynamics: the Lotka-Volterra model in Stan", 2018).
 */
import { readFile } from "node:fs/promises";
import {
  anneal,
  init,
  logLotkaVolterra,
  observations,
  readCsv,
  type SampledPosterior,
  samplePosterior,
  type Uncertainty,
} from "least-action";
import { estimate, first } from "../lynx-hare/priors.js";
import { published } from "../lynx-hare/published.js";
import { component, type Outcome, type Settings } from "../outcome.js";
import { drawDensities } from "../pictures/densities.js";
import { drawSeries } from "../pictures/series.js";
import { heading, progressBar, table } from "../terminal.js";

/**
 * Standard deviation of the logarithm of the pelts, assumed known. Stan estimates it as 0.25 +-
 * 0.04 for either species.
 */
const noise = 0.25;
const stepsPerYear = 4;
/** R_f at which the posterior is sampled. It allows for model errors of 1 % a step. */
const sampledAt = 1e4;
const precisions = [1e3, sampledAt, 1e5, 1e6];

type Name = keyof typeof estimate;
const names = Object.keys(estimate) as Name[];
type Parameters = Record<Name, number>;

const parameterLabels: Record<Name, string> = {
  alpha: "alpha, growth of hares (1/year)",
  beta: "beta, hares lost per thousand lynx (1/year)",
  gamma: "gamma, decline of lynx (1/year)",
  delta: "delta, lynx gained per thousand hares (1/year)",
};

const quantities = [
  ...names.map((name) => ({
    label: parameterLabels[name],
    of: (_: Float64Array, parameters: Parameters) => parameters[name],
    stan: published[name],
  })),
  {
    label: "hares in 1900 (thousands of pelts)",
    of: (path: Float64Array) => Math.exp(path[0] ?? NaN),
    stan: published.firstHare,
  },
  {
    label: "lynx in 1900 (thousands of pelts)",
    of: (path: Float64Array) => Math.exp(path[1] ?? NaN),
    stan: published.firstLynx,
  },
];

/** Runs the example. Fewer than 13 `rungs` make it small. */
export async function lynxHarePosterior({ size, signal }: Settings = {}): Promise<Outcome> {
  const small = (size?.rungs ?? 13) < 13;
  heading("Lynx and hare: how certain the parameters are, beside Stan");
  await init();

  const csv = readCsv(
    await readFile(new URL("../lynx-hare/lynx-hare.csv", import.meta.url), "utf8"),
  );
  const years = csv.column("year");
  const pelts = { hare: csv.column("hare"), lynx: csv.column("lynx") };
  const run = await anneal({
    model: logLotkaVolterra(),
    data: observations({
      times: years,
      values: { 0: pelts.hare.map(Math.log), 1: pelts.lynx.map(Math.log) },
      timeStep: 1 / stepsPerYear,
    }),
    // The discretisation is explicit, so exp(-A) is the posterior of a model with errors.
    discretization: "rk4",
    normalization: "posterior",
    measurementPrecision: 1 / noise ** 2,
    estimate,
    firstState: { logPrey: first, logPredator: first },
    ...(signal && { signal }),
  });

  const certain = run.uncertainty({ modelPrecision: sampledAt });
  const laplace = byLaplace(certain);
  const bar = progressBar("Monte Carlo", "percent");
  const posterior = await samplePosterior({
    run,
    modelPrecision: sampledAt,
    chains: small ? 2 : 4,
    draws: small ? 40 : 1000,
    warmup: small ? 40 : 400,
    targetAcceptance: 0.9,
    seed: 1,
    onProgress: ({ share }) => bar.update(Math.round(100 * share), 100),
    ...(signal && { signal }),
  }).finally(() => bar.stop());
  const sampled = quantities.map(({ of }) => posterior.expected(of));

  console.log(
    `${posterior.chainCount} chains of ${posterior.draws} draws of a path of ` +
      `${run.times.length} points and ${names.length} parameters, R_f = ${sampledAt}: ` +
      `${posterior.seconds.toFixed(1)} s of work,\n` +
      `${posterior.evaluations} evaluations of the action with its gradient.\n`,
  );
  table(
    ["", "Stan", "sd", "Laplace", "sd", "Monte Carlo", "sd", "R-hat", "effective", "ms each"],
    quantities.map(({ label, stan }, i) => {
      const [gaussian, draws] = [laplace[i] ?? nothing, sampled[i] ?? nothing];
      return [
        label,
        stan.mean.toPrecision(4),
        stan.deviation.toPrecision(3),
        gaussian.value.toPrecision(4),
        gaussian.deviation.toPrecision(3),
        draws.value.toPrecision(4),
        draws.deviation.toPrecision(3),
        draws.rHat.toFixed(4),
        draws.effectiveSize.toFixed(0),
        ((1000 * posterior.seconds) / draws.effectiveSize).toFixed(1),
      ];
    }),
  );
  console.log(
    "\nLaplace's means have the first correction beyond the quadratic. " +
      '"ms each" is the work of all chains, warm-up included, per effective draw. ' +
      "Stan's model makes no errors\n(R_f infinite), and its noise is estimated, " +
      `0.25 +- 0.04; here the noise is held at ${noise}.`,
  );
  console.log(posterior.diagnose());

  console.log(
    "\nWhat R_f does, by Laplace's method: mean less Stan's, in its standard deviations, " +
      "and standard deviation over Stan's\n",
  );
  const began = performance.now();
  const byPrecision = precisions.map((modelPrecision) => ({
    modelPrecision,
    beside: besideStan(byLaplace(run.uncertainty({ modelPrecision }))),
  }));
  const spent = performance.now() - began;
  table(
    ["R_f", ...byPrecision.map(({ modelPrecision }) => modelPrecision.toExponential(0))],
    [
      [
        "error that the model may make in a year",
        ...precisions.map(
          (precision) => `${(100 * Math.sqrt(stepsPerYear / precision)).toPrecision(2)} %`,
        ),
      ],
      ...quantities.map(({ label }, i) => [
        label,
        ...byPrecision.map(({ beside }) => {
          const { difference, ratio } = beside[i] ?? { difference: NaN, ratio: NaN };
          return `${signed(difference)}  x ${ratio.toFixed(2)}`;
        }),
      ]),
    ],
  );

  console.log(
    `\n${(spent / precisions.length).toFixed(0)} ms for each R_f, all six quantities together.`,
  );

  const parameters = besideStan(sampled).slice(0, names.length);
  const stiff = byPrecision.at(-1)?.beside ?? [];
  const methods = laplace.map(({ value, deviation }, i) => {
    const draws = sampled[i] ?? nothing;
    return {
      difference: (value - draws.value) / draws.deviation,
      ratio: deviation / draws.deviation,
    };
  });
  const rHats = [...sampled, ...posterior.rows].map(({ rHat }) => rHat);
  const within = (rows: readonly Beside[], share: number): boolean =>
    rows.every(
      ({ difference, ratio }) => Math.abs(difference) < share && Math.abs(ratio - 1) < 0.1,
    );
  return {
    pictures: {
      "lynx-hare-posterior-parameters.svg": await drawDensities({
        title: "Lynx and hare: posteriors of the parameters",
        subtitle:
          `Draws of ${posterior.chainCount} chains at R_f = ${sampledAt}, the Gaussian ` +
          "about the path of least action, and Stan's mean and standard deviation",
        names: {
          draws: "Monte Carlo",
          curve: "Laplace",
          mark: "Stan, mean and standard deviation",
        },
        columns: 2,
        panels: names.map((name) => ({
          label: parameterLabels[name],
          draws: posterior.parameters[name],
          curve: certain.parameters[name],
          mark: published[name],
        })),
      }),
      "lynx-hare-posterior-series.svg": await drawPath(posterior, years, pelts),
    },
    checks: [
      {
        claim: "R-hat is below 1.01 for all that was looked at, and no trajectory diverged",
        holds: rHats.every((rHat) => rHat < 1.01) && posterior.divergences.length === 0,
      },
      {
        claim:
          "by Monte Carlo, means of the parameters are within a fifth of a standard " +
          "deviation of Stan's, and standard deviations within a tenth",
        holds: within(parameters, 0.2),
      },
      {
        claim:
          "Laplace's corrected means are within a tenth of a standard deviation of Monte " +
          "Carlo's, and standard deviations within a tenth",
        holds: within(methods, 0.1),
      },
      {
        claim:
          "with the model as good as exact, all six means are within a fifth of a " +
          "standard deviation of Stan's, and standard deviations within a tenth",
        holds: within(stiff, 0.2),
      },
    ],
  };
}

interface Beside {
  /** Difference of the means, in the other's standard deviations. */
  difference: number;
  /** Ratio of the standard deviations. */
  ratio: number;
}

const besideStan = (found: readonly { value: number; deviation: number }[]): Beside[] =>
  quantities.map(({ stan }, i) => {
    const { value, deviation } = found[i] ?? nothing;
    return { difference: (value - stan.mean) / stan.deviation, ratio: deviation / stan.deviation };
  });

const nothing = { value: NaN, deviation: NaN, rHat: NaN, effectiveSize: NaN };

/**
 * Means with the first correction beyond the quadratic, and standard deviations, by Laplace's
 * method. The logarithm of a population is normal, so its population has a log-normal distribution.
 */
function byLaplace(certain: Uncertainty<Name>): { value: number; deviation: number }[] {
  const shift = certain.meanShift();
  const parameters = names.map((name) => {
    const { mean, deviation } = certain.parameters[name];
    return { value: mean + shift.parameters[name], deviation };
  });
  const populations = [0, 1].map((species) => {
    const [mean, by, spread] = [certain.path, shift.path, certain.deviation].map(
      (of) => of[species] ?? NaN,
    );
    const variance = (spread ?? NaN) ** 2;
    const value = Math.exp((mean ?? NaN) + (by ?? NaN) + variance / 2);
    return { value, deviation: value * Math.sqrt(Math.expm1(variance)) };
  });
  return [...parameters, ...populations];
}

/** Bands of the draws through the data and, with the model's errors going on, past them. */
async function drawPath(
  posterior: SampledPosterior,
  years: Float64Array,
  pelts: { hare: Float64Array; lynx: Float64Array },
): Promise<string> {
  const ahead = posterior.predict({ until: 1930, count: 1000, seed: 1 });
  // The first predicted point is the last of the window.
  const times = [...posterior.times, ...ahead.times.slice(1)];
  const of = (index: 0 | 1, within: Float64Array, past: Float64Array): number[] => [
    ...component(within, 2, index).map(Math.exp),
    ...component(past, 2, index).map(Math.exp).slice(1),
  ];
  const bandOf = (share: number, index: 0 | 1) => {
    const [within, past] = [posterior.band(share), ahead.band(share)];
    return {
      x: times,
      lower: of(index, within.lower, past.lower),
      upper: of(index, within.upper, past.upper),
    };
  };
  const row = (label: "hare" | "lynx", index: 0 | 1) => ({
    label,
    errorFactor: Math.exp(noise),
    bands: [bandOf(0.9, index), bandOf(0.5, index)],
    curves: [
      // The exponential of the logarithms' mean, which is the median where the logarithms are
      // symmetric.
      { kind: "estimate" as const, x: times, y: of(index, posterior.path, ahead.mean) },
      { kind: "data" as const, x: years, y: pelts[label] },
    ],
  });
  return drawSeries({
    title: "Lynx and hare in Canada: where the populations were, and where they go",
    subtitle:
      "Bands that hold 50 % and 90 % of the draws at each time, by Monte Carlo at R_f = " +
      `${sampledAt}`,
    xTitle: "year",
    xFormat: "d",
    yTitle: "pelts (thousands)",
    logTicks: [2, 5, 10, 20, 50, 100],
    windowEnd: 1920,
    names: {
      data: `pelts, with the assumed error of ${noise * 100} %`,
      estimate: "mean of the logarithms",
    },
    rows: [row("hare", 0), row("lynx", 1)],
  });
}

const signed = (value: number): string => (value < 0 ? "" : "+") + value.toFixed(2);
