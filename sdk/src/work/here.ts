// Work in this thread, which serves other events between steps.
import { type DisposalGuard, disposalGuard } from "./disposal.js";
import { FRAME, type Job, type OpenTask, type Task, type Work, type Working } from "./work.js";

/** Way of working in this thread, one job after the other. */
export const workInThisThread: Working = (work) => ({
  async do(jobs) {
    const open = work.kind.open(work.task);
    const guard = disposalGuard();
    for (const job of jobs) {
      if (work.signal?.aborted) return;
      await runJob(open, job, work, guard);
    }
  },
  end: () => Promise.resolve(),
});

/** Runs one job to its end, or until the signal is aborted. */
async function runJob<T extends Task, J extends Job, S, R>(
  open: OpenTask<J, S, R>,
  job: J,
  { signal, onStep, onPartialResult, onResult }: Work<T, J, S, R>,
  guard: DisposalGuard,
): Promise<void> {
  const running = open.begin(job);
  let seen = -Infinity;
  try {
    while (!signal?.aborted) {
      const step = running.step();
      if (step === undefined) break;
      if (onPartialResult !== undefined && performance.now() - seen > FRAME) {
        onPartialResult(running.result());
        guard.check();
        seen = performance.now();
      }
      onStep(job.start, step);
      await guard.yieldThread();
    }
    const result = running.result();
    onPartialResult?.(result);
    guard.check();
    onResult(result);
  } finally {
    running.free();
  }
}
