// Networks side by side: which design do the data ask for?
import { wrongShape } from "../errors.js";
import type { PredictionError, Verdict } from "../raw.js";
import { describe, record } from "../shape.js";
import { tableOf } from "../table.js";
import type { NetworkAnnealOptions } from "./anneal.js";
import { networkOf } from "./network.js";
import { type Pairs, pairsOf } from "./pairs.js";
import type { NetworkRun } from "./run.js";
import { type TrainedNetwork, train } from "./train.js";

/**
 * Whatever of the options one candidate has for itself: its network, how many outputs are observed,
 * which pairs, how many starts.
 */
export type Candidate = Partial<
  Omit<NetworkAnnealOptions, "resume" | "onProgress" | "onPath" | "signal">
>;

/**
 * Networks to be compared. What is said beside the candidates counts for all that do not say
 * otherwise.
 */
export interface DesignOptions<C extends string> extends Candidate {
  /** By name, in the order of the table. */
  candidates: { readonly [K in C]: Candidate };
  /** Pairs that are not annealed, to predict. */
  fresh: Pairs;
  /** Told of every candidate that is done. What it throws ends the comparison. */
  onProgress?: (done: { candidate: C; done: number; total: number; row: DesignRow<C> }) => void;
  /**
   * Ends the comparison at the next rung; the promise then gives the candidates that were done, or
   * rejects if there is none.
   */
  signal?: AbortSignal | undefined;
}

/** One candidate. */
export interface DesignRow<C extends string> {
  candidate: C;
  run: NetworkRun;
  /**
   * The same network trained in the plain way on the same pairs, priors and bounds, from weights at
   * random.
   */
  trained: TrainedNetwork;
  /** Lowest action at the last rung, the level that noise explains, and what follows from both. */
  level: number;
  expectedLevel: number;
  verdict: Verdict;
  /** Of the fresh pairs, beside the best constants. */
  error: PredictionError;
  trainedError: PredictionError;
}

/** Candidates with their levels and predictions. */
export class Design<C extends string> {
  readonly rows: readonly DesignRow<C>[];

  /** @internal */
  constructor(rows: readonly DesignRow<C>[]) {
    this.rows = rows;
  }

  /** One line per candidate. Errors are means of squares on the fresh pairs. */
  summary(): string {
    const heads = [
      "candidate",
      "weights",
      "level",
      "noise",
      "verdict",
      "annealed",
      "trained",
      "constant",
    ];
    const number = (value: number): string => value.toPrecision(3);
    const lines = this.rows.map(
      ({ candidate, run, level, expectedLevel, verdict, error, trainedError }) => [
        candidate,
        String(run.network.weightCount),
        number(level),
        number(expectedLevel),
        verdict,
        number(error.meanSquare),
        number(trainedError.meanSquare),
        number(error.constant),
      ],
    );
    return tableOf(heads, lines, ["candidate", "verdict"]);
  }
}

/** Compares by one way of annealing. */
export async function designBy<C extends string>(
  anneal: (options: NetworkAnnealOptions) => Promise<NetworkRun>,
  options: DesignOptions<C>,
): Promise<Design<C>> {
  const { candidates, fresh, onProgress, signal, ...shared } = record(
    "options",
    options,
  ) as unknown as DesignOptions<C>;
  const given = record("candidates", candidates);
  const names = Object.keys(given) as C[];
  if (names.length === 0)
    throw wrongShape("candidates", "must have at least one network to look at");
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw wrongShape("onProgress", `must be a function, got ${describe(onProgress)}`);
  }
  // Whatever can be found wrong before the first is annealed.
  const all = names.map((candidate) => {
    const own = record(`candidates.${candidate}`, given[candidate]);
    for (const name of ["resume", "onProgress", "onPath", "signal"]) {
      if (own[name] !== undefined)
        throw wrongShape(`candidates.${candidate}.${name}`, "is for all candidates, or for none");
    }
    const one = { ...shared, ...own } as Candidate & Pick<NetworkAnnealOptions, "model" | "pairs">;
    const model = networkOf(
      one.model,
      own.model === undefined ? "model" : `candidates.${candidate}.model`,
    );
    pairsOf(one.pairs, model);
    pairsOf(fresh, model, "fresh");
    return { candidate, one };
  });
  const rows: DesignRow<C>[] = [];
  const isStopped = (): boolean => signal?.aborted === true;
  for (const { candidate, one } of all) {
    if (isStopped() && rows.length > 0) break;
    const run = await anneal({ ...one, signal });
    // Where layers are exact there is no ladder, and activations have no bounds of their own.
    const {
      modelPrecision: _,
      startingPaths,
      minimizer: __,
      workers: ___,
      activationBounds: ____,
      ...action
    } = one;
    const seed = startingPaths?.seed;
    // Inputs that are missing cannot be exact.
    const inputs = one.pairs.missingInputs === true ? ({ inputs: "free" } as const) : {};
    const trained = await train({
      ...action,
      ...inputs,
      ...(seed === undefined ? {} : { seed }),
      signal,
    });
    // Half a row would be taken for a whole one.
    if (isStopped()) break;
    const row: DesignRow<C> = {
      candidate,
      run,
      trained,
      level: run.best.action,
      expectedLevel: run.expectedLevel,
      verdict: run.verdict,
      error: run.predictionError(fresh),
      trainedError: trained.predictionError(fresh),
    };
    rows.push(row);
    onProgress?.({ candidate, done: rows.length, total: names.length, row });
  }
  if (rows.length === 0) signal?.throwIfAborted();
  return new Design(rows);
}
