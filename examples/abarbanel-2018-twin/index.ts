/**
 * The twin experiment of Abarbanel, Rozdeba and Shirman (2018): a network of 100 layers of ten
 * logistic neurons with weights at random makes pairs of noisy inputs and outputs; networks of 20,
 * 30, 50 and 100 layers are annealed on 1, 10 or 100 of these pairs, with 10, 5 or 2 of the outputs
 * observed. Their weights are uniform in +-0.1, and a network of logistic neurons with such weights
 * contracts by a factor of a hundred in two layers: its outputs hardly depend on its inputs, and a
 * constant predicts as well as any network. So a second set has weights near the edge of chaos,
 * where prediction means something.
 *
 * H. D. I. Abarbanel, P. J. Rozdeba, S. Shirman, "Machine Learning: Deepest Learning as Statistical
 * Data Assimilation Problems", Neural Computation 30(8), 2018, doi 10.1162/neco_a_01094.
 */
import {
  anneal,
  design,
  feedforward,
  init,
  networkTwin,
  train,
  type Network,
  type NetworkAnnealOptions,
  type NetworkRun,
  type TwinPairs,
} from "least-action";
import type { Outcome, Settings } from "../outcome.js";
import { drawCurves, type Curve } from "../pictures/curves.js";
import { random } from "../random.js";
import { heading, progressBar, table } from "../terminal.js";

const width = 10;
const noise = 0.005;
const measurementPrecision = 1 / noise ** 2;
const observedOutputs = { 10: undefined, 5: [0, 2, 4, 6, 8], 2: [0, 5] } as const;
type Outputs = keyof typeof observedOutputs;

/** The network of this many layers, the inputs among them. */
const layersOf = (depth: number): Network =>
  feedforward({ layers: new Array<number>(depth).fill(width) });

/** The pairs of a twin, and the prior of the weights that is stated for them. */
interface Source {
  name: string;
  twin: TwinPairs;
  prior: { mean: number; deviation: number };
}

interface Case {
  depth: number;
  pairs: number;
  outputs: Outputs;
}

interface Fit extends Case {
  run: NetworkRun;
  /**
   * log10 of R_f / R_m at every rung; `error` is the root mean square of the prediction errors of
   * fresh pairs there.
   */
  ratio: number[];
  error: number[];
  /**
   * Root mean square prediction error of the best constant outputs; `trained` is that of the
   * trained network.
   */
  constant: number;
  trained: number;
  loss: number;
  seconds: number;
}

export async function abarbanel2018Twin({ size, signal }: Settings = {}): Promise<Outcome> {
  const { rungs = 9 } = size ?? {};
  const tiny = rungs < 9;
  await init();
  const contracting = paperSource(tiny ? 10 : 100);
  const edge = edgeSource();
  const grid = (depths: number[], pairs: number[], outputs: Outputs[]): Case[] =>
    depths.flatMap((depth) =>
      pairs.flatMap((count) => outputs.map((l) => ({ depth, pairs: count, outputs: l }))),
    );
  const paper = await fitAll(
    contracting,
    tiny ? grid([3], [1, 2], [10]) : grid([20, 30, 50, 100], [1, 10, 100], [10, 5, 2]),
    { rungs, factor: 100, initial: 1e-8, minimizer: "lbfgs", signal },
  );
  const deep = await fitAll(edge, tiny ? grid([4], [5], [10]) : grid([4, 5, 6], [50, 100], [10]), {
    rungs: tiny ? 3 : 5,
    factor: 10,
    initial: 0.2,
    // The layers are nearly linear and their weights large, where L-BFGS stops far above the
    // minimum.
    minimizer: { method: "structured", tolerance: 1e-3, maxIterations: 40 },
    signal,
  });
  report(contracting, paper);
  report(edge, deep);
  const widths = tiny || signal?.aborted ? undefined : await compareWidths(edge, signal);

  const ends = (
    fits: readonly Fit[],
  ): { annealed: number[]; constant: number[]; trained: number[] } => ({
    annealed: fits.map((fit) => fit.error.at(-1) ?? NaN),
    constant: fits.map(({ constant }) => constant),
    trained: fits.map(({ trained }) => trained),
  });
  const [first, second] = [ends(paper), ends(deep)];
  const levelOf = (depth: number): number =>
    deep.find((fit) => fit.depth === depth && fit.pairs === 100)?.run.best.action ?? NaN;
  return {
    pictures: {
      "abarbanel-2018-twin-weights-of-the-paper.svg": await draw(
        contracting,
        paper.filter(({ outputs }) => outputs === 10 || tiny),
      ),
      "abarbanel-2018-twin-edge-of-chaos.svg": await draw(edge, deep),
    },
    checks: [
      {
        claim:
          "with weights in +-0.1 no network predicts better than a constant, annealed or " +
          "trained, but for 10 %",
        holds: first.annealed.every(
          (error, k) => Math.abs(error / (first.constant[k] ?? NaN) - 1) < 0.1,
        ),
      },
      {
        claim:
          "and networks of all depths have the same level to a hundredth, for the same " +
          "pairs and outputs",
        holds: paper.every(({ pairs, outputs, run }) => {
          const same = paper.find((fit) => fit.pairs === pairs && fit.outputs === outputs);
          return Math.abs(run.best.action / (same?.run.best.action ?? NaN) - 1) < 0.01;
        }),
      },
      {
        claim:
          "near the edge of chaos annealed networks predict fresh pairs at least three " +
          "times as well as a constant",
        holds: second.annealed.every((error, k) => error < (second.constant[k] ?? NaN) / 3),
      },
      {
        claim: "and no worse than trained ones",
        holds: second.annealed.every((error, k) => error <= 1.1 * (second.trained[k] ?? NaN)),
      },
      {
        claim:
          "a network whose hidden layers are too narrow has a higher level, and predicts worse",
        holds:
          widths === undefined ||
          ((widths.narrow?.level ?? NaN) > 1.5 * (widths.right?.level ?? NaN) &&
            (widths.narrow?.error.meanSquare ?? NaN) > (widths.right?.error.meanSquare ?? NaN)),
      },
      {
        claim:
          "and the level tells four layers, which are too few, from the five that made the data",
        holds: levelOf(4) > 1.3 * levelOf(5),
      },
    ],
  };
}

