/**
 * Handwritten digits: images of MNIST (Y. LeCun, C. Cortes, C. J. C. Burges), ten thousand of them,
 * as the package `mnist` has them. Networks are annealed on some hundred images, with the pixels as
 * measurements of their inputs, and compared on held-out images with the same networks trained in
 * the plain way: one with a hidden layer, on all 28 x 28 pixels, and a deep one with five narrow
 * hidden layers, on means of 2 x 2 pixels, which plain training from the usual beginning does not
 * learn at all.
 */
import { createRequire } from "node:module";
import {
  anneal,
  feedforward,
  init,
  oneHot,
  train,
  type NetworkRun,
  type Pairs,
  type TrainedNetwork,
} from "least-action";
import type { Outcome, Settings } from "../outcome.js";
import { drawImages } from "../pictures/images.js";
import { drawLevels } from "../pictures/levels.js";
import { random } from "../random.js";
import { heading, progressBar, table } from "../terminal.js";

const side = 28;
const measurementPrecision = 100;
const inputPrecision = 1e4;
const prior = { mean: 0, deviation: 1 };

interface Images {
  inputs: Float64Array[];
  labels: number[];
}

interface Case {
  hidden: readonly number[];
  /** Side of the square of pixels whose mean is an input. */
  pooled: number;
  images: number;
  /** First rung's R_f, divided by R_m; a deep network needs to begin weaker. */
  initial: number;
}

interface Row extends Case {
  name: string;
  run: NetworkRun;
  trained: TrainedNetwork;
  annealed: number;
  plain: number;
  seconds: [number, number];
}

export async function digits({ size, signal }: Settings = {}): Promise<Outcome> {
  const { rungs = 4 } = size ?? {};
  const tiny = rungs < 4;
  await init();
  const all = load();
  const heldOut = cut(all, tiny ? 50 : 1000, 0);
  const shallow = (images: number): Case => ({ hidden: [30], pooled: 1, images, initial: 1 });
  const deep = { hidden: [20, 20, 20, 20, 20], pooled: 2, images: 300, initial: 0.1 };
  const rows: Row[] = [];
  for (const one of tiny ? [shallow(20)] : [shallow(100), shallow(300), shallow(1000), deep]) {
    if (signal?.aborted) break;
    rows.push(await compare(one, cut(all, one.images, 1000), heldOut, { rungs, tiny, signal }));
  }
  heading(`Digits: ${heldOut.labels.length} held-out images`);
  table(
    ["network", "images", "level", "annealed", "seconds", "loss trained", "trained", "seconds"],
    rows.map(({ name, images, run, trained, annealed, plain, seconds }) => [
      name,
      String(images),
      run.best.action.toPrecision(3),
      percent(annealed),
      seconds[0].toFixed(1),
      trained.loss.toPrecision(3),
      percent(plain),
      seconds[1].toFixed(1),
    ]),
  );
  const most = rows.filter(({ hidden }) => hidden.length === 1).at(-1);
  const last = rows.at(-1);
  if (most === undefined || last === undefined) return { pictures: {}, checks: [] };
  return {
    pictures: {
      "digits-images.svg": await drawHeldOut(heldOut, most.run),
      "digits-levels.svg": await drawLevels({
        title: "Digits: action levels",
        subtitle: "Logistic hidden layers, softmax outputs, one start",
        measurementPrecision,
        panels: [most, last]
          .filter((row, k, all) => all.indexOf(row) === k)
          .map(({ name, images, run }) => ({ label: `${name}, ${images} images`, run })),
      }),
    },
    checks: [
      {
        claim:
          `from ${most.images} images the annealed network tells at least 85 % of the ` +
          `held-out ones (${percent(most.annealed)})`,
        holds: most.annealed >= 0.85,
      },
      {
        claim: "with one hidden layer it is as good as the trained one, but for 2 %: no better",
        holds: rows.every(
          ({ hidden, annealed, plain }) => hidden.length > 1 || Math.abs(annealed - plain) <= 0.02,
        ),
      },
      {
        claim:
          `the deep network learns by annealing (${percent(last.annealed)}), and not by ` +
          `plain training from the usual weights (${percent(last.plain)})`,
        holds: last.annealed > 0.5 && last.plain < 0.3,
      },
    ],
  };
}

