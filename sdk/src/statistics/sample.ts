// Sampling of a posterior, from options to result, done here or in threads.
import { Run } from "../anneal/run.js";
import type { RunParts } from "../anneal/run-parts.js";
import { watchOf, type Watching } from "../anneal/watch.js";
import { LeastActionError, outOfRange, wrongShape } from "../errors.js";
import { release } from "../instance.js";
import { type PathTask, withAnnealer, withOwnNames } from "../anneal/task.js";
import type { ChainPhase, CoreAnnealOptions, CoreSamplingOptions } from "../raw.js";
import type { CoreClimb } from "../anneal/raw.js";
import type { RawSampling } from "./raw.js";
import { describe, finiteNumber, MOST_VALUES, plain, record, wholeNumber } from "../shape.js";
import type { Working } from "../work/work.js";
import {
  type ChainJob,
  type ChainResult,
  chains as kind,
  type ChainStep,
  type ChainTask,
} from "./chains.js";
import { SampledPosterior, type SampledParts } from "./posterior.js";
import { earlierOf } from "./sampling-resume.js";
import { fingerprint, settingsOf } from "./settings.js";

/** Progress of a sampling: one of its chains has made transitions. */
export interface SamplingProgress extends ChainStep {
  /** Number of the chain, from 0. */
  chain: number;
  /** Number of chains. */
  chains: number;
  /** Share of the transitions of all chains that is done, from 0 to 1. */
  share: number;
}

/** Options of {@link samplePosterior}. `E` are the estimated parameters, `I` the model's inputs. */
export interface SamplingOptions<E extends string = string, I extends string = string>
  extends CoreSamplingOptions, Omit<Watching, "onProgress"> {
  /**
   * Run of {@link anneal} of a path: its model, data and options define the posterior, and chains
   * begin about its minima.
   */
  run: Run<E, I>;
  /**
   * R_f of the action that is sampled. `Infinity` is the deterministic limit: the path obeys the
   * model exactly, and first states and parameters are sampled, with the paths that follow from
   * them. Default: `Infinity` where `run.uncertainty()` takes it by default, else that of the run's
   * last rung.
   */
  modelPrecision?: number;
  /**
   * Minima about which chains begin: `"lowest"`, or `"levels"`, the lowest minimum of each action
   * level in turn, which shows whether chains move from one to another. Default: `"lowest"`.
   */
  from?: "lowest" | "levels";
  /** Interval between draws that are kept: 10 keeps every tenth. Default: 1, which keeps all. */
  thin?: number;
  /**
   * Called several times a second for every chain. An error that it throws stops the sampling and
   * rejects its promise.
   */
  onProgress?: (progress: SamplingProgress) => void;
  /**
   * Sampling that was cancelled, or the result of `JSON.parse` for one, to be continued with the
   * same options; the result has the same bits as that of a sampling that was not cancelled.
   * `draws` may be larger than before.
   */
  resume?: SampledPosterior<E, I> | object;
}

/** Options that Rust does not read. */
const OWN = ["run", "modelPrecision", "from", "thin", "workers", "onProgress", "signal", "resume"];

