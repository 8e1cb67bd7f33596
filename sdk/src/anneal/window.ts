// Where the points of the data are, and those of predictions past them.
import type { TimeGrid } from "../inputs.js";
import type { DataSet } from "../observations.js";
import { MOST_VALUES } from "../shape.js";

export function gridOf({ grid }: DataSet): Required<Omit<TimeGrid, "first">> {
  return { start: 0, ...(grid as Omit<TimeGrid, "start">) };
}

/**
 * Where a prediction has its points past the window; undefined where there is no such prediction,
 * which is for Rust to say.
 */
export function predictedGrid(set: DataSet | undefined, until: unknown): TimeGrid | undefined {
  if (set === undefined || typeof until !== "number") return undefined;
  const { start, timeStep, points: first } = gridOf(set);
  const ahead = until - (start + (first - 1) * timeStep);
  // The core counts the same way: a hair less, so that rounding in `until` does not add a step.
  const points = Math.max(1, Math.ceil(ahead / timeStep - 1e-9));
  return ahead > 0 && points <= MOST_VALUES ? { start, timeStep, first, points } : undefined;
}
