/**
 * Images of 5 x 5 pixels with a bar that is horizontal, vertical or along one of the diagonals, at
 * any of five places, and noise on every pixel. A network of 25-30-4 neurons learns the four
 * classes from a few of them: annealed, with the pixels as noisy measurements of its inputs,
 * against the same network trained in the plain way.
 */
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
import { random, type Random } from "../random.js";
import { heading, progressBar, table } from "../terminal.js";

/** Names of the classes: horizontal, vertical, falling, rising. */
const names = ["—", "|", "\\", "/"] as const;
const noise = 0.2;
const measurementPrecision = 100;

export async function bars({ size, signal }: Settings = {}): Promise<Outcome> {
  const { starts = 5, rungs = 5 } = size ?? {};
  const small = rungs < 5;
  await init();
  const model = feedforward({ layers: [25, 30, { width: 4, activation: "softmax" }] });
  const prior = { mean: 0, deviation: 1 };
  const options = {
    model,
    measurementPrecision,
    // The input precision is not one over the variance of the noise: inputs that may move that far
    // carry the label themselves, and the network has nothing to learn.
    inputPrecision: 1e4,
    weightPrior: prior,
    biasPrior: prior,
    signal,
  } as const;

  const counts = small ? [20] : [20, 40, 80];
  const fresh = images(small ? 100 : 2000, random(1));
  const rows: {
    count: number;
    run: NetworkRun;
    trained: TrainedNetwork;
    annealed: number;
    plain: number;
  }[] = [];
  for (const [k, count] of counts.entries()) {
    if (signal?.aborted) break;
    const pairs = images(count, random(100 + k));
    const bar = progressBar(`${count} images`);
    const run = await anneal({
      ...options,
      pairs,
      modelPrecision: { initial: measurementPrecision, factor: 10, rungs },
      minimizer: { method: "lbfgs", tolerance: 1e-7, maxIterations: 5000 },
      startingPaths: { count: starts, seed: k },
      onProgress: ({ done, total }) => bar.update(done, total),
    });
    bar.stop();
    const trained = await best(starts, (seed) => train({ ...options, pairs, seed }));
    const [annealed, plain] = [
      run.predictionError(fresh).accuracy ?? NaN,
      trained.predictionError(fresh).accuracy ?? NaN,
    ];
    rows.push({ count, run, trained, annealed, plain });
  }
  heading(
    `Bars: 5 x 5 pixels, four classes, pixel noise ${noise}, ${fresh.outputs.length / 4} ` +
      "fresh images",
  );
  table(
    ["images", "weights", "level", "annealed", "trained", "loss trained"],
    rows.map(({ count, run, trained, annealed, plain }) => [
      String(count),
      String(model.weightCount),
      run.best.action.toPrecision(3),
      percent(annealed),
      percent(plain),
      trained.loss.toPrecision(3),
    ]),
  );
  const last = rows.at(-1);
  if (last === undefined) return { pictures: {}, checks: [] };
  return {
    pictures: {
      "bars-images.svg": await drawPredictions(fresh, last.run),
      "bars-levels.svg": await drawLevels({
        title: "Bars: action levels",
        subtitle: `25-30-4 neurons, ${starts} starts, pixel noise ${noise}`,
        measurementPrecision,
        panels: [rows[0], last]
          .filter((row, k, all) => row !== undefined && all.indexOf(row) === k)
          .map((row) => ({ label: `${row?.count} images`, run: (row as typeof last).run })),
      }),
    },
    checks: [
      {
        claim:
          `from ${last.count} images the annealed network tells at least 90 % of fresh ones ` +
          `(${percent(last.annealed)})`,
        holds: last.annealed >= 0.9,
      },
      {
        claim: "from 40 images on it is at least as good as the trained one, but for 2 %",
        holds: rows.every(({ count, annealed, plain }) => count < 40 || annealed >= plain - 0.02),
      },
    ],
  };
}

/** The trained network with the lowest loss. */
async function best(
  starts: number,
  one: (seed: number) => Promise<TrainedNetwork>,
): Promise<TrainedNetwork> {
  let found = await one(0);
  for (let seed = 1; seed < starts; seed++) {
    const next = await one(seed);
    if (next.loss < found.loss) found = next;
  }
  return found;
}

/** Images of the 20 patterns in nearly equal numbers, in random order. */
function images(
  count: number,
  numbers: Random,
): Pairs & { inputs: number[][]; outputs: Float64Array } {
  const patterns = Array.from({ length: 20 }, (_, k) => ({
    label: k % 4,
    place: Math.floor(k / 4),
  }));
  const all = Array.from({ length: Math.ceil(count / 20) }, () => numbers.shuffled(patterns))
    .flat()
    .slice(0, count);
  const inputs = all.map(({ label, place }) =>
    bar(label, place).map((pixel) => pixel + noise * numbers.normal()),
  );
  return {
    inputs,
    outputs: oneHot(
      all.map(({ label }) => label),
      4,
    ),
  };
}

/** Pixels of a bar. Diagonals wrap round. */
function bar(label: number, place: number): number[] {
  const image = new Array<number>(25).fill(0);
  for (let k = 0; k < 5; k++) {
    const [row, column] = [
      [place, k],
      [k, place],
      [k, (k + place) % 5],
      [k, (place + 5 - k) % 5],
    ][label] as [number, number];
    image[5 * row + column] = 1;
  }
  return image;
}

function drawPredictions(fresh: ReturnType<typeof images>, run: NetworkRun): Promise<string> {
  const shown = fresh.inputs.slice(0, 24);
  const outputs = run.predict(shown);
  return drawImages({
    title: "Bars: fresh images, and what the annealed network takes them for",
    subtitle:
      `Pixel noise ${noise}; the output of the class it takes them for, in orange where it ` +
      "is wrong",
    width: 5,
    columns: 8,
    images: shown.map((pixels, k) => {
      const row = outputs.subarray(4 * k, 4 * k + 4);
      const said = row.indexOf(Math.max(...row));
      return {
        caption: `${names[said]} ${percent(row[said] as number, 0)}`,
        pixels,
        wrong: fresh.outputs[4 * k + said] !== 1,
      };
    }),
  });
}

function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)} %`;
}
