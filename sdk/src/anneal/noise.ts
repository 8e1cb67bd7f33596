// Noise of the measurements in words of the data, as the options that Rust reads.
import { outOfRange, unknownName, wrongLength, wrongShape } from "../errors.js";
import { namesOf } from "../inputs.js";
import type { DataSet } from "../observations.js";
import type { ChannelNoise, EstimatedScale } from "../raw.js";
import { describe, float64Array } from "../shape.js";
import { gridOf } from "./window.js";

/**
 * Noise of one measured channel:
 *
 * - a number: its known standard deviation, in the unit of the data;
 * - an array: one such number per point of the path;
 * - `"estimate"`: a constant standard deviation that is estimated along with path and parameters;
 * - an object that describes a constant deviation, one proportional to the prediction, or both,
 *   each a number or estimated, with its range, bounds and prior; or a formula.
 */
export type NoiseOfChannel = number | ArrayLike<number> | "estimate" | ChannelNoise;

/**
 * Noise of the measurements: a standard deviation in the unit of the data, `"estimate"`, a
 * covariance over the observed components, or the noise of each channel by name, where channels
 * that are not named are estimated. `C` are names of states and observables.
 */
export type Noise<C extends string = string> =
  number | "estimate" | readonly (readonly number[])[] | { readonly [K in C]?: NoiseOfChannel };

/** Options of the noise as Rust reads them: a precision, or channels that are estimated. */
export type CoreNoise = { measurementPrecision: unknown } | { noise: Record<string, ChannelNoise> };

/** A measured channel: its number, and its name if the model tells it. */
interface Channel {
  column: number;
  name: string;
}

/**
 * Gives the noise that options and data state in the form that Rust reads. Without a statement it
 * is estimated, channel by channel.
 *
 * @throws LeastActionError by field.
 */
export function noiseOf(
  given: { noise: unknown; measurementPrecision: unknown },
  model: unknown,
  sets: readonly DataSet[],
): CoreNoise {
  const { noise, measurementPrecision } = given;
  const withErrors = sets.filter(({ errors }) => errors !== undefined);
  if (measurementPrecision !== undefined) {
    if (noise !== undefined) throw both("measurementPrecision", "noise");
    if (withErrors.length > 0) throw both("measurementPrecision", "the errors of the data");
    return { measurementPrecision };
  }
  if (withErrors.length > 0) {
    if (noise !== undefined) throw both("noise", "the errors of the data");
    return { measurementPrecision: { perDatum: ofErrors(sets) } };
  }
  if (noise === undefined || noise === "estimate") return { noise: {} };
  if (typeof noise === "number") return { measurementPrecision: precision("noise", noise) };
  if (Array.isArray(noise)) return { measurementPrecision: inverse(noise) };
  if (typeof noise !== "object" || noise === null)
    throw wrongShape(
      "noise",
      `must be a standard deviation, "estimate", a covariance or an object with the noise of each ` +
        `channel, got ${describe(noise)}`,
    );
  return ofChannels(noise as Record<string, unknown>, channelsOf(model, sets), sets);
}

function both(path: string, other: string): Error {
  return wrongShape(path, `and ${other} both state the noise: leave one of them out`);
}

/** Precision of a standard deviation. */
function precision(path: string, deviation: number): number {
  if (!(deviation > 0 && Number.isFinite(deviation)))
    throw outOfRange(
      path,
      deviation,
      'a standard deviation: finite and greater than zero. Write "estimate" if it is not known',
    );
  return 1 / deviation ** 2;
}

/** Channels that some data set measures, in the order in which the sets name them. */
function channelsOf(model: unknown, sets: readonly DataSet[]): Channel[] {
  const names = namesOf(model)?.observed ?? [];
  const columns = sets.flatMap(({ grid }) => (grid as { observed?: number[] }).observed ?? []);
  return [...new Set(columns)].map((column) => ({ column, name: names[column] ?? `${column}` }));
}

/** Precisions of all data, a row per point of the path. */
function rowsOf(
  sets: readonly DataSet[],
  value: (set: number, point: number, l: number) => number,
): number[][] {
  return sets.flatMap((set, k) => {
    const width = (set.grid as { observed: number[] }).observed.length;
    return Array.from({ length: gridOf(set).points }, (_, n) =>
      Array.from({ length: width }, (_unused, l) => value(k, n, l)),
    );
  });
}

