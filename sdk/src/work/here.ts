// Working in this thread, which is let go between steps.
import { type Life, lifeNow } from "./disposal.js";
import { openTask } from "./open.js";
import { FRAME, type Job, type OpenTask, type Work, type Working } from "./work.js";

export const workHere: Working = async (work) => {
  const open = openTask<Job, never, never>(work.task);
  const life = lifeNow();
  try {
    for (const job of work.jobs) {
      if (work.signal?.aborted) return;
      await doOne(open, job, work, life);
    }
  } finally {
    open.free();
  }
};

async function doOne<S, R>(
  open: OpenTask<Job, S, R>,
  job: Job,
  { signal, onStep, onSoFar, onResult }: Work<Job, S, R>,
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
