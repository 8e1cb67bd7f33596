/**
 * Handwritten digits: images of 28 x 28 pixels from MNIST (Y. LeCun, C. Cortes, C. J. C. Burges), as the package `mnist` has them, ten thousand of them. A network of
 * 784-30-10 neurons is annealed on some hundred images, with the pixels as measurements of its inputs, and compared on held-out images with the same network
 * trained in the plain way.
 */
import { createRequire } from "node:module";
import { anneal, feedforward, init, oneHot, train, type NetworkRun, type TrainedNetwork } from "least-action";
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

export async function digits({ size, signal }: Settings = {}): Promise<Outcome> {
  const { rungs = 5 } = size ?? {};
  const tiny = rungs < 5;
  await init();
  const all = load();
  const heldOut = cut(all, tiny ? 50 : 1000, 0);
  const model = feedforward({ layers: [side * side, 30, { width: 10, activation: "softmax" }] });
  const options = {
    model,
    measurementPrecision,
    inputPrecision,
    weightPrior: prior,
    biasPrior: prior,
    signal,
  } as const;
  const fresh = pairsOf(heldOut);

  const rows: {
    count: number;
    run: NetworkRun;
    trained: TrainedNetwork;
    annealed: number;
    plain: number;
    seconds: [number, number];
  }[] = [];
  for (const count of tiny ? [20] : [100, 300]) {
    if (signal?.aborted) break;
    const pairs = pairsOf(cut(all, count, 1000));
    const bar = progressBar(`${count} images`);
    const times = [performance.now()];
    const run = await anneal({
      ...options,
      pairs,
      modelPrecision: { initial: measurementPrecision, factor: 10, rungs },
      startingPaths: { count: 1, seed: 1 },
      minimizer: { method: "lbfgs", maxIterations: tiny ? 20 : 300, tolerance: 1e-4 },
      onProgress: ({ done, total }) => bar.update(done, total),
    });
    bar.stop();
    times.push(performance.now());
    const trained = await train({
      ...options,
      pairs,
      seed: 1,
      minimizer: { method: "lbfgs", maxIterations: tiny ? 20 : 1000 },
    });
    times.push(performance.now());
    const seconds = [1, 2].map((k) => ((times[k] ?? NaN) - (times[k - 1] ?? NaN)) / 1000) as [number, number];
    const accuracy = (of: NetworkRun | TrainedNetwork): number => of.predictionError(fresh).accuracy ?? NaN;
    rows.push({ count, run, trained, annealed: accuracy(run), plain: accuracy(trained), seconds });
  }
  heading(`Digits: ${model.weightCount} weights, ${heldOut.labels.length} held-out images`);
  table(
    ["images", "level", "annealed", "seconds", "loss trained", "trained", "seconds"],
    rows.map(({ count, run, trained, annealed, plain, seconds }) => [
      String(count),
      run.best.action.toPrecision(3),
      percent(annealed),
      seconds[0].toFixed(1),
      trained.loss.toPrecision(3),
      percent(plain),
      seconds[1].toFixed(1),
    ]),
  );
  const last = rows.at(-1);
  if (last === undefined) return { pictures: {}, checks: [] };
  return {
    pictures: {
      "digits-images.svg": await drawHeldOut(heldOut, last.run),
      "digits-levels.svg": await drawLevels({
        title: "Digits: action levels",
        subtitle: "784-30-10 neurons, one start",
        measurementPrecision,
        panels: rows.map(({ count, run }) => ({ label: `${count} images`, run })),
      }),
    },
    checks: [
      {
        claim: `from ${last.count} images the annealed network tells at least 85 % of the held-out ones (${percent(last.annealed)})`,
        holds: last.annealed >= 0.85,
      },
      {
        claim: "it is as good as the trained one, but for 2 %, with every number of images",
        holds: rows.every(({ annealed, plain }) => annealed >= plain - 0.02),
      },
    ],
  };
}

/** All of the package, in one order at random; as many of every digit in any long part of it as there are. */
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

function pairsOf({ inputs, labels }: Images) {
  return { inputs, outputs: oneHot(labels, 10) };
}

function drawHeldOut({ inputs, labels }: Images, run: NetworkRun): Promise<string> {
  const outputs = run.predict(inputs);
  const said = labels.map((_, k) => {
    const row = outputs.subarray(10 * k, 10 * k + 10);
    return row.indexOf(Math.max(...row));
  });
  // The first ones, and then the first that it takes for others.
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
