// Inputs as curves in time, with the places where they jump or bend.
import { outOfRange, wrongLength, wrongShape } from "./errors.js";
import type { Interpolation as SmoothInterpolation } from "./raw.js";
import { describe, float64Array } from "./shape.js";

/**
 * Curve of an input between the times at which it has values: with `"hold"` a value lasts until the
 * next one, `"linear"` are straight lines, and `"cubic"` is a cubic polynomial through the two
 * values on either side.
 */
export type InputInterpolation = "hold" | "linear" | "cubic";

/** Values of an input at times of their own, ascending. */
export interface TimedInput {
  /** Times of the values, in the model's unit of time. */
  times: ArrayLike<number>;
  /** Values, one per time. Before the first and after the last one they are constant. */
  values: ArrayLike<number>;
  /** Curve between the times. Default: `"linear"`. */
  interpolation?: InputInterpolation;
}

/** Jump of an input. */
export interface InputJump {
  /** Time of the jump. */
  time: number;
  /** Value right before it. */
  before: number;
  /** Value right after it. */
  after: number;
}

/** Input as a function of time. */
export interface InputCurve {
  /** Gives the value at a time at which the input does not jump. */
  at(time: number): number;
  /** Jumps, ascending. */
  jumps: readonly InputJump[];
  /** Further times at which the curve is not smooth, so that steps should end there. */
  corners: readonly number[];
  /** Times that should be points of the grid, because the curve is known there. */
  nodes: readonly number[];
  /** Curve between the points of a grid. */
  interpolation: SmoothInterpolation;
}

/** Number of parts of a gap between points in which jumps of functions are looked for. */
const PARTS = 8;
/**
 * Share of a difference that the half with the larger part keeps, at least, where there is a jump.
 */
const KEPT = 0.7;
/** Number of halvings that a smooth curve does not keep its difference through. */
const HALVINGS = 12;
/**
 * Largest change of the slope, times the shorter gap beside it, of a smooth curve: a share of its
 * range.
 */
const SMOOTH = 0.1;

/** Number of corners that are not taken for noise. */
const FEW = 32;

/** True for values with times of their own. */
export function isTimed(given: unknown): given is TimedInput {
  return typeof given === "object" && given !== null && "times" in given && "values" in given;
}

/** Times at which arrays of inputs have values. */
export interface InputPoints {
  /** Times of a grid. */
  points: Float64Array;
  /** Other times at which an array may have values. */
  instants?: Float64Array | undefined;
  /** Time before the grid from which on functions are looked at. Default: its first point. */
  from?: number | undefined;
}

/**
 * Reads an input as a curve.
 *
 * @throws LeastActionError by field.
 */
export function curveOf(
  path: string,
  given: unknown,
  { points, instants, from }: InputPoints,
): InputCurve {
  if (given === undefined)
    throw wrongShape(path, "is missing: give a value per grid point, or a function of time");
  if (isTimed(given)) return timedCurve(path, given);
  if (typeof given === "function")
    return functionCurve(
      path,
      given as (time: number) => unknown,
      from === undefined ? points : Float64Array.of(from, ...points),
    );
  const values = finite(path, float64Array(path, given));
  const times = [points, instants].find((times) => times?.length === values.length);
  if (times === undefined)
    throw wrongLength(
      path,
      values.length,
      points.length,
      "one per grid point; or give { times, values }, or a function of time",
    );
  return { ...linear(times, values), nodes: [] };
}

/** Curve through values at times of their own. */
function timedCurve(path: string, given: TimedInput): InputCurve {
  const times = finite(`${path}.times`, float64Array(`${path}.times`, given.times));
  const values = finite(`${path}.values`, float64Array(`${path}.values`, given.values));
  if (times.length === 0) throw wrongLength(`${path}.times`, 0, 1, "at least");
  if (values.length !== times.length)
    throw wrongLength(`${path}.values`, values.length, times.length, "one per time");
  times.forEach((time, i) => {
    const before = times[i - 1];
    if (before !== undefined && !(time > before))
      throw outOfRange(`${path}.times[${i}]`, time, `later than ${before}`);
  });
  const how: unknown = given.interpolation ?? "linear";
  switch (how) {
    case "hold":
      return held(times, values);
    case "linear":
      return linear(times, values);
    case "cubic":
      return {
        at: (time) => cubicAt(times, values, time),
        jumps: [],
        corners: [],
        nodes: Array.from(times),
        interpolation: "cubic",
      };
    default:
      throw wrongShape(
        `${path}.interpolation`,
        `must be "hold", "linear" or "cubic", got ${describe(how)}`,
      );
  }
}

