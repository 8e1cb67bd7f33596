/**
 * A recurrent network learns Lorenz63 from one noisy component. Its state is a delay vector, four
 * values of x a tenth apart (F. Takens, 1981); one step of it is a layer of tanh neurons and one
 * back, the same at every step. Annealed, the states of a whole series are one path through
 * hundreds of layers, and all of them and the weights are found together; plain training learns
 * each step by itself, from delay vectors whose noise it takes for true.
 */
import {
  anneal,
  feedforward,
  init,
  lorenz63,
  train,
  twinExperiment,
  type LayerOptions,
  type Network,
  type Weights,
} from "least-action";
import type { Outcome, Settings } from "../outcome.js";
import { drawCurves } from "../pictures/curves.js";
import { drawSeries } from "../pictures/series.js";
import { random } from "../random.js";
import { heading, progressBar, table } from "../terminal.js";

const timeStep = 0.1;
/**
 * Largest Lyapunov exponent of Lorenz63 at its usual parameters, per unit of time (J. C. Sprott,
 * "Chaos and Time-Series Analysis", 2003).
 */
const lyapunov = 0.9056;
/** Scale by which x is divided, about its standard deviation. */
const scale = 8;
const noise = 0.05 / scale;
const delays = 4;
const hidden = 20;
const sequences = 3;
/** Largest error of a valid forecast, as a share of the standard deviation. */
const tolerance = 0.4;

export async function recurrent({ size, signal }: Settings = {}): Promise<Outcome> {
  const { rungs = 4 } = size ?? {};
  const tiny = rungs < 4;
  const steps = tiny ? 20 : 333;
  await init();
  const points = sequences * steps + delays;
  const model = lorenz63();
  const twin = twinExperiment({
    model,
    timeStep,
    points,
    observed: ["x"],
    noise: noise * scale,
    seed: 7,
    further: tiny ? 400 : 20_000,
  });
  const series = twin.data.values.map((x) => x / scale);
  const clean = twin.future.filter((_, i) => i % 3 === 0).map((x) => x / scale);
  const fresh = { clean, noisy: noisyCopy(clean) };
  /** Delay vector: x at a time and before, newest first. */
  const delay = (from: ArrayLike<number>, point: number): number[] =>
    Array.from({ length: delays }, (_, j) => from[point - j] as number);
  const first = (sequence: number): number => delays - 1 + sequence * steps;

  // One pair per sequence: the whole of it, measured at each step.
  const cell: LayerOptions[] = [
    { width: hidden, activation: "tanh", share: "in" },
    { width: delays, activation: "linear", share: "out" },
  ];
  const network = feedforward({
    layers: [delays, ...Array.from({ length: steps }, () => cell).flat()],
  });
  const all = Array.from({ length: sequences }, (_, k) => k);
  const rowsAt = (step: number): number[][] => all.map((k) => delay(series, first(k) + step));
  const pairs = {
    inputs: rowsAt(0),
    outputs: rowsAt(steps),
    measurements: Array.from({ length: steps - 1 }, (_, l) => ({
      layer: 2 * (l + 1),
      values: rowsAt(l + 1),
    })),
  };
  const prior = { mean: 0, deviation: 1 };
  const common = {
    measurementPrecision: 1 / noise ** 2,
    weightPrior: prior,
    biasPrior: prior,
    signal,
  } as const;

  const bar = progressBar("annealing");
  const began = performance.now();
  const run = await anneal({
    ...common,
    model: network,
    pairs,
    modelPrecision: { initial: 0.1 * common.measurementPrecision, factor: 10, rungs },
    startingPaths: { count: 1, start: "random", seed: 1 },
    minimizer: { method: "structured", tolerance: 1e-3, maxIterations: tiny ? 5 : 60 },
    workers: 0,
    onProgress: ({ done, total }) => bar.update(done, total),
  });
  bar.stop();
  const seconds = (performance.now() - began) / 1000;

  // A single step by itself, as it is usually trained.
  const step = feedforward({ layers: [delays, ...cell] });
  const single = Array.from({ length: sequences * steps }, (_, n) => n + delays - 1);
  const trained = await train({
    ...common,
    model: step,
    pairs: {
      inputs: single.map((n) => delay(series, n)),
      outputs: single.map((n) => delay(series, n + 1)),
    },
    minimizer: { method: "lbfgs", maxIterations: tiny ? 50 : 5000, tolerance: 1e-7 },
    seed: 1,
  });

  const horizon = tiny ? 20 : 80;
  const forecasts = {
    annealed: forecast(step, run.best.weights.slice(0, 2), fresh, horizon),
    "trained step by step": forecast(step, trained.weights, fresh, horizon),
    persistence: forecast(undefined, [], fresh, horizon),
  };
  heading(
    `Recurrent network of ${delays}-${hidden}-${delays} neurons: Lorenz63 from x, ` +
      `${points} points, noise ${noise * scale}`,
  );
  const rows = Object.entries(forecasts);
  table(
    [
      "forecasts of fresh series",
      "median valid time",
      "mean",
      "first decile",
      "first step's error",
    ],
    rows.map(([name, { valid, error }]) => [
      name,
      ...[quantile(valid, 0.5), mean(valid), quantile(valid, 0.1)].map((time) => time.toFixed(2)),
      (error[0] ?? NaN).toPrecision(3),
    ]),
  );
  console.log(
    `Times in Lyapunov times, errors in standard deviations of x; ${network.depth} layers ` +
      `annealed in ${seconds.toFixed(0)} s.`,
  );
  console.log(run.summary());

  const times = Array.from({ length: horizon }, (_, k) => (k + 1) * timeStep * lyapunov);
  const valid = forecasts.annealed.valid;
  return {
    pictures: {
      "recurrent-errors.svg": await drawCurves({
        title: "Forecasts of Lorenz63 by a recurrent network",
        subtitle:
          `Learned from ${points} noisy values of x; root mean square over ${valid.length} ` +
          "fresh beginnings",
        broken: ["persistence"],
        panels: [
          {
            label: "error of the forecast",
            xTitle: "time ahead (Lyapunov times)",
            yTitle: "error (standard deviations of x)",
            log: "y",
            curves: rows.map(([name, { error }]) => ({ name, x: times, y: error })),
            rule: { y: tolerance, label: "valid below" },
          },
        ],
      }),
      "recurrent-series.svg": await drawSeries({
        title: "Lorenz63 forecast by a recurrent network",
        subtitle: "From four noisy values of x on; three fresh beginnings",
        xTitle: "time ahead (Lyapunov times)",
        yTitle: "x / 8",
        windowEnd: 0,
        names: { truth: "truth", prediction: "annealed network" },
        rows: forecasts.annealed.shown.map(({ made, truth }, k) => ({
          label: `beginning ${k + 1}`,
          curves: [
            { kind: "truth", x: times, y: truth },
            { kind: "prediction", x: times, y: made },
          ],
        })),
      }),
    },
    checks: [
      {
        claim:
          "half of the forecasts are valid for more than 1.5 Lyapunov times " +
          `(${quantile(valid, 0.5).toFixed(2)})`,
        holds: quantile(valid, 0.5) > 1.5,
      },
      {
        claim: "and no shorter than those of plain training, but for a tenth",
        holds: quantile(valid, 0.5) > 0.9 * quantile(forecasts["trained step by step"].valid, 0.5),
      },
    ],
  };
}

