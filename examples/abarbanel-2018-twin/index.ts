/**
 * The twin experiment of Abarbanel, Rozdeba and Shirman (2018): a network of 100 layers of ten logistic neurons with weights at random makes pairs of noisy
 * inputs and outputs; networks of 20, 30, 50 and 100 layers are annealed on 1, 10 or 100 of these pairs, with 10, 5 or 2 of the outputs observed. Their weights are
 * uniform in +-0.1, and a network of logistic neurons with such weights contracts by a factor of a hundred in two layers: its outputs hardly depend on its inputs,
 * and a constant predicts as well as any network. So a second set has weights near the edge of chaos, where prediction means something.
 *
 * H. D. I. Abarbanel, P. J. Rozdeba, S. Shirman, "Machine Learning: Deepest Learning as Statistical Data Assimilation Problems", Neural Computation 30(8), 2018,
 * doi 10.1162/neco_a_01094.
 */
import {
  anneal,
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
import { heading, progressBar, table } from "../terminal.js";

const width = 10;
const noise = 0.005;
const measurementPrecision = 1 / noise ** 2;
const observed = { 10: undefined, 5: [0, 2, 4, 6, 8], 2: [0, 5] } as const;
type Outputs = keyof typeof observed;

/** Where data come from: a network, its weights, and what keeps estimated ones in reason. */
interface Source {
  name: string;
  network: Network;
  weights: Float64Array;
  options: Pick<NetworkAnnealOptions, "weightBounds" | "biasBounds" | "weightPrior" | "biasPrior">;
}

interface Fit {
  depth: number;
  pairs: number;
  outputs: Outputs;
  run: NetworkRun;
  /** log10 of R_f / R_m, and there the lowest action and the mean squared error of the predictions of fresh pairs. */
  ratio: number[];
  error: number[];
  constant: number;
  trained: number;
  seconds: number;
}
