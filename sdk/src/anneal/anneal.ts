// An annealing run from options to result, whoever does the climbing.
import type { Rung, StepCheck } from "../raw.js";
import { release } from "../instance.js";
import type { Working } from "../work/work.js";
import { type ClimbJob, climbs as kind } from "./climbs.js";
import { planOf as networkPlanOf } from "../network/anneal.js";
import { isNetwork } from "../network/network.js";
import type { NetworkRun } from "../network/run.js";
import { record } from "../shape.js";
import { type Plan, planOf } from "./options.js";
import type { CoreClimb, RawAnnealer } from "./raw.js";
import type { Outcome } from "./results.js";
import type { Run } from "./run.js";
import {
  type AnnealTask,
  type Names,
  type PathTask,
  releaseAnnealer,
  withAnnealer,
} from "./task.js";
import type { Progress, Watch } from "./watch.js";

/** Anneals: from a user's options to a run, with climbs done by `working`, here or in threads. */
export async function annealBy(working: Working, options: unknown): Promise<Run | NetworkRun> {
  const given = record("options", options);
  const { model } = given;
  return isNetwork(model)
    ? ascend(working, networkPlanOf(model, given))
    : ascend(working, planOf(given));
}

/** Gives the row of the first point of each data set. */
function firstsOf(points: Uint32Array): number[] {
  let next = 0;
  return Array.from(points, (count) => {
    const first = next;
    next += count;
    return first;
  });
}

/** Carries out a plan: resumes earlier climbs, climbs the others, and makes the result. */
async function ascend<R>(working: Working, plan: Plan<R>): Promise<R> {
  const { task, watch, earlier, result } = plan;
  let kept: AnnealTask | undefined;
  try {
    const names = withAnnealer(task, (annealer) => ({
      estimated: annealer.estimated(),
      varying: annealer.varying(),
      own: annealer.own(),
      spreads: annealer.spreads(),
      firsts: firstsOf(annealer.points()),
      isScaled: annealer.isScaled(),
      hasLogarithms: annealer.hasLogarithms(),
      noise: annealer.noise(),
    }));
    const climbs = earlier(names);
    for (const climb of climbs) release(withAnnealer(task, (annealer) => annealer.resume(climb)));
    const first = new Ascent(task, climbs, 0, watch.onProgress);
    await first.run(working, plan, names);
    const found = first.outcome(watch.signal);
    const unchecked = (): Outcome => {
      const verdicts = withAnnealer(task, (annealer) => annealer.finish(found.climbs));
      return { ...names, ...found, verdicts, checks: [] };
    };
    if (task.kind !== "paths") return result(unchecked(), task);
    // A run of paths asks more of its annealer, a network's own weights say all the rest.
    kept = task;
    if (found.cancelled) return result(unchecked(), task);
    const refined = await refine({ working, plan, names }, task, found, first.done);
    if (refined === undefined) return result({ ...unchecked(), cancelled: true }, task);
    const [coarse, fine] = refined;
    return fine === undefined
      ? result(coarse.outcome, task)
      : result(fine.outcome, fine.at, result(coarse.outcome, task));
  } finally {
    if (kept === undefined) releaseAnnealer(task);
  }
}

/** Run on one grid, with the task that has the grid. */
interface Step {
  outcome: Outcome;
  at: PathTask;
}

/**
 * Concludes a search that is over, and goes on with finer grids until the time step no longer
 * matters. Gives the run on the data's grid and, where there are finer ones, that on the last of
 * them; undefined where a signal stops it. The search is then to be given back as cancelled:
 * resumed, it goes on to the same bits.
 */
