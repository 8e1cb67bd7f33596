// An annealing run from options to result, whoever does the climbing.
import { release } from "../instance.js";
import type { Climb, RawAnnealer } from "../raw.js";
import { type Climbing, type Job, withAnnealer } from "./climbs.js";
import { type AnnealOptions, climbsOf, type Progress, split, type Task } from "./options.js";
import { Run } from "./run.js";

/** {@link AnnealOptions} to {@link Run}, by one way of climbing. */
export async function annealBy<P extends string, E extends P>(
  climbing: Climbing,
  options: AnnealOptions<P, E>,
): Promise<Run<E>> {
  const { task, watch, resume } = split(options);
  const { estimated, earlier } = withAnnealer(task, (annealer) => check(annealer, resume));
  const { starts, rungs } = sizeOf(task);
  const isComplete = (climb: Climb): boolean => climb.rungs.length === rungs;
  const climbs = earlier.filter(isComplete);
  const jobs = jobsOf(
    starts,
    earlier.filter((climb) => !isComplete(climb)),
    climbs,
  );

  let done = earlier.reduce((sum, climb) => sum + climb.rungs.length, 0);
  let startsDone = climbs.length;
  const { workers, signal, onProgress } = watch;
  await climbing({
    task,
    jobs,
    workers,
    signal,
    onRung(start, level) {
      done += 1;
      if (level.rung === rungs - 1) startsDone += 1;
      const { rung } = level;
      const progress: Progress = { start, rung, rungs, starts, startsDone, done, total: rungs * starts, level };
      onProgress?.(progress);
    },
    onClimb: (climb) => climbs.push(climb),
  });

  const cancelled = climbs.length < starts || climbs.some((climb) => !isComplete(climb) && climb.failure === null);
  if (cancelled && climbs.every((climb) => climb.rungs.length === 0)) throw signal?.reason;
  climbs.sort((a, b) => a.start - b.start);
  const verdicts = withAnnealer(task, (annealer) => annealer.finish(climbs));
  return new Run<E>({ task, climbs, starts, estimated, verdicts, cancelled });
}

/** The names of the estimated parameters and the climbs to be resumed, found to fit this run. */
function check(annealer: RawAnnealer, resume: unknown): { estimated: readonly string[]; earlier: Climb[] } {
  const estimated = annealer.estimated();
  const earlier = climbsOf(resume, estimated);
  for (const climb of earlier) release(annealer.resume(climb));
  return { estimated, earlier };
}

/** From options that Rust has found good. */
function sizeOf(task: Task): { starts: number; rungs: number } {
  const options = task.options as { startingPaths: { count: number }; modelPrecision: { rungs: number } };
  return { starts: options.startingPaths.count, rungs: options.modelPrecision.rungs };
}

function jobsOf(starts: number, interrupted: readonly Climb[], complete: readonly Climb[]): Job[] {
  const known = new Map(interrupted.map((climb) => [climb.start, climb]));
  const finished = new Set(complete.map((climb) => climb.start));
  const jobs: Job[] = [];
  for (let start = 0; start < starts; start += 1) {
    if (!finished.has(start)) jobs.push({ start, climb: known.get(start) });
  }
  return jobs;
}