async function compare(
  one: Case,
  images: Images,
  heldOut: Images,
  { rungs, tiny, signal }: { rungs: number; tiny: boolean; signal: AbortSignal | undefined },
): Promise<Row> {
  const inputs = (side / one.pooled) ** 2;
  const name = [inputs, ...one.hidden, 10].join("-");
  const model = feedforward({
    layers: [inputs, ...one.hidden, { width: 10, activation: "softmax" }],
  });
  const [pairs, fresh] = [images, heldOut].map((of) => pairsOf(of, one.pooled)) as [Pairs, Pairs];
  const options = {
    model,
    pairs,
    measurementPrecision,
    inputPrecision,
    weightPrior: prior,
    biasPrior: prior,
    signal,
  } as const;
  const bar = progressBar(`${name}, ${one.images} images`);
  const times = [performance.now()];
  const run = await anneal({
    ...options,
    modelPrecision: { initial: one.initial * measurementPrecision, factor: 10, rungs },
    startingPaths: { count: 1, seed: 1 },
    minimizer: { method: "lbfgs", maxIterations: tiny ? 20 : 400, tolerance: 1e-5 },
    onProgress: ({ done, total }) => bar.update(done, total),
  });
  bar.stop();
  times.push(performance.now());
  const trained = await train({
    ...options,
    seed: 1,
    minimizer: { method: "lbfgs", maxIterations: tiny ? 20 : 1000 },
  });
  times.push(performance.now());
  const seconds = [1, 2].map((k) => ((times[k] ?? NaN) - (times[k - 1] ?? NaN)) / 1000) as [
    number,
    number,
  ];
  const accuracy = (of: NetworkRun | TrainedNetwork): number =>
    of.predictionError(fresh).accuracy ?? NaN;
  return { ...one, name, run, trained, annealed: accuracy(run), plain: accuracy(trained), seconds };
}

/**
 * All images of the package in one random order, with equal shares of every digit in any long part
 * of it.
 */
function load(): Images {
  const require = createRequire(import.meta.url);
  const all = Array.from({ length: 10 }, (_, label) => {
    const { data } = require(`mnist/src/digits/${label}.json`) as { data: number[] };
    const length = side * side;
    return Array.from({ length: Math.floor(data.length / length) }, (_, k) => ({
      label,
      pixels: Float64Array.from(data.slice(k * length, (k + 1) * length)),
    }));
  }).flat();
  const mixed = random(1).shuffled(all);
  return { inputs: mixed.map(({ pixels }) => pixels), labels: mixed.map(({ label }) => label) };
}

function cut({ inputs, labels }: Images, count: number, from: number): Images {
  return { inputs: inputs.slice(from, from + count), labels: labels.slice(from, from + count) };
}

function pairsOf({ inputs, labels }: Images, pooled: number): Pairs {
  return { inputs: inputs.map((pixels) => means(pixels, pooled)), outputs: oneHot(labels, 10) };
}

/** Means over squares of `pooled` x `pooled` pixels. */
function means(pixels: Float64Array, pooled: number): Float64Array {
  if (pooled === 1) return pixels;
  const across = side / pooled;
  const result = new Float64Array(across * across);
  pixels.forEach((value, p) => {
    const [row, column] = [Math.floor(p / side), p % side];
    const place = Math.floor(row / pooled) * across + Math.floor(column / pooled);
    result[place] = (result[place] as number) + value / pooled ** 2;
  });
  return result;
}

function drawHeldOut({ inputs, labels }: Images, run: NetworkRun): Promise<string> {
  const outputs = run.predict(inputs);
  const said = labels.map((_, k) => {
    const row = outputs.subarray(10 * k, 10 * k + 10);
    return row.indexOf(Math.max(...row));
  });
  // The first images, and then the first ones that the network mistakes.
  const order = labels.map((_, k) => k);
  const wrong = order.filter((k) => said[k] !== labels[k]).slice(0, 12);
  return drawImages({
    title: "Held-out digits, and what the annealed network takes them for",
    subtitle: "Below, the first twelve that it takes for another",
    width: side,
    columns: 12,
    images: [...order.filter((k) => !wrong.includes(k)).slice(0, 12), ...wrong].map((k) => ({
      caption: said[k] === labels[k] ? String(said[k]) : `${said[k]} for ${labels[k]}`,
      pixels: inputs[k] as Float64Array,
      wrong: said[k] !== labels[k],
    })),
  });
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
