// Grid of the data's points, and of predictions past them.
import type { TimeGrid } from "../inputs.js";
import type { DataSet } from "../observations.js";
import { MOST_VALUES } from "../shape.js";

/** Grid of a data set; it starts at 0 unless the data say otherwise. */
export function gridOf({ grid }: DataSet): Required<Omit<TimeGrid, "first" | "times">> {
  return { start: 0, ...(grid as Omit<TimeGrid, "start" | "times">) };
}

/**
 * Grid of a prediction's points past the window; undefined if the options allow none, which Rust
 * then reports.
 */
export function predictedGrid(set: DataSet | undefined, until: unknown): TimeGrid | undefined {
  if (set === undefined || typeof until !== "number") return undefined;
  const { start, timeStep, points: first } = gridOf(set);
  const last = set.times?.at(-1);
  const ahead = until - (last ?? start + (first - 1) * timeStep);
  // Rust counts the same way: slightly less, so that rounding in `until` does not add a step.
  const points = Math.max(1, Math.ceil(ahead / timeStep - 1e-9));
  if (!(ahead > 0 && points <= MOST_VALUES)) return undefined;
  return last === undefined
    ? { start, timeStep, first, points }
    : { start: last, timeStep, first: 1, points };
}