/** Twin with the weights of the paper, uniform in +-0.1. */
function paperSource(depth: number): Source {
  const network = layersOf(depth);
  const weights = network.randomWeights({ range: [-0.1, 0.1], seed: 1 });
  const common = { pairs: 100, fresh: 500, inputNoise: noise, outputNoise: noise, seed: 2 };
  return {
    name: `${depth} layers, weights in +-0.1`,
    twin: networkTwin({ model: network, weights, ...common }),
    prior: { mean: 0, deviation: 0.1 },
  };
}

/**
 * Twin with weights near the edge of chaos. A logistic neuron has slopes up to 1/4, so ten of them
 * pass differences on, on average, if weights have a standard deviation of 4 / sqrt(10); biases of
 * minus half the sum of the weights put a neuron where it is steepest. A tenth above that, few
 * layers keep what comes in, and many layers make noise of it.
 */
function edgeSource(): Source {
  const depth = 5;
  const network = layersOf(depth);
  const numbers = random(4);
  const weights = network.splitWeights(new Float64Array(network.weightCount));
  for (const layer of weights) {
    layer.matrix = layer.matrix.map(() => ((1.1 * 4) / Math.sqrt(width)) * numbers.normal());
    layer.bias = layer.bias.map(
      (_, a) => -0.5 * layer.matrix.subarray(a * width, (a + 1) * width).reduce((x, y) => x + y, 0),
    );
  }
  const common = { pairs: 100, fresh: 500, inputNoise: noise, outputNoise: noise, seed: 2 };
  return {
    name: `${depth} layers, weights near the edge of chaos`,
    twin: networkTwin({ model: network, weights, inputRange: [-0.02, 1.02], ...common }),
    prior: { mean: 0, deviation: 1.4 },
  };
}

interface Climb {
  rungs: number;
  factor: number;
  /** First rung's R_f, divided by R_m. */
  initial: number;
  minimizer: NonNullable<NetworkAnnealOptions["minimizer"]>;
  signal: AbortSignal | undefined;
}

async function fitAll(source: Source, cases: readonly Case[], climb: Climb): Promise<Fit[]> {
  const bar = progressBar(source.name);
  const fits: Fit[] = [];
  for (const one of cases) {
    if (climb.signal?.aborted) break;
    fits.push(await fit(source, one, climb));
    bar.update(fits.length, cases.length);
  }
  bar.stop();
  return fits;
}

/**
 * Compares networks with 6, 10 and 14 neurons in their hidden layers by `design`, which sets the
 * results of annealing and training side by side.
 */
async function compareWidths({ twin, prior }: Source, signal: AbortSignal | undefined) {
  const pairs = 60;
  const hidden = (count: number) => ({
    model: feedforward({ layers: [width, count, count, count, width] }),
  });
  const comparison = await design({
    candidates: {
      "10-6-6-6-10": hidden(6),
      "10-10-10-10-10": hidden(10),
      "10-14-14-14-10": hidden(14),
    },
    pairs: {
      inputs: twin.pairs.inputs.slice(0, pairs * width),
      outputs: twin.pairs.outputs.slice(0, pairs * width),
    },
    fresh: twin.fresh,
    measurementPrecision,
    weightPrior: prior,
    biasPrior: prior,
    modelPrecision: { initial: 0.2 * measurementPrecision, factor: 10, rungs: 5 },
    startingPaths: { count: 1, seed: 1, start: "random" },
    minimizer: { method: "structured", tolerance: 1e-3, maxIterations: 40 },
    signal,
  });
  heading(`How wide should the hidden layers be? ${pairs} pairs; errors are mean squares`);
  console.log(comparison.summary());
  const [narrow, right] = comparison.rows;
  return { narrow, right };
}

