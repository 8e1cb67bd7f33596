// Grid of the data's points, and of predictions past them.
import { driveOf, drivenTimes, refuseEarlier } from "../driven-grid.js";
import { eventKindsOf, eventsOf, type TimedEvent } from "../events.js";
import { inputCurves, namesOf, type TimeGrid } from "../inputs.js";
import type { DataSet } from "../observations.js";
import { float64Array, MOST_VALUES, timeGrid } from "../shape.js";

/** Grid of a data set; it starts at 0 unless the data say otherwise. */
export function gridOf({ grid }: DataSet): Required<Omit<TimeGrid, "first" | "times">> {
  return { start: 0, ...(grid as Omit<TimeGrid, "start" | "times">) };
}

/**
 * Adds inputs and events past the window to a horizon, in the form that Rust takes. Options that
 * allow no prediction are left for Rust to refuse.
 *
 * @throws LeastActionError by field, as `inputs.I` and `events.dose.time`.
 */
export function driveHorizon(
  horizon: Record<string, unknown>,
  set: DataSet | undefined,
  model: unknown,
  { inputs, events }: { inputs?: unknown; events?: unknown },
): void {
  const grid = predictedGrid(set, horizon.until);
  if (set === undefined || grid === undefined) return;
  const { start, timeStep, points: count } = gridOf(set);
  const last = set.times?.at(-1) ?? start + (count - 1) * timeStep;
  const points = timeGrid(grid.start, grid.timeStep, grid.first ?? 0, grid.points);
  const all = eventsOf(events, eventKindsOf(model), float64Array);
  refuseEarlier(all, last, "the window ends");
  // What happens at the end of the window is known of the data, unless it is said anew.
  const isLater = ({ time, path }: TimedEvent): boolean =>
    time > last || (time === last && !path.startsWith("model."));
  const later = all.filter(isLater);
  const names = namesOf(model)?.inputs;
  const curves = inputs === undefined ? [] : inputCurves(inputs, names, { points, from: last });
  const sharp = curves.map((curve) => ({ ...curve, nodes: [], corners: [] }));
  const needed = drivenTimes(sharp, later, [last, points.at(-1) as number]);
  if (inputs === undefined && needed.length === 0) return;
  const near = 1e-6 * timeStep;
  const known = [last, ...points];
  const further = needed.filter((time) => !known.some((one) => Math.abs(one - time) <= near));
  const times = Float64Array.from(new Set([...known, ...further])).sort();
  const pointOf = (time: number): number =>
    times.findIndex((one) => one >= time - near && one <= time + near);
  const drive = driveOf(times, pointOf, sharp, later);
  if (further.length > 0) horizon.times = Array.from(times.subarray(1));
  if (inputs !== undefined) horizon.inputs = Array.from(drive.inputs.subarray(curves.length));
  if (curves.length > 0) horizon.interpolation = curves.map(({ interpolation }) => interpolation);
  if (drive.jumps !== undefined) horizon.jumps = drive.jumps;
}

/**
 * Grid of a prediction's points past the window; undefined if the options allow none, which Rust
 * then reports.
 */
function predictedGrid(set: DataSet | undefined, until: unknown): TimeGrid | undefined {
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
