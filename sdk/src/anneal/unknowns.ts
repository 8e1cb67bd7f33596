// Unknowns of an action in one array, and their parts by name.
import { atData, type KeptRows, parted } from "./columns.js";
import type { Names } from "./task.js";

/**
 * Layout of the unknowns: the path with parameters that change in time as its last columns, then
 * the other estimated parameters.
 */
export interface UnknownsShape extends Names {
  /** Times of the path's points, those of all data sets one after the other. */
  times: Float64Array;
  /**
   * Rows of the path at these times, where it is on a grid that is finer than that of the data;
   * undefined where all rows are.
   */
  kept?: KeptRows | undefined;
  /**
   * Maps from coordinates to states and parameters, where some are estimated on a scale of their
   * own.
   */
  scales?: ScaleMaps;
}

/** Maps from unknowns with coordinates of states and parameters to unknowns with their values. */
export interface ScaleMaps {
  /** Gives the unknowns with values in the place of their coordinates. */
  natural: (unknowns: Float64Array) => Float64Array;
  /** Gives the derivatives of the natural unknowns in the unknowns. */
  slopes: (unknowns: Float64Array) => Float64Array;
}

/** Path and parameters by name. `E` are the estimated parameters. */
export interface UnknownsParts<E extends string> {
  /** Path, points x dimension, row-major. */
  path: Float64Array;
  /** Estimated parameters; for one that changes in time, its mean over the path. */
  parameters: Record<E, number>;
  /** Parameters that change in time: one value per point. */
  varying: Partial<Record<E, Float64Array>>;
  /** Parameters that differ by data set: one value per data set. */
  own: Record<string, Float64Array>;
  /** Natural logarithms of the scales of estimated noise, by name; empty where it is known. */
  noise: Record<string, number>;
}

/** Splits the unknowns into path and parameters, with the values of both. */
export function partsOf<E extends string>(
  unknowns: Float64Array,
  shape: UnknownsShape,
): UnknownsParts<E> {
  return split(shape.scales?.natural(unknowns) ?? unknowns, shape);
}

/**
 * Splits small differences of unknowns, such as deviations, into those of path and parameters. `at`
 * are the unknowns that they are differences from.
 */
export function differencesOf<E extends string>(
  differences: Float64Array,
  at: Float64Array,
  shape: UnknownsShape,
): UnknownsParts<E> {
  const slopes = shape.scales?.slopes(at);
  const natural = slopes ? differences.map((one, k) => one * (slopes[k] as number)) : differences;
  return split(natural, shape);
}

function split<E extends string>(
  unknowns: Float64Array,
  { times, kept, ...names }: UnknownsShape,
): UnknownsParts<E> {
  const length = unknowns.length - names.estimated.length;
  const path = atData(unknowns.slice(0, length), kept);
  return byName(path, unknowns.subarray(length), times.length, names);
}

/** Names the parts of a path in Rust's layout and of the values of the estimated parameters. */
export function byName<E extends string>(
  rows: Float64Array,
  values: Float64Array,
  points: number,
  { estimated, varying, own, spreads, firsts, noise }: Names,
): UnknownsParts<E> {
  const { path, columns } = parted(rows, points, varying.length);
  const mean = (column: Float64Array): number =>
    column.reduce((sum, value) => sum + value, 0) / column.length;
  const changing = varying.slice(0, varying.length - own.length);
  const all = estimated.map((name, p) => [name, values[p] as number] as const);
  const parameters = [
    ...all.slice(0, all.length - noise.length).filter(([name]) => !spreads.includes(name)),
    ...changing.map((name, k) => [name, mean(columns[k] as Float64Array)]),
  ];
  return {
    path,
    parameters: Object.fromEntries(parameters) as Record<E, number>,
    varying: Object.fromEntries(
      changing.map((name, k) => [name, columns[k]]),
    ) as UnknownsParts<E>["varying"],
    own: Object.fromEntries(
      own.map((name, k) => {
        const column = columns[changing.length + k] as Float64Array;
        return [name, Float64Array.from(firsts, (first) => column[first] as number)];
      }),
    ),
    noise: Object.fromEntries(all.slice(all.length - noise.length)),
  };
}

/**
 * Makes a value for each estimated parameter of the model, those that change in time after the
 * others.
 */
export function byParameter<E extends string, T>(
  { estimated, varying, own, spreads, noise }: UnknownsShape,
  of: (name: E) => T,
): Record<E, T> {
  const constant = estimated.slice(0, estimated.length - noise.length);
  const changing = varying.slice(0, varying.length - own.length);
  const names = [...constant.filter((name) => !spreads.includes(name)), ...changing] as E[];
  return Object.fromEntries(names.map((name) => [name, of(name)])) as Record<E, T>;
}