/** Curve whose values last until the next one. */
function held(times: Float64Array, values: Float64Array): InputCurve {
  const jumps: InputJump[] = [];
  times.forEach((time, i) => {
    const [before, after] = [values[i - 1] ?? (values[0] as number), values[i] as number];
    if (before !== after) jumps.push({ time, before, after });
  });
  return {
    at: (time) => values[Math.max(0, intervalOf(times, time))] as number,
    jumps,
    corners: [],
    nodes: [],
    interpolation: "linear",
  };
}

/** Curve of straight lines. */
function linear(times: Float64Array, values: Float64Array): InputCurve {
  return {
    at: (time) => linearAt(times, values, time),
    jumps: [],
    corners: cornersOf(times, values),
    nodes: Array.from(times),
    interpolation: "linear",
  };
}

/**
 * Gives the times at which straight lines meet at an angle that no smooth curve has at such
 * distances. Values that bend nearly everywhere are noise, which has no corners.
 */
function cornersOf(times: Float64Array, values: Float64Array): number[] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const most = SMOOTH * (high - low);
  const corners: number[] = [];
  for (let i = 1; i + 1 < times.length; i += 1) {
    const [before, after] = [gap(times, i - 1), gap(times, i)];
    const bend = gap(values, i) / after - gap(values, i - 1) / before;
    if (Math.abs(bend) * Math.min(before, after) > most) corners.push(times[i] as number);
  }
  return corners.length > Math.max(FEW, times.length / 2) ? [] : corners;
}

function gap(values: Float64Array, i: number): number {
  return (values[i + 1] as number) - (values[i] as number);
}

/** Gives the number of the last time that is not later; -1 before all of them. */
function intervalOf(times: Float64Array, time: number): number {
  let [low, high] = [-1, times.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) <= time) low = middle;
    else high = middle;
  }
  return low;
}

/** Value on the straight lines between others, constant before and after them. */
function linearAt(times: Float64Array, values: Float64Array, time: number): number {
  const i = intervalOf(times, time);
  if (i < 0) return values[0] as number;
  const [from, before] = [times[i] as number, values[i] as number];
  if (i === times.length - 1 || from === time) return before;
  const share = (time - from) / ((times[i + 1] as number) - from);
  return before + share * ((values[i + 1] as number) - before);
}

/** Value of the cubic polynomial through the two values on either side. */
function cubicAt(times: Float64Array, values: Float64Array, time: number): number {
  const [i, last] = [intervalOf(times, time), times.length - 1];
  if (i < 0) return values[0] as number;
  if (i === last || times[i] === time) return values[i] as number;
  const first = Math.max(0, Math.min(i - 1, last - 3));
  let sum = 0;
  for (let k = first; k <= Math.min(first + 3, last); k += 1) {
    let weight = 1;
    for (let j = first; j <= Math.min(first + 3, last); j += 1)
      if (j !== k)
        weight *= (time - (times[j] as number)) / ((times[k] as number) - (times[j] as number));
    sum += weight * (values[k] as number);
  }
  return sum;
}

/** Curve of a function of time, with its jumps between the first point and the last. */
function functionCurve(
  path: string,
  given: (time: number) => unknown,
  points: Float64Array,
): InputCurve {
  const at = (time: number): number => {
    const value = given(time);
    if (typeof value !== "number")
      throw wrongShape(path, `must give numbers, gave ${describe(value)} at time ${time}`);
    if (!Number.isFinite(value))
      throw outOfRange(path, value, `finite, as at all times of the data, at time ${time}`);
    return value;
  };
  const jumps: InputJump[] = [];
  for (let n = 0; n + 1 < points.length; n += 1) {
    const [start, end] = [points[n] as number, points[n + 1] as number];
    let from = { time: start, value: at(start) };
    for (let part = 1; part <= PARTS; part += 1) {
      const time = part === PARTS ? end : start + (part / PARTS) * (end - start);
      const to = { time, value: at(time) };
      addJumps(at, from, to, jumps);
      from = to;
    }
  }
  return { at, jumps, corners: [], nodes: [], interpolation: "cubic" };
}