async function refine<R>(
  { working, plan, names }: { working: Working; plan: Plan<R>; names: Names },
  task: PathTask,
  found: Climbing,
  before: number,
): Promise<readonly [Step, Step?] | undefined> {
  const { signal, onProgress } = plan.watch;
  let [climbing, at, done] = [found, task, before];
  let checks: StepCheck[] = [];
  const steps: Step[] = [];
  for (;;) {
    const [of, known] = [climbing, checks];
    const { verdicts, check, grid } = withAnnealer(at, (annealer) =>
      annealer.conclude(of.climbs, known),
    );
    checks = check === null ? known : [...known, check];
    const step = { outcome: { ...names, ...climbing, verdicts, checks }, at };
    // The annealer of the data's own grid belongs to a run of its own, the others to none.
    if (steps.length > 1) releaseAnnealer((steps.pop() as Step).at);
    steps.push(step);
    if (grid === null) break;
    const finer: PathTask = { ...task, grid };
    try {
      const ascent = new Ascent(finer, [], done, onProgress);
      await ascent.run(working, plan, names);
      done = ascent.done;
      if (signal?.aborted) {
        for (const { at: one } of [...steps.slice(1), { at: finer }]) releaseAnnealer(one);
        return undefined;
      }
      climbing = ascent.outcome(signal);
      at = finer;
    } catch (error) {
      releaseAnnealer(finer);
      throw error;
    }
    // Paths that were not climbed to their end are no answer, and a search that finds nothing lower
    // than the path that was followed is none either.
    const ends = climbing.climbs.filter(
      ({ failure, stopped }) => failure === null && stopped === null,
    );
    const lowest = Math.min(...ends.map(({ rungs }) => rungs.at(-1)?.action ?? Infinity));
    const isSearch = grid.starts.length === 0;
    if (lowest === Infinity || (isSearch && lowest >= (verdicts.levels[0]?.action ?? Infinity))) {
      releaseAnnealer(finer);
      break;
    }
  }
  return steps as unknown as readonly [Step, Step?];
}

/** Climbs of a run, in the order of their starting paths. */
type Climbing = Pick<Outcome, "starts" | "cancelled"> & { climbs: CoreClimb[] };

/** Climbs of a run, which may end before all starting paths have been tried. */
class Ascent {
  readonly #task: AnnealTask;
  readonly #climbs: Map<number, CoreClimb>;
  readonly #onProgress: Watch["onProgress"];
  readonly #starts: number;
  readonly #rungs: number | undefined;
  #done: number;
  #over = 0;

  /** `before` is the number of rungs that were done on coarser grids. */
  constructor(
    task: AnnealTask,
    earlier: readonly CoreClimb[],
    before: number,
    onProgress: Watch["onProgress"],
  ) {
    this.#task = task;
    this.#climbs = new Map(earlier.map((climb) => [climb.start, climb]));
    this.#onProgress = onProgress;
    this.#starts = withAnnealer(task, (annealer) => annealer.starts());
    this.#rungs = withAnnealer(task, (annealer) => annealer.rungs());
    this.#done = earlier.reduce((sum, climb) => sum + climb.rungs.length, before);
  }

  /** Number of rungs that were done, on coarser grids too. */
  get done(): number {
    return this.#done;
  }

  /** Climbs until enough starting paths have succeeded, all are over, or a signal stops it. */
  async run(
    working: Working,
    { watch: { workers, signal }, onClimb }: Pick<Plan<unknown>, "watch" | "onClimb">,
    names: Names,
  ): Promise<void> {
    const onPartialResult =
      onClimb &&
      ((climb: CoreClimb) => void (climb.rungs.length > 0 && onClimb(climb, names, this.#task)));
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

  /** Climbs that count, in the order of their starting paths. */
  outcome(signal: AbortSignal | undefined): Climbing {
    const { enough, over } = this.#state();
    const all = [...this.#climbs.values()].sort((a, b) => a.start - b.start);
    const climbs = enough === null ? all : all.filter((climb) => climb.start < enough);
    const cancelled = enough === null && over.length < this.#starts;
    if (cancelled && climbs.every((climb) => climb.rungs.length === 0)) throw signal?.reason;
    const starts = Math.max(...climbs.map((climb) => climb.start)) + 1;
    return { climbs, starts, cancelled };
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
      parts: (this.#task.kind === "paths" && this.#task.grid?.parts) || 1,
      result,
    };
    this.#onProgress?.(progress);
  }
}
