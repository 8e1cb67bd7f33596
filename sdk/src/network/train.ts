// Plain training, to compare with.
import { withOwnNames } from "../anneal/task.js";
import { lifeNow } from "../work/disposal.js";
import { watchOf } from "../anneal/options.js";
import { call, release } from "../instance.js";
import type { CoreTrainOptions, NetworkOptions, PredictionError, StopReason } from "../raw.js";
import type { RawPairs, RawTrainer } from "./raw.js";
import { record } from "../shape.js";
import { parted } from "./anneal.js";
import { type Network, networkOf } from "./network.js";
import type { LayerWeights, Weights } from "./weights.js";
import { type LayerRows, type Pairs, pairsOf, type Rows } from "./pairs.js";

/** Everything about plain training. */
export interface TrainOptions
  extends NetworkOptions, Omit<CoreTrainOptions, "action" | "initialWeights"> {
  model: Network;
  pairs: Pairs;
  /** The first weights, for instance those that annealing has found. Default: drawn at random. */
  initialWeights?: Weights;
  /** Told every few dozen iterations. What it throws stops the training and rejects its promise. */
  onProgress?: (progress: TrainProgress) => void;
  /**
   * Stops the training at the next report; the promise then gives the weights as they are, or
   * rejects if training had not begun.
   */
  signal?: AbortSignal | undefined;
}

/** How far training has come. */
export interface TrainProgress {
  loss: number;
  iterations: number;
  /** Of the loss with its gradient. */
  evaluations: number;
}

/** Iterations between two reports, after which L-BFGS begins anew. */
const PORTION = 50;

const outer = [
  "inputs",
  "weights",
  "initialWeights",
  "seed",
  "minimizer",
] satisfies (keyof CoreTrainOptions)[];
const own = ["model", "pairs", "onProgress", "signal"] satisfies (keyof TrainOptions)[];

/** A trained network. */
export class TrainedNetwork implements TrainProgress {
  readonly network: Network;
  /** Of each layer after the inputs: what leads to layer 1 is `weights[0]`. */
  readonly weights: LayerWeights[];
  /** The action without a model error: the layers hold exactly. */
  readonly loss: number;
  readonly iterations: number;
  readonly evaluations: number;
  /** Why training ended; `"interrupted"` if a signal stopped it. */
  readonly stop: StopReason;
  readonly #pairs: RawPairs;

  /** @internal */
  constructor(
    network: Network,
    pairs: RawPairs,
    trainer: RawTrainer,
    end: ReturnType<RawTrainer["advance"]>,
  ) {
    this.network = network;
    this.weights = network.splitWeights(call(() => trainer.weights()));
    this.loss = end.loss;
    this.iterations = end.iterations;
    this.evaluations = end.evaluations;
    this.stop = end.stop;
    this.#pairs = pairs;
  }

  /** The outputs at new inputs: pairs x neurons of the last layer, row-major. */
  predict(inputs: Rows, options: { forcing?: readonly LayerRows[] } = {}): Float64Array {
    return this.network.predict(this.weights, inputs, options);
  }

  /**
   * Everything as plain data, for `JSON.stringify`; the weights in one list, which can be
   * `initialWeights` again.
   */
  toJSON(): Record<string, unknown> {
    const { loss, iterations, evaluations, stop } = this;
    return {
      weights: Array.from(this.network.joinWeights(this.weights)),
      loss,
      iterations,
      evaluations,
      stop,
    };
  }

  /**
   * Errors of predictions on pairs that were not trained on, beside those of the best constant
   * outputs.
   */
  predictionError(fresh: Pairs): PredictionError {
    return this.network.errorBeside(this.weights, fresh, this.#pairs);
  }
}

/**
 * Trains a network in the plain way: the layers hold exactly, so that only the weights are unknown,
 * and the gradient is found by backpropagation. It is what annealing tends to as R_f grows, from
 * one point at random instead of along a ladder. Runs in this thread, which is let go every few
 * dozen iterations.
 *
 * @throws LeastActionError (the promise rejects) for whatever is wrong with the options, by field.
 *
 * @example
 * const trained = await train({ model: network, pairs: { inputs, outputs }, weightPrior: { mean: 0, deviation: 1 }, seed: 1 });
 * trained.predictionError(fresh).meanSquare;
 */
export async function train(options: TrainOptions): Promise<TrainedNetwork> {
  const { model, pairs, initialWeights, onProgress, signal, ...rest } = record("options", options);
  const network = networkOf(model);
  if (initialWeights !== undefined) {
    rest.initialWeights = network.joinWeights(initialWeights as Weights, "initialWeights");
  }
  const watch = watchOf({ workers: undefined, onProgress, signal });
  const { outer: given, inner } = parted(rest, outer);
  const crossed = pairsOf(pairs, network);
  watch.signal?.throwIfAborted();
  const trainer = trainerOf(network, crossed, inner, given);
  const life = lifeNow();
  try {
    for (;;) {
      const end = call(() => trainer.advance(PORTION));
      const isOver = end.stop !== "interrupted";
      const { stop: _, ...progress } = end;
      if (!isOver) (onProgress as TrainOptions["onProgress"])?.(progress);
      if (isOver || watch.signal?.aborted === true)
        return new TrainedNetwork(network, crossed, trainer, end);
      await life.breathe();
    }
  } finally {
    release(trainer);
  }
}

function trainerOf(
  network: Network,
  pairs: RawPairs,
  action: unknown,
  options: unknown,
): RawTrainer {
  try {
    return call((raw) => new raw.Trainer(network.spec, pairs, action, options));
  } catch (error) {
    throw withOwnNames(error, [...own, ...outer]);
  }
}
