// Working in this thread, which is let go between steps.
import { breaths } from "./disposal.js";
import { openTask } from "./open.js";
import { FRAME, type Job, type OpenTask, type Work, type Working } from "./work.js";

export const workHere: Working = async (work) => {
  const open = openTask<Job, never, never>(work.task);
  const breathe = breaths();
  try {
    for (const job of work.jobs) {
      if (work.signal?.aborted) return;
      await doOne(open, job, work, breathe);
    }
  } finally {
    open.free();
  }
};

async function doOne<S, R>(
  open: OpenTask<Job, S, R>,
  job: Job,
  { signal, onStep, onSoFar, onResult }: Work<Job, S, R>,
  breathe: () => Promise<void>,
): Promise<void> {
  const doing = open.begin(job);
  let seen = -Infinity;
  try {
    while (!signal?.aborted) {
      const step = doing.step();
      if (step === undefined) break;
      if (onSoFar !== undefined && performance.now() - seen > FRAME) {
        onSoFar(doing.result());
        seen = performance.now();
      }
      onStep(job.start, step);
      await breathe();
    }
    const result = doing.result();
    onSoFar?.(result);
    onResult(result);
  } finally {
    doing.free();
  }
}
