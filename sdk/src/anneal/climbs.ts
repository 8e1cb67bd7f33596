// Climbs as a kind of work.
import { call, release } from "../instance.js";
import type { Rung } from "../raw.js";
import type { Job, Kind } from "../work/work.js";
import type { CoreClimb } from "./raw.js";
import { type AnnealTask, withAnnealer } from "./task.js";

/** A starting path, and what has been done of it already. */
export interface ClimbJob extends Job {
  climb: CoreClimb | undefined;
}

/** Climbs of a run: every step is a rung. */
export const climbs: Kind<AnnealTask, ClimbJob, Rung, CoreClimb> = {
  job: "starting path",
  hasPartialResults: true,
  open: (task) => ({
    begin({ start, climb }) {
      const climber = withAnnealer(task, (annealer) =>
        climb === undefined ? annealer.climber(start) : annealer.resume(climb),
      );
      return {
        step: (cancel) => call(() => climber.nextRung(cancel)),
        result: () => call(() => climber.climb()),
        free: () => release(climber),
      };
    },
  }),
};
