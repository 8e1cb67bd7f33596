// Points of data that come at any times.
import { outOfRange, wrongLength } from "./errors.js";
import { MOST_VALUES, timeGrid } from "./shape.js";

/**
 * Largest distance of a time from the grid, as a share of the time step. Times were probably
 * rounded when they were written down.
 */
const TOLERANCE = 1e-3;

/** Largest distance of two times that are one but for rounding errors, as a share of the step. */
const SAME = 1e-6;

/** Largest number of points of an even grid, as a multiple of the number of times. */
const MOST_GAPS = 8;

/** Gives the different times in ascending order, and the number of each given time among them. */
export function instantsOf(given: Float64Array): { times: Float64Array; of: Int32Array } {
  given.forEach((time, i) => {
    if (!Number.isFinite(time)) throw outOfRange(`times[${i}]`, time, "finite");
  });
  const times = Float64Array.from(new Set(given)).sort();
  if (times.length < 2) throw wrongLength("times", times.length, 2, "different ones, at least");
  const numbers = new Map(Array.from(times, (time, n) => [time, n]));
  return { times, of: Int32Array.from(given, (time) => numbers.get(time) as number) };
}

/** Points of data, and the point of each instant of theirs. */
export interface DataGrid {
  /** Time of the first point. */
  start: number;
  /** Time between points, or the longest step of the model's grid. */
  timeStep: number;
  /** Number of points. */
  points: number;
  /** Times of points that are not evenly spaced. */
  times?: Float64Array;
  /** Number of the point of each instant, ascending. */
  pointOf: Float64Array;
}

/** Needs of a grid beside the instants of data. */
export interface GridNeeds {
  /** Further times that must be points, in any order, such as those of jumps and events. */
  times?: readonly number[];
  /** True if longer gaps are divided, so that a function of time is seen there. */
  isDivided?: boolean;
}

/**
 * Gives the points of data with these instants, ascending: those of an even grid where all of them
 * lie on one, else the instants themselves. `given` is the time step that was given.
 */
export function dataGrid(
  instants: Float64Array,
  given: number | undefined,
  { times: further = [], isDivided = false }: GridNeeds,
): DataGrid {
  const grid = evenGrid(instants, given, further);
  return grid ?? unevenGrid(instants, given, further, isDivided);
}

/** Gives the times of all points of a grid. */
export function gridTimes({ start, timeStep, points, times }: DataGrid): Float64Array {
  return times ?? timeGrid(start, timeStep, 0, points);
}

/** Gives the function from a time that is a point of a grid, but for rounding, to its number. */
export function pointsOf(grid: DataGrid): (time: number) => number {
  const { start, timeStep, points, times } = grid;
  if (times === undefined)
    return (time) => Math.max(0, Math.min(points - 1, Math.round((time - start) / timeStep)));
  return (time) => nearest(times, time);
}

/** Gives the number of the value that is nearest to another one, of ascending values. */
function nearest(values: Float64Array, value: number): number {
  let [low, high] = [0, values.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((values[middle] as number) <= value) low = middle;
    else high = middle;
  }
  return (values[high] as number) - value < value - (values[low] as number) ? high : low;
}

/**
 * Gives the grid of equal steps on which all instants lie, each on a point of its own; undefined
 * without one, or if it had far more points than there are instants.
 */
function evenGrid(
  times: Float64Array,
  given: number | undefined,
  further: readonly number[],
): DataGrid | undefined {
  const timeStep = given ?? Math.min(...gaps(times));
  const start = times[0] as number;
  const points = Math.round(((times.at(-1) as number) - start) / timeStep) + 1;
  if (given === undefined && points > MOST_GAPS * times.length) return undefined;
  const pointOf = Float64Array.from(times, (time) => Math.round((time - start) / timeStep));
  const isNear = (time: number, point: number): boolean =>
    Math.abs(time - (start + point * timeStep)) <= TOLERANCE * timeStep;
  const isOnGrid = times.every((time, i) => {
    const point = pointOf[i] as number;
    return isNear(time, point) && point !== pointOf[i - 1];
  });
  const last = times.at(-1) as number;
  const isKnown = further.every(
    (time) => time < start || time > last || isNear(time, Math.round((time - start) / timeStep)),
  );
  return isOnGrid && isKnown ? { start, timeStep, points, pointOf } : undefined;
}

/** Gives points at the instants themselves and at further times. */
function unevenGrid(
  instants: Float64Array,
  given: number | undefined,
  further: readonly number[],
  isDivided: boolean,
): DataGrid {
  const timeStep = given ?? median(gaps(instants));
  const [start, last] = [instants[0] as number, instants.at(-1) as number];
  const inside = further.filter((time) => time > start && time < last);
  const knots = merged(instants, Float64Array.from(inside).sort(), SAME * timeStep);
  const all: number[] = [];
  knots.forEach((time, i) => {
    const before = knots[i - 1];
    if (before !== undefined && isDivided) {
      const parts = Math.ceil((time - before) / timeStep - TOLERANCE);
      for (let part = 1; part < parts && all.length < MOST_VALUES; part += 1)
        all.push(before + (part / parts) * (time - before));
    }
    all.push(time);
  });
  const times = Float64Array.from(all);
  const numbers = new Map(all.map((time, n) => [time, n]));
  const pointOf = Float64Array.from(instants, (time) => numbers.get(time) as number);
  return { start, timeStep, points: times.length, times, pointOf };
}

/**
 * Gives ascending times with further ones among them, without those that are as near as rounding
 * errors to others.
 */
function merged(times: Float64Array, further: Float64Array, same: number): number[] {
  const all: number[] = [];
  let next = 0;
  const add = (until: number): void => {
    for (; next < further.length && (further[next] as number) < until; next += 1) {
      const time = further[next] as number;
      if (until - time > same && !(time - (all.at(-1) ?? Number.NEGATIVE_INFINITY) <= same))
        all.push(time);
    }
  };
  for (const time of times) {
    add(time);
    all.push(time);
  }
  return all;
}

/** Gives the distances of neighbouring times. */
function gaps(times: Float64Array): Float64Array {
  return times.subarray(1).map((time, i) => time - (times[i] as number));
}

/** Gives the median, the larger of two. */
function median(values: Float64Array): number {
  return values.slice().sort()[values.length >> 1] as number;
}
