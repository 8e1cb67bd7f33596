/**
 * Two limits of the action of a network. As R_f grows, its layers hold ever more exactly, and the
 * lowest action tends to that of plain training as one over R_f. And deeper is a finer time step:
 * residual layers that share their weights are Euler's steps of a flow, and with R_f divided by the
 * step, action and weights tend to those of the flow at the order of the step.
 *
 * H. D. I. Abarbanel, P. J. Rozdeba, S. Shirman, "Machine Learning: Deepest Learning as Statistical
 * Data Assimilation Problems", Neural Computation 30(8), 2018.
 */
import {
  anneal,
  feedforward,
  init,
  networkTwin,
  recurrent,
  train,
  type NetworkRun,
} from "least-action";
import type { Outcome, Settings } from "../outcome.js";
import { drawCurves } from "../pictures/curves.js";
import { heading, table } from "../terminal.js";

const prior = { mean: 0, deviation: 2 };
const priors = { weightPrior: prior, biasPrior: prior };

export async function limits({ size, signal }: Settings = {}): Promise<Outcome> {
  const { rungs = 13 } = size ?? {};
  await init();
  const weak = await weakToStrong(rungs, signal);
  const deep = await deeper(rungs < 13 ? [4, 8, 16] : [8, 16, 32, 64, 128], signal);
  return {
    pictures: {
      "limits.svg": await drawCurves({
        title: "Two limits of a network's action",
        subtitle:
          "Left: the weak constraint tends to plain training. Right: residual layers tend " +
          "to a flow.",
        broken: ["1 / R_f", "order 1"],
        panels: [
          {
            label: "lowest action below that of training",
            xTitle: "R_f / R_m",
            yTitle: "difference of the actions",
            log: "both",
            curves: [
              { name: "2-3-1 logistic neurons", x: weak.ratio, y: weak.difference },
              { name: "1 / R_f", x: weak.ratio, y: weak.ratio.map((r) => weak.scale / r) },
            ],
          },
          {
            label: "against twice as many layers",
            xTitle: "step h",
            yTitle: "difference",
            log: "both",
            curves: [
              { name: "action", x: deep.step, y: deep.action },
              { name: "largest change of a weight", x: deep.step, y: deep.weight },
              {
                name: "order 1",
                x: deep.step,
                y: deep.step.map((h) => (deep.weight[0] ?? 1) * (h / (deep.step[0] ?? 1))),
              },
            ],
          },
        ],
      }),
    },
    checks: [
      {
        claim:
          "the lowest action tends to that of training as 1 / R_f (slope " +
          `${weak.slope.toFixed(3)})`,
        holds: Math.abs(weak.slope + 1) < 0.05,
      },
      {
        claim:
          "with twice as many layers the action is off by half as much (order " +
          `${deep.order.toFixed(2)})`,
        holds: Math.abs(deep.order - 1) < 0.15,
      },
    ],
  };
}

/**
 * Compares the strong constraint, which is trained, with the weak one, which climbs a ladder to the
 * lowest action at every rung.
 */
