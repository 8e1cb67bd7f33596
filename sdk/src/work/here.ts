// Working in this thread, which is let go between steps.
import { breathe } from "./breathe.js";
import { untilDisposed } from "./disposal.js";
import { openTask } from "./open.js";
import type { Job, OpenTask, Work, Working } from "./work.js";

export const workHere: Working = async (work) => {
  const open = openTask<Job, never, never>(work.task);
  const doAll = async (): Promise<void> => {
    for (const job of work.jobs) {
      if (work.signal?.aborted) return;
      await doOne(open, job, work);
    }
  };
  try {
    await untilDisposed(doAll());
  } finally {
    open.free();
  }
};

async function doOne<S, R>(
  open: OpenTask<Job, S, R>,
  job: Job,
  { signal, onStep, onSoFar, onResult }: Work<Job, S, R>,
): Promise<void> {
  const doing = open.begin(job);
  try {
    while (!signal?.aborted) {
      const step = doing.step();
      if (step === undefined) break;
      onSoFar?.(doing.result());
      onStep(job.start, step);
      await breathe();
    }
    onResult(doing.result());
  } finally {
    doing.free();
  }
}
