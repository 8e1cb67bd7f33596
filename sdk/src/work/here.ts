// Working in this thread, which is let go between steps.
import { type Life, lifeNow } from "./disposal.js";
import { FRAME, type Job, type OpenTask, type Task, type Work, type Working } from "./work.js";

export const workHere: Working = (work) => ({
  async do(jobs) {
    const open = work.kind.open(work.task);
    const life = lifeNow();
    for (const job of jobs) {
      if (work.signal?.aborted) return;
      await doOne(open, job, work, life);
    }
  },
  end: () => Promise.resolve(),
});

async function doOne<T extends Task, J extends Job, S, R>(
  open: OpenTask<J, S, R>,
  job: J,
  { signal, onStep, onSoFar, onResult }: Work<T, J, S, R>,
  life: Life,
): Promise<void> {
  const doing = open.begin(job);
  let seen = -Infinity;
  try {
    while (!signal?.aborted) {
      const step = doing.step();
      if (step === undefined) break;
      if (onSoFar !== undefined && performance.now() - seen > FRAME) {
        onSoFar(doing.result());
        life.check();
        seen = performance.now();
      }
      onStep(job.start, step);
      await life.breathe();
    }
    const result = doing.result();
    onSoFar?.(result);
    life.check();
    onResult(result);
  } finally {
    doing.free();
  }
}