async function weakToStrong(rungs: number, signal: AbortSignal | undefined) {
  const model = feedforward({ layers: [2, 3, 1] });
  const weights = model.randomWeights({ range: [-3, 3], seed: 1 });
  const { pairs } = networkTwin({
    model,
    weights,
    pairs: 40,
    inputNoise: 0.05,
    outputNoise: 0.05,
    seed: 2,
  });
  const measurementPrecision = 400;
  const common = { model, pairs, measurementPrecision, ...priors };
  const run = await anneal({
    ...common,
    modelPrecision: { initial: measurementPrecision / 10, factor: 10 ** 0.5, rungs },
    startingPaths: { count: 1, seed: 1, weights: [-2, 2] },
    minimizer: { method: "structured", tolerance: 1e-14, maxIterations: 2000 },
    signal,
  });
  // Inputs are noisy in both, and training begins at the end of the ladder, so that both are near
  // the same minimum.
  const minimizer = {
    method: "lbfgs",
    tolerance: 1e-15,
    maxIterations: 20_000,
    memory: 40,
  } as const;
  const initialWeights = run.best.weights;
  const strong = await train({ ...common, inputs: "free", initialWeights, minimizer, signal });
  const ratio = Array.from(
    run.rungTable.modelPrecision,
    (precision) => precision / measurementPrecision,
  );
  const difference = Array.from(run.rungTable.action, (action) => strong.loss - action);
  const last = ratio.length - 1;
  const [a, b] = [Math.floor(last / 2), last];
  const slope =
    Math.log((difference[b] as number) / (difference[a] as number)) /
    Math.log((ratio[b] as number) / (ratio[a] as number));
  heading("Weak to strong: the lowest action against that of layers that hold exactly");
  table(
    ["R_f / R_m", "action", "below the strong one"],
    ratio.map((r, k) => [
      r.toExponential(1),
      (run.rungTable.action[k] ?? NaN).toPrecision(8),
      (difference[k] ?? NaN).toExponential(2),
    ]),
  );
  console.log(`training with noisy inputs: ${strong.loss.toPrecision(8)}`);
  return { ratio, difference, slope, scale: (difference[b] as number) * (ratio[b] as number) };
}

/**
 * Compares networks of these depths with the flow that they approximate. A flow of two neurons
 * carries a circle to a turned ellipse; no such flow does that exactly, so the model's error
 * matters.
 */
async function deeper(depths: readonly number[], signal: AbortSignal | undefined) {
  const pairs = 8;
  const point = (k: number, turn: number, a: number, b: number): number[] => {
    const angle = (2 * Math.PI * k) / pairs + turn;
    return [a * Math.cos(angle), b * Math.sin(angle)];
  };
  const all = Array.from({ length: pairs }, (_, k) => k);
  const data = {
    inputs: all.map((k) => point(k, 0, 1, 1)),
    outputs: all.map((k) => point(k, 0.5, 1.4, 0.8)),
  };
  const flowPrecision = 300;
  const runs: NetworkRun[] = [];
  for (const steps of depths) {
    const run = await anneal({
      model: recurrent({ width: 2, steps, activation: "tanh", residual: 1 / steps }),
      pairs: data,
      // Sums of squares and not their means: a mean over twice as many residuals would be another
      // action.
      normalization: "posterior",
      measurementPrecision: 100,
      ...priors,
      // R_f of a layer is that of the flow divided by the step.
      modelPrecision: { initial: flowPrecision * steps, factor: 2, rungs: 1 },
      startingPaths: { count: 1 },
      minimizer: { method: "structured", tolerance: 1e-13 },
      signal,
    });
    runs.push(run);
  }
  const weightsOf = (run: NetworkRun): Float64Array => run.network.joinWeights(run.best.weights);
  const pairsOf = runs.slice(1).map((fine, k) => [runs[k] as NetworkRun, fine] as const);
  const action = pairsOf.map(([coarse, fine]) => Math.abs(coarse.best.action - fine.best.action));
  const weight = pairsOf.map(([coarse, fine]) => {
    const other = weightsOf(fine);
    return weightsOf(coarse).reduce(
      (most, w, i) => Math.max(most, Math.abs(w - (other[i] ?? NaN))),
      0,
    );
  });
  const step = depths.slice(0, -1).map((steps) => 1 / steps);
  const order = Math.log2((action.at(-2) ?? NaN) / (action.at(-1) ?? NaN));
  heading("Deeper is a finer time step: residual layers of one flow, R_f divided by the step");
  table(
    ["layers", "action", "to twice as many: action", "largest change of a weight"],
    depths.map((depth, k) => [
      String(depth),
      (runs[k]?.best.action ?? NaN).toPrecision(7),
      action[k]?.toExponential(2) ?? "",
      weight[k]?.toExponential(2) ?? "",
    ]),
  );
  return { step, action, weight, order };
}