/**
 * Climbs the ladder rung by rung, each run resuming the one before, to see the weights at each
 * rung.
 */
async function fit(
  { twin, prior }: Source,
  one: Case,
  { rungs, factor, initial, minimizer, signal }: Climb,
): Promise<Fit> {
  const began = performance.now();
  const model = layersOf(one.depth);
  const observed = observedOutputs[one.outputs];
  const pairs = {
    inputs: twin.pairs.inputs.slice(0, one.pairs * width),
    outputs: twin.pairs.outputs.slice(0, one.pairs * width),
  };
  // Predictions are compared in the observed outputs only.
  const counts = (_: number, i: number): boolean =>
    observed === undefined || (observed as readonly number[]).includes(i % width);
  const fresh = {
    ...twin.fresh,
    outputs: twin.fresh.outputs.map((y, i) => (counts(y, i) ? y : NaN)),
  };
  const options = {
    model,
    pairs,
    ...(observed === undefined ? {} : { observedOutputs: observed }),
    measurementPrecision,
    weightPrior: prior,
    biasPrior: prior,
    signal,
  };
  const ladder = Array.from({ length: rungs }, (_, k) => k + 1);
  let run: NetworkRun | undefined;
  const error: number[] = [];
  for (const rung of ladder) {
    run = await anneal({
      ...options,
      modelPrecision: { initial: initial * measurementPrecision, factor, rungs: rung },
      startingPaths: { count: 1, seed: 1, start: "random" },
      minimizer,
      workers: 0,
      ...(run === undefined ? {} : { resume: run }),
    });
    error.push(Math.sqrt(run.predictionError(fresh).meanSquare));
  }
  const last = run as NetworkRun;
  const trained = await train({ ...options, seed: 1 });
  return {
    ...one,
    run: last,
    ratio: ladder.map((rung) => Math.log10(initial * factor ** (rung - 1))),
    error,
    constant: Math.sqrt(last.predictionError(fresh).constant),
    trained: Math.sqrt(trained.predictionError(fresh).meanSquare),
    loss: trained.loss,
    seconds: (performance.now() - began) / 1000,
  };
}

function report({ name }: Source, fits: readonly Fit[]): void {
  heading(`Data from ${name}; noise ${noise} on inputs and outputs`);
  table(
    [
      "layers",
      "pairs",
      "outputs",
      "level",
      "loss trained",
      "error",
      "trained",
      "constant",
      "seconds",
    ],
    fits.map(({ depth, pairs, outputs, run, loss, error, trained, constant, seconds }) => [
      String(depth),
      String(pairs),
      String(outputs),
      run.best.action.toPrecision(3),
      loss.toPrecision(3),
      (error.at(-1) ?? NaN).toPrecision(3),
      trained.toPrecision(3),
      constant.toPrecision(3),
      seconds.toFixed(1),
    ]),
  );
}

function draw({ name }: Source, fits: readonly Fit[]): Promise<string> {
  const curve = (fit: Fit, y: ArrayLike<number>): Curve => ({
    name: `${fit.depth} layers`,
    x: fit.ratio,
    y,
  });
  const counts = [...new Set(fits.map(({ pairs }) => pairs))];
  const xTitle = "log₁₀ (R_f / R_m)";
  return drawCurves({
    title: `Networks annealed on pairs from ${name}`,
    subtitle:
      `${width} logistic neurons a layer, noise ${noise}; above levels, below errors of ` +
      "predictions of fresh pairs",
    broken: ["constant output"],
    columns: counts.length,
    panels: [
      ...counts.map((count) => ({
        label: `${count} ${count === 1 ? "pair" : "pairs"}`,
        xTitle,
        yTitle: "action (mean normalisation)",
        log: "y" as const,
        curves: fits
          .filter(({ pairs }) => pairs === count)
          .map((fit) => curve(fit, fit.run.rungTable.action)),
      })),
      ...counts.map((count) => {
        const these = fits.filter(({ pairs }) => pairs === count);
        const [fit] = these;
        return {
          label: `${count} ${count === 1 ? "pair" : "pairs"}`,
          xTitle,
          yTitle: "error of predictions",
          log: "y" as const,
          curves: [
            ...these.map((one) => curve(one, one.error)),
            {
              name: "constant output",
              x: fit?.ratio ?? [],
              y: (fit?.ratio ?? []).map(() => fit?.constant ?? NaN),
            },
          ],
        };
      }),
    ],
  });
}