/** Precisions of error bars. Where nothing was measured, they are not read. */
function ofErrors(sets: readonly DataSet[]): number[][] {
  const odd = sets.findIndex(({ errors }) => errors === undefined);
  const at = (k: number): string => (sets.length === 1 ? "data" : `data[${k}]`);
  if (odd >= 0)
    throw wrongShape(`${at(odd)}.errors`, "is missing: other data sets have errors of their data");
  return rowsOf(sets, (k, n, l) => {
    const { grid, values, errors } = sets[k] as DataSet;
    const i = n * (grid as { observed: number[] }).observed.length + l;
    if (Number.isNaN(values[i])) return 1;
    return precision(`${at(k)}.errors[${i}]`, errors?.[i] as number);
  });
}

/** Inverse of a covariance, by Gauss and Jordan's method with pivots. Rust checks the result. */
function inverse(covariance: readonly unknown[]): number[][] {
  const size = covariance.length;
  const rows = covariance.map((row, i) => {
    const numbers = Array.from(float64Array(`noise[${i}]`, row));
    if (numbers.length !== size)
      throw wrongLength(`noise[${i}]`, numbers.length, size, "one per observed component");
    return [...numbers, ...Array.from({ length: size }, (_, j) => (i === j ? 1 : 0))];
  });
  for (let k = 0; k < size; k += 1) {
    const column = rows.map((row, i) => (i < k ? -1 : Math.abs(row[k] as number)));
    const pivot = column.indexOf(Math.max(...column));
    [rows[k], rows[pivot]] = [rows[pivot] as number[], rows[k] as number[]];
    const head = (rows[k] as number[])[k] as number;
    if (!(Math.abs(head) > 0 && Number.isFinite(head)))
      throw outOfRange("noise", head, "a covariance: a positive-definite matrix");
    rows[k] = (rows[k] as number[]).map((value) => value / head);
    rows.forEach((row, i) => {
      if (i === k) return;
      const factor = row[k] as number;
      rows[i] = row.map((value, j) => value - factor * ((rows[k] as number[])[j] as number));
    });
  }
  const found = rows.map((row) => row.slice(size));
  // Rounding must not make it asymmetric.
  return found.map((row, i) =>
    row.map((value, j) => 0.5 * (value + ((found[j] as number[])[i] as number))),
  );
}

/** Noise by the name of the channel. */
function ofChannels(
  noise: Record<string, unknown>,
  channels: readonly Channel[],
  sets: readonly DataSet[],
): CoreNoise {
  const known = channels.map(({ name }) => name);
  for (const name of Object.keys(noise))
    if (!known.includes(name)) throw unknownName(`noise.${name}`, name, known);
  const points = sets.reduce((sum, set) => sum + gridOf(set).points, 0);
  const series = new Map<string, number | number[]>();
  for (const { name } of channels) {
    const path = `noise.${name}`;
    const value = noise[name];
    if (typeof value === "number") series.set(name, precision(path, value));
    if (!isList(value)) continue;
    const deviations = float64Array(path, value);
    if (deviations.length !== points)
      throw wrongLength(path, deviations.length, points, "one per point of the path");
    series.set(
      name,
      Array.from(deviations, (one, n) => precision(`${path}[${n}]`, one)),
    );
  }
  if (series.size === channels.length) {
    const firsts = sets.map((_, k) =>
      sets.slice(0, k).reduce((sum, set) => sum + gridOf(set).points, 0),
    );
    return {
      measurementPrecision: {
        perDatum: rowsOf(sets, (k, n, l) => {
          const column = ((sets[k] as DataSet).grid as { observed: number[] }).observed[l];
          const name = channels.find((channel) => channel.column === column)?.name as string;
          const value = series.get(name) as number | number[];
          return typeof value === "number" ? value : (value[(firsts[k] as number) + n] as number);
        }),
      },
    };
  }
  const entries = channels.map(({ name }) => [name, ofChannel(`noise.${name}`, noise[name])]);
  return { noise: Object.fromEntries(entries) as Record<string, ChannelNoise> };
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}

/** Noise of a channel where some channel is estimated. */
function ofChannel(path: string, value: unknown): ChannelNoise {
  if (value === undefined || value === "estimate") return {};
  if (typeof value === "number") return { deviation: value };
  if (isList(value))
    throw wrongShape(
      path,
      "has a number per point while the noise of other channels is estimated: state them all, or " +
        "give a formula of the time (deviation: ...)",
    );
  if (typeof value === "object" && value !== null) return value as ChannelNoise;
  const field: keyof EstimatedScale = "initial";
  throw wrongShape(
    path,
    `must be a standard deviation, "estimate" or an object as { deviation: { ${field}: [0.1, 1] } ` +
      `}, got ${describe(value)}`,
  );
}
