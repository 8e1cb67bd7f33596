// Climbs as a kind of work that threads share.
import { call, release } from "../instance.js";
import type { Rung } from "../raw.js";
import type { Job, Kind } from "../work/work.js";
import type { CoreClimb } from "./raw.js";
import { type AnnealTask, withAnnealer } from "./task.js";

/** Number of a starting path, with the climb as far as it was done before. */
export interface ClimbJob extends Job {
  /** Earlier climb to go on with; undefined to begin at the first rung. */
  climb: CoreClimb | undefined;
}

/** Work that consists of climbs: every step is a rung. */
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
