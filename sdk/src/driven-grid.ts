// Grids on which a model is driven: their points, with inputs, jumps and events there.
import { outOfRange } from "./errors.js";
import type { TimedEvent } from "./events.js";
import type { InputCurve } from "./input-curves.js";
import type { Interpolation, Jump } from "./raw.js";

/** Inputs and events on the points of a grid. */
export interface Drive {
  /** Inputs: points x inputs, row-major; where an input jumps, the value right before. */
  inputs: Float64Array;
  /** Curve of each input between points; absent where all are straight lines. */
  interpolation?: Interpolation[];
  /** Points at which inputs jump or events happen, ascending; absent without any. */
  jumps?: Jump[];
}

/** Gives the times that should be points of a grid from `start` to `end`, in any order. */
export function drivenTimes(
  curves: readonly InputCurve[],
  events: readonly TimedEvent[],
  [start, end]: readonly [number, number],
): number[] {
  const ofCurves = curves.flatMap(({ nodes, corners, jumps }) => [
    ...nodes,
    ...corners,
    ...jumps.map(({ time }) => time),
  ]);
  return [...ofCurves, ...events.map(({ time }) => time)].filter(
    (time) => time >= start && time <= end,
  );
}

/**
 * Gives inputs and events on the points of a grid, which are at `times`. `pointOf` gives the number
 * of the point at a time of {@link drivenTimes}.
 */
export function driveOf(
  times: Float64Array,
  pointOf: (time: number) => number,
  curves: readonly InputCurve[],
  events: readonly TimedEvent[],
): Drive {
  const [start, end] = [times[0] as number, times.at(-1) as number];
  const width = curves.length;
  const inputs = new Float64Array(times.length * width);
  const jumps = new Map<number, Jump>();
  const jumpAt = (time: number): Jump => {
    const point = pointOf(time);
    const jump = jumps.get(point) ?? { point };
    jumps.set(point, jump);
    return jump;
  };
  const inside = (time: number): boolean => time >= start && time <= end;
  curves.forEach((curve, k) => {
    times.forEach((time, n) => (inputs[n * width + k] = curve.at(time)));
    for (const { time, before } of curve.jumps.filter(({ time }) => inside(time)))
      inputs[pointOf(time) * width + k] = before;
    for (const time of curve.corners.filter(inside)) jumpAt(time);
  });
  curves.forEach((curve, k) => {
    for (const { time, after } of curve.jumps.filter(({ time }) => inside(time))) {
      const jump = jumpAt(time);
      const { point } = jump;
      jump.inputs ??= Array.from(inputs.subarray(point * width, (point + 1) * width));
      jump.inputs[k] = after;
    }
  });
  for (const { time, kind, numbers } of events.filter(({ time }) => inside(time)))
    (jumpAt(time).events ??= []).push({ kind, numbers });
  const drive: Drive = { inputs };
  if (jumps.size > 0) drive.jumps = Array.from(jumps.values()).sort((a, b) => a.point - b.point);
  if (curves.some(({ interpolation }) => interpolation === "cubic"))
    drive.interpolation = curves.map(({ interpolation }) => interpolation);
  return drive;
}

/**
 * Refuses events before a time at which what happened earlier is already in the state.
 *
 * @throws LeastActionError that names the first such event.
 */
export function refuseEarlier(events: readonly TimedEvent[], start: number, what: string): void {
  const early = events.find(({ time }) => time < start);
  if (early === undefined || early.path.startsWith("model.")) return;
  throw outOfRange(
    early.path,
    early.time,
    `at or after the time at which ${what}, ${start}: let the data begin there, with NaN where nothing was ` +
      "measured, or leave the event out and say by firstState what it has left",
  );
}
