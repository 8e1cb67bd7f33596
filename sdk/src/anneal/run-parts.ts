// Parts of a run that statistics need.
import type { CoreClimb } from "./raw.js";
import type { PathTask } from "./task.js";
import type { NoiseEstimate } from "../raw.js";
import type { UnknownsShape } from "./unknowns.js";

/** @internal Parts of a run that statistics need. */
export interface RunParts {
  task: PathTask;
  /** Model as the user gave it, for its names. */
  model: unknown;
  /** Names of the model's states. */
  states: readonly string[];
  /** Climbs by action level, lowest first; several may have ended at one minimum. */
  climbs: readonly CoreClimb[];
  /** Lowest climb of each action level. */
  levels: readonly CoreClimb[];
  /** R_f of the last rung of the best climb. */
  modelPrecision: number;
  /** Warning about the run where its verdict is not "consistent"; undefined where it is. */
  warning: string | undefined;
  /** Estimated noise of the measured channels; empty where it is known. */
  noise: readonly NoiseEstimate[];
  shape: UnknownsShape;
}
