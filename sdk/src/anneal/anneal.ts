// An annealing run from options to result, whoever does the climbing.
import { call, release } from "../instance.js";
import type { Climb, RawAnnealer, Rung } from "../raw.js";
import type { Working } from "../work/work.js";
import { annealerOf, type ClimbJob } from "./climbs.js";
import { planOf as networkPlanOf } from "../network/anneal.js";
import { isNetwork } from "../network/network.js";
import type { NetworkRun } from "../network/run.js";
import { record } from "../shape.js";
import { type Plan, planOf, type Progress, type Task, type Watch } from "./options.js";
import type { Run } from "./run.js";

/** Options to a run, by one way of working. */
export async function annealBy(working: Working, options: unknown): Promise<Run | NetworkRun> {
  const given = record("options", options);
  const { model } = given;
  return isNetwork(model)
    ? ascend(working, networkPlanOf(model, given))
    : ascend(working, planOf(given));
}

async function ascend<R>(
  working: Working,
  { task, watch, onClimb, earlier, result }: Plan<R>,
): Promise<R> {
  const annealer = annealerOf(task);
  try {
    const names = call(() => ({ estimated: annealer.estimated(), varying: annealer.varying() }));
    const climbs = earlier(names);
    for (const climb of climbs) release(call(() => annealer.resume(climb)));
    const ascent = new Ascent(annealer, climbs, watch.onProgress);
    await ascent.run(
      working,
      task,
      watch,
      onClimb && ((climb) => void (climb.rungs.length > 0 && onClimb(climb, names))),
    );
    return result({ ...names, ...ascent.outcome(watch.signal) });
  } finally {
    release(annealer);
  }
}

/** The climbs of a run, which may end before all starting paths have been tried. */
class Ascent {
  readonly #annealer: RawAnnealer;
  readonly #climbs: Map<number, Climb>;
  readonly #onProgress: Watch["onProgress"];
  readonly #starts: number;
  readonly #rungs: number | undefined;
  #done: number;
  #over = 0;

  constructor(annealer: RawAnnealer, earlier: readonly Climb[], onProgress: Watch["onProgress"]) {
    this.#annealer = annealer;
    this.#climbs = new Map(earlier.map((climb) => [climb.start, climb]));
    this.#onProgress = onProgress;
    this.#starts = call(() => annealer.starts());
    this.#rungs = call(() => annealer.rungs());
    this.#done = earlier.reduce((sum, climb) => sum + climb.rungs.length, 0);
  }

  async run(
    working: Working,
    task: Task,
    { workers, signal }: Watch,
    onSoFar: ((climb: Climb) => void) | undefined,
  ): Promise<void> {
    const over = new Set(this.#state().over);
    this.#over = over.size;
    const begun = (start: number): ClimbJob => ({ start, climb: this.#climbs.get(start) });
    const all = Array.from({ length: this.#starts }, (_, start) => start);
    const wave = async (jobs: readonly ClimbJob[]): Promise<void> => {
      if (jobs.length === 0 || signal?.aborted || this.#state().enough !== null) return;
      // Whoever still climbs when there are enough is called back.
      const stop = new AbortController();
      const onAbort = (): void => stop.abort(signal?.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
      const onResult = (climb: Climb): void => {
        this.#climbs.set(climb.start, climb);
        const state = this.#state();
        this.#over = state.over.length;
        if (state.enough !== null) stop.abort();
      };
      const onStep = (start: number, level: Rung): void => this.#tell(start, level);
      try {
        await working({ task, jobs, workers, signal: stop.signal, onStep, onSoFar, onResult });
      } finally {
        signal?.removeEventListener("abort", onAbort);
      }
    };
    await wave(all.filter((start) => !over.has(start)).map(begun));
    // Those that were stopped because noise does not explain them, if no other got through. One
    // after the other: which of them are needed must not depend on the number of threads.
    for (const start of this.#state().reprieved) await wave([begun(start)]);
  }

  /** All climbs that count, and what they say together. */
  outcome(signal: AbortSignal | undefined): {
    climbs: Climb[];
    starts: number;
    verdicts: ReturnType<RawAnnealer["finish"]>;
    cancelled: boolean;
  } {
    const { enough, over } = this.#state();
    const all = [...this.#climbs.values()].sort((a, b) => a.start - b.start);
    const climbs = enough === null ? all : all.filter((climb) => climb.start < enough);
    const cancelled = enough === null && over.length < this.#starts;
    if (cancelled && climbs.every((climb) => climb.rungs.length === 0)) throw signal?.reason;
    const verdicts = call(() => this.#annealer.finish(climbs));
    const starts = Math.max(...climbs.map((climb) => climb.start)) + 1;
    return { climbs, starts, verdicts, cancelled };
  }

  #state(): ReturnType<RawAnnealer["state"]> {
    return call(() => this.#annealer.state([...this.#climbs.values()]));
  }

  #tell(start: number, level: Rung): void {
    this.#done += 1;
    const [starts, rungs, done] = [this.#starts, this.#rungs ?? null, this.#done];
    const total = rungs === null ? null : rungs * starts;
    const progress: Progress = {
      start,
      rung: level.rung,
      rungs,
      starts,
      startsDone: this.#over,
      done,
      total,
      level,
    };
    this.#onProgress?.(progress);
  }
}
