// Sampling a posterior from options to result, whoever does the work.
import { Run } from "../anneal/run.js";
import type { RunParts } from "../anneal/run-parts.js";
import { watchOf, type Watching } from "../anneal/options.js";
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

/** Some transitions have been done. */
export interface SamplingProgress extends ChainStep {
  /** Number of the chain. */
  chain: number;
  chains: number;
  /** What has been done of all chains, from 0 to 1. */
  share: number;
}

/** How the posterior of a run is sampled. */
export interface SamplingOptions<E extends string = string, I extends string = string>
  extends CoreSamplingOptions, Omit<Watching, "onProgress"> {
  /**
   * A run of {@link anneal}: its model, data and options are what is sampled, and chains begin
   * about its minima.
   */
  run: Run<E, I>;
  /** R_f of the action that is sampled. Default: that of the run's last rung. */
  modelPrecision?: number;
  /**
   * About which minima chains begin: `"lowest"` (default), or the lowest of each action level in
   * turn, `"levels"`, which shows whether chains find from one to the other.
   */
  from?: "lowest" | "levels";
  /** Every so many draws one is kept. Default: 1. */
  thin?: number;
  /**
   * Told some times a second of every chain. What it throws stops the sampling and rejects its
   * promise.
   */
  onProgress?: (progress: SamplingProgress) => void;
  /**
   * A sampling that was cancelled, to be continued with the same options; the result has the same
   * bits as one that was not. More `draws` than before are allowed.
   */
  resume?: SampledPosterior<E, I> | object;
}

const OWN = ["run", "modelPrecision", "from", "thin", "workers", "onProgress", "signal", "resume"];

/** By one way of working. */
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
  const precision =
    modelPrecision === undefined
      ? parts.modelPrecision
      : finiteNumber("modelPrecision", modelPrecision);
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
  // Where nothing was drawn and nothing can be, there is no result.
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

/** What Rust makes of the options, checked before any work begins. */
function checked(parts: RunParts, modelPrecision: number, options: unknown): RawSampling {
  try {
    return withAnnealer(parts.task, (annealer, raw) =>
      raw.checkSampling(annealer, modelPrecision, options),
    );
  } catch (error) {
    throw withOwnNames(error, OWN);
  }
}

function climbsOf({ climbs, levels }: RunParts, from: unknown): readonly CoreClimb[] {
  if (from === undefined || from === "lowest") return climbs.slice(0, 1);
  if (from === "levels") return levels.length === 0 ? climbs.slice(0, 1) : levels;
  throw wrongShape("from", `must be "lowest" or "levels", got ${describe(from)}`);
}

/** Chains that are not at their end. */
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

/** Of all that a run was told, what its action depends on. */
function actionOf({ spec, sets, options }: PathTask): unknown {
  const {
    modelPrecision: _ladder,
    startingPaths: _starts,
    minimizer: _minimizer,
    ...action
  } = options as object & CoreAnnealOptions;
  return { spec, sets, action };
}

export type { ChainPhase };