/** Value of a function at a time. */
interface Sample {
  time: number;
  value: number;
}

/** Adds the jumps of a function between two samples, ascending. */
function addJumps(
  at: (time: number) => number,
  from: Sample,
  to: Sample,
  jumps: InputJump[],
): void {
  if (from.value === to.value) return;
  const jump = locate(at, from, to);
  if (jump === undefined) return;
  const [low, high] = jump;
  addJumps(at, from, low, jumps);
  jumps.push({ time: high.time, before: low.value, after: high.value });
  addJumps(at, high, to, jumps);
}

/**
 * Locates a jump between two samples: the samples right before and right after it; undefined where
 * the function is smooth. A difference across a jump stays in one half however often its interval
 * is halved, that of a smooth function falls with the length.
 */
function locate(
  at: (time: number) => number,
  from: Sample,
  to: Sample,
): [Sample, Sample] | undefined {
  let [low, high] = [from, to];
  for (let halving = 1; ; halving += 1) {
    const time = low.time + 0.5 * (high.time - low.time);
    if (!(time > low.time && time < high.time)) break;
    const middle = { time, value: at(time) };
    const [early, late] = [Math.abs(middle.value - low.value), Math.abs(high.value - middle.value)];
    const whole = Math.abs(high.value - low.value);
    if (Math.max(early, late) < KEPT * whole && halving <= HALVINGS) return undefined;
    if (early > late) high = middle;
    else low = middle;
  }
  const kept = Math.abs(high.value - low.value);
  return kept > 0.5 * KEPT ** HALVINGS * Math.abs(to.value - from.value) ? [low, high] : undefined;
}

/** Gives values as they are if all of them are finite. */
export function finite(path: string, values: Float64Array): Float64Array {
  const odd = values.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0) throw outOfRange(`${path}[${odd}]`, values[odd] as number, "finite");
  return values;
}

/** Infusion at a constant rate, an entry of {@link infusions}. */
export interface Infusion {
  /** Time at which it begins, in the model's unit of time. */
  time: number;
  /** Amount in all. */
  amount: number;
  /** Time that it lasts. */
  duration: number;
}

/**
 * Makes the input of infusions, the sum of their rates: the amount over the duration of each,
 * while it lasts.
 *
 * @throws LeastActionError by field.
 *
 * @example
 * observations({
 *   model,
 *   times,
 *   values: { C: concentrations },
 *   inputs: { rate: infusions([{ time: 0, amount: 500, duration: 2 }]) },
 * });
 */
export function infusions(all: readonly Infusion[]): TimedInput {
  if (!Array.isArray(all) || all.length === 0)
    throw wrongShape("infusions", "must be a list with at least one infusion");
  const list = all as readonly Infusion[];
  list.forEach(({ time, amount, duration }, i) => {
    const path = `infusions[${i}]`;
    if (!Number.isFinite(time)) throw outOfRange(`${path}.time`, time, "finite");
    if (!Number.isFinite(amount)) throw outOfRange(`${path}.amount`, amount, "finite");
    if (!(duration > 0 && Number.isFinite(duration)))
      throw outOfRange(`${path}.duration`, duration, "finite and greater than zero");
  });
  const ends = list.flatMap(({ time, duration }) => [time, time + duration]);
  const times = Array.from(new Set(ends)).sort((a, b) => a - b);
  const rateAt = (time: number): number =>
    list
      .filter((one) => one.time <= time && time < one.time + one.duration)
      .reduce((sum, one) => sum + one.amount / one.duration, 0);
  const first = times[0] as number;
  return {
    // Before the first infusion the rate is zero.
    times: [first - 1, ...times],
    values: [0, ...times.map(rateAt)],
    interpolation: "hold",
  };
}
