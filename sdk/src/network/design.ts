// Comparison of networks, to find the design that the data ask for.
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
 * Options that one candidate has for itself, such as its network, its pairs, or its number of
 * starting paths. All others are shared.
 */
export type Candidate = Partial<
  Omit<NetworkAnnealOptions, "resume" | "onProgress" | "onPath" | "signal">
>;

/**
 * Options of {@link design}. Options beside the candidates hold for all that do not set their own.
 */
export interface DesignOptions<C extends string> extends Candidate {
  /** Candidates by name, in the order of the table. */
  candidates: { readonly [K in C]: Candidate };
  /** Pairs that are not annealed, on which predictions are compared. */
  fresh: Pairs;
  /**
   * Callback that is called when a candidate is done, with its row and the numbers of candidates
   * done and in total. If it throws, the comparison ends and its promise rejects.
   */
  onProgress?: (done: { candidate: C; done: number; total: number; row: DesignRow<C> }) => void;
  /**
   * Signal that ends the comparison at the next rung. The promise then gives the candidates that
   * were done, or rejects if there is none.
   */
  signal?: AbortSignal | undefined;
}

/** Row of a comparison: one candidate with its levels and prediction errors. */
export interface DesignRow<C extends string> {
  /** Name of the candidate. */
  candidate: C;
  /** Annealed network with all its climbs. */
  run: NetworkRun;
  /**
   * Network of the same candidate, trained in the plain way from random weights on the same pairs,
   * priors and bounds.
   */
  trained: TrainedNetwork;
  /** Lowest action at the last rung. */
  level: number;
  /** Action that noise alone explains if the network is right. */
  expectedLevel: number;
  /** Verdict that follows from the lowest action and the level that noise explains. */
  verdict: Verdict;
  /**
   * Prediction error of the annealed network on the fresh pairs, beside that of the best constants.
   */
  error: PredictionError;
  /** Prediction error of the network trained in the plain way, on the same fresh pairs. */
  trainedError: PredictionError;
}

/**
 * Comparison of candidates by action levels and prediction errors, the result of {@link design}.
 */
export class Design<C extends string> {
  /** Rows of the candidates that were done, in the order in which they were given. */
  readonly rows: readonly DesignRow<C>[];

  /** @internal */
  constructor(rows: readonly DesignRow<C>[]) {
    this.rows = rows;
  }

  /**
   * Table in plain text with one line per candidate. Errors are mean squares on the fresh pairs.
   */
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

/** Compares networks by a given function that anneals. */
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
  // All candidates are checked before the first one is annealed.
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
    // A row whose training was cut short would be mistaken for a complete one.
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
