// An annealing run from options to result, whoever does the climbing.
import type { Rung } from "../raw.js";
import { release } from "../instance.js";
import type { Working } from "../work/work.js";
import { type ClimbJob, climbs as kind } from "./climbs.js";
import { planOf as networkPlanOf } from "../network/anneal.js";
import { isNetwork } from "../network/network.js";
import type { NetworkRun } from "../network/run.js";
import { record } from "../shape.js";
import { type Plan, planOf, type Progress, type Watch } from "./options.js";
import type { CoreClimb, RawAnnealer } from "./raw.js";
import type { Run } from "./run.js";
import { type AnnealTask, releaseAnnealer, withAnnealer } from "./task.js";

/** Anneals: from a user's options to a run, with climbs done by `working`, here or in threads. */
export async function annealBy(working: Working, options: unknown): Promise<Run | NetworkRun> {
  const given = record("options", options);
  const { model } = given;
  return isNetwork(model)
    ? ascend(working, networkPlanOf(model, given))
    : ascend(working, planOf(given));
}

/** Carries out a plan: resumes earlier climbs, climbs the others, and makes the result. */
async function ascend<R>(working: Working, plan: Plan<R>): Promise<R> {
  const { task, watch, onClimb, earlier, result } = plan;
  let isKept = false;
  try {
    const names = withAnnealer(task, (annealer) => ({
      estimated: annealer.estimated(),
      varying: annealer.varying(),
    }));
    const climbs = earlier(names);
    for (const climb of climbs) release(withAnnealer(task, (annealer) => annealer.resume(climb)));
    const ascent = new Ascent(task, climbs, watch.onProgress);
    await ascent.run(
      working,
      watch,
      onClimb && ((climb) => void (climb.rungs.length > 0 && onClimb(climb, names))),
    );
    const run = result({ ...names, ...ascent.outcome(watch.signal) });
    // A run of paths asks more of its annealer, a network's own weights say all the rest.
    isKept = task.kind === "paths";
    return run;
  } finally {
    if (!isKept) releaseAnnealer(task);
  }
}

/** Climbs of a run, which may end before all starting paths have been tried. */
class Ascent {
  readonly #task: AnnealTask;
  readonly #climbs: Map<number, CoreClimb>;
  readonly #onProgress: Watch["onProgress"];
  readonly #starts: number;
  readonly #rungs: number | undefined;
  #done: number;
  #over = 0;

  constructor(task: AnnealTask, earlier: readonly CoreClimb[], onProgress: Watch["onProgress"]) {
    this.#task = task;
    this.#climbs = new Map(earlier.map((climb) => [climb.start, climb]));
    this.#onProgress = onProgress;
    this.#starts = withAnnealer(task, (annealer) => annealer.starts());
    this.#rungs = withAnnealer(task, (annealer) => annealer.rungs());
    this.#done = earlier.reduce((sum, climb) => sum + climb.rungs.length, 0);
  }

  /** Climbs until enough starting paths have succeeded, all are over, or a signal stops it. */
  async run(
    working: Working,
    { workers, signal }: Watch,
    onPartialResult: ((climb: CoreClimb) => void) | undefined,
  ): Promise<void> {
    const over = new Set(this.#state().over);
    this.#over = over.size;
    // Climbs that are under way when enough have succeeded are stopped.
    const stop = new AbortController();
    const onAbort = (): void => stop.abort(signal?.reason);
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    const onResult = (climb: CoreClimb): void => {
      this.#climbs.set(climb.start, climb);
      const state = this.#state();
      this.#over = state.over.length;
      if (state.enough !== null) stop.abort();
    };
    const onStep = (start: number, rung: Rung): void => this.#tell(start, rung);
    const task = this.#task;
    const work = { kind, task, workers, signal: stop.signal, onStep, onPartialResult, onResult };
    const pool = working(work);
    const wave = async (starts: readonly number[]): Promise<void> => {
      if (starts.length === 0 || stop.signal.aborted || this.#state().enough !== null) return;
      await pool.do(starts.map((start): ClimbJob => ({ start, climb: this.#climbs.get(start) })));
    };
    try {
      const all = Array.from({ length: this.#starts }, (_, start) => start);
      await wave(all.filter((start) => !over.has(start)));
      // Starting paths that were stopped because noise does not explain their action go on if no
      // other succeeded. One after the other: which of them are needed must not depend on the
      // number of threads.
      for (const start of this.#state().reprieved) await wave([start]);
    } finally {
      signal?.removeEventListener("abort", onAbort);
      await pool.end();
    }
  }

  /** Climbs that count, in the order of their starting paths, with levels, findings and verdict. */
  outcome(signal: AbortSignal | undefined): {
    climbs: CoreClimb[];
    starts: number;
    verdicts: ReturnType<RawAnnealer["finish"]>;
    cancelled: boolean;
  } {
    const { enough, over } = this.#state();
    const all = [...this.#climbs.values()].sort((a, b) => a.start - b.start);
    const climbs = enough === null ? all : all.filter((climb) => climb.start < enough);
    const cancelled = enough === null && over.length < this.#starts;
    if (cancelled && climbs.every((climb) => climb.rungs.length === 0)) throw signal?.reason;
    const verdicts = withAnnealer(this.#task, (annealer) => annealer.finish(climbs));
    const starts = Math.max(...climbs.map((climb) => climb.start)) + 1;
    return { climbs, starts, verdicts, cancelled };
  }

  /** Starting paths that are over, and those still to be climbed. */
  #state(): ReturnType<RawAnnealer["state"]> {
    return withAnnealer(this.#task, (annealer) => annealer.state([...this.#climbs.values()]));
  }

  /** Tells `onProgress` of a rung that was done. */
  #tell(start: number, result: Rung): void {
    this.#done += 1;
    const [starts, rungs, done] = [this.#starts, this.#rungs ?? null, this.#done];
    const total = rungs === null ? null : rungs * starts;
    const progress: Progress = {
      start,
      rung: result.rung,
      rungs,
      starts,
      startsDone: this.#over,
      done,
      total,
      result,
    };
    this.#onProgress?.(progress);
  }
}
