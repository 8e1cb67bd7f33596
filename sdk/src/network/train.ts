// Plain training of networks, for comparison with annealing.
import { withOwnNames } from "../anneal/task.js";
import { disposalGuard } from "../work/disposal.js";
import { watchOf } from "../anneal/watch.js";
import { call, release } from "../instance.js";
import type { CoreTrainOptions, NetworkOptions, PredictionError, StopReason } from "../raw.js";
import type { RawPairs, RawTrainer } from "./raw.js";
import { record } from "../shape.js";
import { parted } from "./anneal.js";
import { type Network, networkOf } from "./network.js";
import type { LayerWeights, Weights } from "./weights.js";
import { type LayerRows, type Pairs, pairsOf, type Rows } from "./pairs.js";

/** Options of {@link train}. */
export interface TrainOptions
  extends NetworkOptions, Omit<CoreTrainOptions, "action" | "initialWeights"> {
  /** Network to be trained; see {@link feedforward} and {@link recurrent}. */
  model: Network;
  /** Pairs of inputs and outputs that were measured. */
  pairs: Pairs;
  /**
   * Weights to begin with, for instance those that annealing has found. Default: drawn at random.
   */
  initialWeights?: Weights;
  /**
   * Callback for the progress, called every few dozen iterations. If it throws, the training stops
   * and its promise rejects.
   */
  onProgress?: (progress: TrainProgress) => void;
  /**
   * Signal that stops the training at the next report. The promise then gives the weights as they
   * are, or rejects if the signal was aborted before the training began.
   */
  signal?: AbortSignal | undefined;
}

/** Progress of a training. */
export interface TrainProgress {
  /** Loss: the action without a model error, because the layers hold exactly. */
  loss: number;
  /** Number of iterations of the minimiser so far. */
  iterations: number;
  /** Number of evaluations of the loss with its gradient so far. */
  evaluations: number;
}

/** Number of iterations between two reports, after each of which L-BFGS begins anew. */
const PORTION = 50;

const outer = [
  "inputs",
  "weights",
  "initialWeights",
  "seed",
  "minimizer",
] satisfies (keyof CoreTrainOptions)[];
const own = ["model", "pairs", "onProgress", "signal"] satisfies (keyof TrainOptions)[];

/** Network that was trained in the plain way, the result of {@link train}. */
export class TrainedNetwork implements TrainProgress {
  /** Network that was trained. */
  readonly network: Network;
  /** Weights of each layer after the inputs: `weights[0]` leads from the inputs to layer 1. */
  readonly weights: LayerWeights[];
  /** Loss at the end: the action without a model error, because the layers hold exactly. */
  readonly loss: number;
  /** Number of iterations of the minimiser. */
  readonly iterations: number;
  /** Number of evaluations of the loss with its gradient. */
  readonly evaluations: number;
  /** Reason why the training ended; `"interrupted"` if a signal stopped it. */
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

  /**
   * Predicts the outputs at new inputs: pairs x neurons of the last layer, row-major.
   *
   * @param options `forcing`: known numbers from outside, for layers that have them.
   * @throws LeastActionError by field.
   */
  predict(inputs: Rows, options: { forcing?: readonly LayerRows[] } = {}): Float64Array {
    return this.network.predict(this.weights, inputs, options);
  }

  /**
   * Result as plain data, for `JSON.stringify`. Its weights are one list, which can be used as
   * `initialWeights`.
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
   * Computes errors of predictions on pairs that were not trained on, beside those of the best
   * constant outputs.
   *
   * @throws LeastActionError by field.
   */
  predictionError(fresh: Pairs): PredictionError {
    return this.network.errorBeside(this.weights, fresh, this.#pairs);
  }
}

/**
 * Trains a network in the plain way: the layers hold exactly, so that only the weights are unknown,
 * and the gradient is found by backpropagation. Annealing tends to this problem as R_f grows, but
 * comes to it along a ladder instead of from one random point. The training runs in this thread and
 * lets other events be served every few dozen iterations.
 *
 * @throws LeastActionError (the promise rejects) by field, if an option is wrong.
 *
 * @example
 * const trained = await train({
 *   model: network,
 *   pairs: { inputs, outputs },
 *   weightPrior: { mean: 0, deviation: 1 },
 *   seed: 1,
 * });
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
  const guard = disposalGuard();
  try {
    for (;;) {
      const end = call(() => trainer.advance(PORTION));
      const isOver = end.stop !== "interrupted";
      const { stop: _, ...progress } = end;
      if (!isOver) (onProgress as TrainOptions["onProgress"])?.(progress);
      if (isOver || watch.signal?.aborted === true)
        return new TrainedNetwork(network, crossed, trainer, end);
      await guard.yieldThread();
    }
  } finally {
    release(trainer);
  }
}

/** Makes the trainer in WebAssembly's memory; errors get the names of the options. */
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
