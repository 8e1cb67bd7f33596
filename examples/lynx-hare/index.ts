/**
 * Twenty-one years of lynx and hare pelts, fitted with the Lotka-Volterra equations and compared
 * with Stan's posterior.
 */
import { readFile } from "node:fs/promises";
import { anneal, init, logLotkaVolterra, observations, readCsv } from "least-action";
import { component, type Outcome, type Settings } from "../outcome.js";
import { drawLevels } from "../pictures/levels.js";
import { drawSeries } from "../pictures/series.js";
import { heading, progressBar, table } from "../terminal.js";
import { published } from "./published.js";

/** Standard deviation of the logarithm of the pelts: the published estimate, rounded. */
const noise = 0.25;
const stepsPerYear = 4;

/**
 * Number of free quantities once the model binds: four parameters, and the first state of each
 * species.
 */
const fitted = 6;

export async function lynxHare({ size = {}, signal }: Settings = {}): Promise<Outcome> {
  const { starts = 20, rungs = 60 } = size;
  heading("Lynx and hare: real data, fitted with the Lotka-Volterra equations");
  await init();

  const csv = readCsv(await readFile(new URL("lynx-hare.csv", import.meta.url), "utf8"));
  const years = csv.column("year");
  const hares = csv.column("hare");
  const lynx = csv.column("lynx");
  // Populations stay positive and errors are relative: both call for logarithms. The model's step
  // is finer than the data's.
  const data = observations({
    times: years,
    values: { 0: hares.map(Math.log), 1: lynx.map(Math.log) },
    timeStep: 1 / stepsPerYear,
  });

  const bar = progressBar("lynx and hare");
  const began = performance.now();
  const run = await anneal({
    model: logLotkaVolterra(),
    data,
    discretization: "simpson-hermite",
    measurementPrecision: 1 / noise ** 2,
    modelPrecision: { initial: 1e-3, factor: 1.5, rungs },
    estimate: {
      alpha: { initial: [0.1, 1.5] },
      beta: { initial: [0.005, 0.1] },
      gamma: { initial: [0.1, 1.5] },
      delta: { initial: [0.005, 0.1] },
    },
    startingPaths: {
      start: "random",
      count: starts,
      enough: starts,
      prune: false,
      range: [1, 5],
      seed: 3,
    },
    onProgress: (p) => bar.update(p.done, p.total),
    ...(signal && { signal }),
  }).finally(() => bar.stop());
  const seconds = (performance.now() - began) / 1000;

  console.log(
    `${csv.rows} years of 2 species; the model takes ${stepsPerYear} steps a year. ` +
      `Annealed in ${seconds.toFixed(1)} s.\n`,
  );
  console.log(run.summary());
  console.log(run.diagnose());

  const path = {
    hare: component(run.best.path, 2, 0).map(Math.exp),
    lynx: component(run.best.path, 2, 1).map(Math.exp),
  };
  const { alpha, beta, gamma, delta } = run.best.parameters;
  const rows = [
    compare("alpha, growth of hares (1/year)", alpha, published.alpha),
    compare("beta, hares lost per thousand lynx (1/year)", beta, published.beta),
    compare("gamma, decline of lynx (1/year)", gamma, published.gamma),
    compare("delta, lynx gained per thousand hares (1/year)", delta, published.delta),
    compare("hares in 1900 (thousands of pelts)", path.hare[0], published.firstHare),
    compare("lynx in 1900 (thousands of pelts)", path.lynx[0], published.firstLynx),
    compare("scatter of log hares about the path", scatter(hares, path.hare), published.noiseHare),
    compare("scatter of log lynx about the path", scatter(lynx, path.lynx), published.noiseLynx),
  ];
  console.log("\nBeside the posterior that Stan found for the same data and equations:\n");
  table(
    ["", "estimate", "Stan mean", "Stan sd", "difference / sd"],
    rows.map((row) => [
      row.name,
      row.estimate.toPrecision(3),
      row.mean.toPrecision(3),
      row.deviation.toPrecision(2),
      signed(row.difference),
    ]),
  );
  console.log(
    "\nStan gives posterior means under weak priors, with the noise estimated too; here are " +
      `the most probable values with no priors and the\nnoise held at ${noise}. So they ` +
      "should agree to a small part of a standard deviation, not to the last digit.",
  );

  const prediction = run.predict({ until: 1930 });
  const curves = (index: 0 | 1, pelts: Float64Array, estimate: Float64Array) => [
    { kind: "estimate" as const, x: run.times, y: estimate },
    {
      kind: "prediction" as const,
      x: prediction.times,
      y: component(prediction.path, 2, index).map(Math.exp),
    },
    { kind: "data" as const, x: years, y: pelts },
  ];
  return {
    pictures: {
      "lynx-hare-levels.svg": await drawLevels({
        title: `Lynx and hare: action levels of ${starts} starting paths`,
        subtitle: "Lotka-Volterra in logarithms, four unknown parameters, 42 measurements",
        measurementPrecision: 1 / noise ** 2,
        panels: [{ label: "both species observed once a year", run }],
      }),
      "lynx-hare-series.svg": await drawSeries({
        title: "Lynx and hare in Canada, 1900 to 1920",
        subtitle:
          "Pelts traded by the Hudson's Bay Company, the path of least action through " +
          "them, and where it leads",
        xTitle: "year",
        xFormat: "d",
        yTitle: "pelts (thousands)",
        logTicks: [5, 10, 20, 50, 100],
        windowEnd: 1920,
        names: {
          data: `pelts, with the assumed error of ${noise * 100} %`,
          estimate: "estimate",
          prediction: "prediction",
        },
        rows: [
          { label: "hare", errorFactor: Math.exp(noise), curves: curves(0, hares, path.hare) },
          { label: "lynx", errorFactor: Math.exp(noise), curves: curves(1, lynx, path.lynx) },
        ],
      }),
    },
    checks: [
      {
        claim: "the misfit is what the assumed noise explains",
        holds: run.verdict === "consistent",
      },
      {
        claim: "every estimate is within half a standard deviation of Stan's posterior mean",
        holds: rows.every((row) => Math.abs(row.difference) < 0.5),
      },
    ],
  };
}

interface Comparison {
  name: string;
  estimate: number;
  mean: number;
  deviation: number;
  /** Distance from the published mean, in published standard deviations. */
  difference: number;
}

function compare(
  name: string,
  estimate: number | undefined,
  posterior: { mean: number; deviation: number },
): Comparison {
  const value = estimate ?? NaN;
  return {
    name,
    estimate: value,
    ...posterior,
    difference: (value - posterior.mean) / posterior.deviation,
  };
}

/**
 * Standard deviation of log(pelts / path) over the years of the data. Each species pays for half of
 * the fitted quantities.
 */
function scatter(pelts: Float64Array, path: Float64Array): number {
  const squares = pelts.map(
    (count, year) => Math.log(count / (path[year * stepsPerYear] ?? NaN)) ** 2,
  );
  return Math.sqrt(
    squares.reduce((sum, square) => sum + square, 0) / (squares.length - fitted / 2),
  );
}

const signed = (value: number): string => (value < 0 ? "" : "+") + value.toFixed(2);
