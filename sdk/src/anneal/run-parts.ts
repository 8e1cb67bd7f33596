// What statistics need of a run.
import type { CoreClimb } from "./raw.js";
import type { PathTask } from "./task.js";
import type { UnknownsShape } from "./unknowns.js";

/** @internal Parts of a run that statistics need. */
export interface RunParts {
  task: PathTask;
  /** As the user gave it, for its names. */
  model: unknown;
  /** Names of the model's states. */
  states: readonly string[];
  /** By level, lowest first; several may be of one minimum. */
  climbs: readonly CoreClimb[];
  /** The lowest of each level. */
  levels: readonly CoreClimb[];
  /** R_f of the last rung of the best. */
  modelPrecision: number;
  shape: UnknownsShape;
}
