// Climbing in this thread, which is let go between rungs.
import { call, release } from "../instance.js";
import type { RawAnnealer } from "../raw.js";
import { annealerOf, climberOf, type Climbing, type Job, type Work } from "./climbs.js";

export const climbHere: Climbing = async (work) => {
  const annealer = annealerOf(work.task);
  try {
    for (const job of work.jobs) {
      if (work.signal?.aborted) return;
      await climb(annealer, job, work);
    }
  } finally {
    release(annealer);
  }
};

async function climb(annealer: RawAnnealer, job: Job, { signal, onRung, onClimb }: Work): Promise<void> {
  const climber = climberOf(annealer, job);
  try {
    while (!signal?.aborted) {
      const rung = call(() => climber.nextRung());
      if (rung === undefined) break;
      onRung(job.start, rung);
      await breathe();
    }
    onClimb(call(() => climber.climb()));
  } finally {
    release(climber);
  }
}

/** Lets events and timers be served. Not by setTimeout, which browsers hold back for 4 ms. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