function noisyCopy(clean: Float64Array): Float64Array {
  const numbers = random(3);
  return clean.map((x) => x + noise * numbers.normal());
}

interface Forecasts {
  /** Valid time of each forecast, in Lyapunov times. */
  valid: number[];
  /** Root mean square error at each step, in standard deviations. */
  error: number[];
  /** Some forecasts with the truth. */
  shown: { made: number[]; truth: number[] }[];
}

/** Forecasts from many beginnings at once. Without a network, the last value goes on. */
function forecast(
  step: Network | undefined,
  weights: Weights,
  { clean, noisy }: { clean: Float64Array; noisy: Float64Array },
  horizon: number,
): Forecasts {
  const count = Math.min(400, Math.floor((clean.length - horizon - delays) / 10));
  const spacing = Math.floor((clean.length - horizon - delays) / count);
  const beginnings = Array.from({ length: count }, (_, k) => delays - 1 + k * spacing);
  const deviation = Math.sqrt(mean(Array.from(clean, (x) => x * x)) - mean(Array.from(clean)) ** 2);
  let state = beginnings.flatMap((point) =>
    Array.from({ length: delays }, (_, j) => noisy[point - j] as number),
  );
  const ends = new Array<number>(count).fill(horizon);
  const shown = beginnings.slice(0, 3).map(() => ({ made: [] as number[], truth: [] as number[] }));
  const error = Array.from({ length: horizon }, (_, k) => {
    if (step !== undefined) {
      // Bounded, as a forecast that has gone astray would overflow.
      const bounded = state.map((x) => Math.min(1e3, Math.max(-1e3, x)));
      state = Array.from(step.predict(weights, bounded));
    }
    const errors = beginnings.map((point, i) => {
      const [made, truth] = [state[i * delays] as number, clean[point + k + 1] as number];
      shown[i]?.made.push(made);
      shown[i]?.truth.push(truth);
      const off = Math.abs(made - truth) / deviation;
      if (!(off <= tolerance)) ends[i] = Math.min(ends[i] as number, k);
      return off;
    });
    return Math.sqrt(mean(errors.map((e) => e * e)));
  });
  return { valid: ends.map((steps) => steps * timeStep * lyapunov), error, shown };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(share * values.length)] ?? NaN;
}