/** Samples the posterior of a run; chains are drawn by `working`, here or in threads. */
export async function samplePosteriorBy<E extends string, I extends string>(
  working: Working,
  options: unknown,
): Promise<SampledPosterior<E, I>> {
  const { run, modelPrecision, from, thin, workers, onProgress, signal, resume, ...rest } = record(
    "options",
    options,
  );
  const parts = Run.partsOf(run);
  if (parts === undefined)
    throw wrongShape(
      "run",
      `must be a run of a path through data, as anneal gives, got ${describe(run)}`,
    );
  const watch = watchOf({ workers, onProgress, signal });
  const tell = onProgress as SamplingOptions["onProgress"];
  const precision = precisionOf(parts, modelPrecision);
  const given = plain("options", rest) as Record<string, unknown>;
  const all = checked(parts, precision, given);
  const { chains, draws, ...same } = all;
  const kept = thin === undefined ? 1 : wholeNumber("thin", thin, 1);
  const unknowns = parts.shape.estimated.length + (parts.climbs[0] as CoreClimb).path.length;
  if (chains * Math.floor(draws / kept) * unknowns > MOST_VALUES) {
    const most = `${chains} chains x ${draws} draws x ${unknowns} values are more than fit in memory`;
    throw wrongShape("thin", `must be larger: ${most}`);
  }
  if (kept > draws)
    throw outOfRange("thin", kept, `at most ${draws}, the number of draws, or none is kept`);
  const task: ChainTask = {
    kind: "chains",
    paths: parts.task,
    climbs: climbsOf(parts, from),
    modelPrecision: precision,
    options: given,
    thin: kept,
  };
  const posterior = fingerprint(actionOf(parts.task));
  const settings = settingsOf({
    modelPrecision: precision,
    thin: kept,
    from: from ?? "lowest",
    ...same,
  });
  const { annealing } = all;
  const earlier = earlierOf(resume, {
    ...{ posterior, settings, chains, draws, thin: kept, unknowns },
    before: all.warmup + (annealing === null ? 0 : annealing.rungs * annealing.transitions),
    open: (state) =>
      release(
        withAnnealer(parts.task, (annealer, raw) =>
          raw.Chain.resume(annealer, precision, state, given),
        ),
      ),
  });
  const results = new Map(earlier.map((one) => [one.start, one]));
  const jobs = jobsOf(chains, draws, results);
  watch.signal?.throwIfAborted();
  const shares = new Map<number, number>();
  const pool = working({
    kind,
    task,
    workers: watch.workers,
    signal: watch.signal,
    onStep(chain: number, step: ChainStep) {
      shares.set(chain, step.done / step.total);
      const over = chains - jobs.length;
      const share = ([...shares.values()].reduce((sum, one) => sum + one, 0) + over) / chains;
      tell?.({ ...step, chain, chains, share });
    },
    onPartialResult: undefined,
    onResult: (result: ChainResult) => void results.set(result.start, result),
  });
  try {
    await pool.do(jobs);
  } finally {
    await pool.end();
  }
  const done = [...results.values()].sort((a, b) => a.start - b.start);
  const failure = done.find((one) => one.failure !== null)?.failure;
  // If all chains failed before their first draw, there is no result.
  if (failure && done.every((one) => one.failure !== null && one.draws === 0)) {
    throw new LeastActionError(failure.message, failure.facts);
  }
  const cancelled = watch.signal?.aborted === true && jobsOf(chains, draws, results).length > 0;
  if (cancelled && done.every(({ state }) => state === null)) watch.signal?.throwIfAborted();
  const sampled: SampledParts = {
    run: parts,
    modelPrecision: precision,
    posterior,
    settings,
    options: given,
    thin: kept,
    results: done,
    cancelled,
  };
  return new SampledPosterior<E, I>(sampled);
}

/** R_f that is sampled: the given one, or that which Rust chooses for the run. */
function precisionOf(parts: RunParts, given: unknown): number {
  if (given === Infinity) return Infinity;
  if (given !== undefined) return finiteNumber("modelPrecision", given);
  const best = parts.climbs[0] as CoreClimb;
  return withAnnealer(parts.task, (annealer, raw) => raw.defaultModelPrecision(annealer, best));
}

/** Lets Rust check the options and fill in defaults, before any work begins. */
function checked(parts: RunParts, modelPrecision: number, options: unknown): RawSampling {
  try {
    return withAnnealer(parts.task, (annealer, raw) =>
      raw.checkSampling(annealer, modelPrecision, options),
    );
  } catch (error) {
    throw withOwnNames(error, OWN);
  }
}

/** Minima about which chains begin. */
function climbsOf({ climbs, levels }: RunParts, from: unknown): readonly CoreClimb[] {
  if (from === undefined || from === "lowest") return climbs.slice(0, 1);
  if (from === "levels") return levels.length === 0 ? climbs.slice(0, 1) : levels;
  throw wrongShape("from", `must be "lowest" or "levels", got ${describe(from)}`);
}

/** Jobs of the chains that are not at their end. */
function jobsOf(
  chains: number,
  draws: number,
  results: ReadonlyMap<number, ChainResult>,
): ChainJob[] {
  const all = Array.from({ length: chains }, (_, start): ChainJob => ({
    start,
    chain: results.get(start),
  }));
  return all.filter(
    ({ chain }) => chain === undefined || (chain.draws < draws && chain.failure === null),
  );
}

/** Model, data and options of a run on which its action depends. */
function actionOf({ spec, sets, options, grid }: PathTask): unknown {
  const {
    modelPrecision: _ladder,
    startingPaths: _starts,
    minimizer: _minimizer,
    ...action
  } = options as object & CoreAnnealOptions;
  // Of the grid only what the density depends on: its fineness and the weights of the states.
  const refined = grid && { parts: grid.parts, modelWeights: grid.modelWeights };
  return { spec, sets, action, ...(refined && { refined }) };
}

export type { ChainPhase };
