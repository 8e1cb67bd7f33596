// The unknowns of an action in one array, and their parts by name.
import { parted } from "./columns.js";
import type { Names } from "./task.js";

/**
 * Layout of the unknowns: the path with parameters that change in time as its last columns, then the
 * other estimated parameters.
 */
export interface UnknownsShape extends Names {
  times: Float64Array;
}

export interface UnknownsParts<E extends string> {
  /** points x dimension, row-major. */
  path: Float64Array;
  /** Of those that change in time, the mean over the path. */
  parameters: Record<E, number>;
  /** Parameters that change in time: one value per point. */
  varying: Partial<Record<E, Float64Array>>;
}

export function partsOf<E extends string>(
  unknowns: Float64Array,
  { times, ...names }: UnknownsShape,
): UnknownsParts<E> {
  const length = unknowns.length - names.estimated.length;
  return byName(unknowns.slice(0, length), unknowns.subarray(length), times.length, names);
}

/** Parts by name, of a path as Rust has it and values of the estimated parameters. */
export function byName<E extends string>(
  rows: Float64Array,
  values: Float64Array,
  points: number,
  { estimated, varying }: Names,
): UnknownsParts<E> {
  const { path, columns } = parted(rows, points, varying.length);
  const mean = (column: Float64Array): number =>
    column.reduce((sum, value) => sum + value, 0) / column.length;
  const parameters = [
    ...estimated.map((name, p) => [name, values[p]]),
    ...varying.map((name, k) => [name, mean(columns[k] as Float64Array)]),
  ];
  return {
    path,
    parameters: Object.fromEntries(parameters) as Record<E, number>,
    varying: Object.fromEntries(
      varying.map((name, k) => [name, columns[k]]),
    ) as UnknownsParts<E>["varying"],
  };
}

/** A value for each estimated parameter, those that change in time after the others. */
export function byParameter<E extends string, T>(
  { estimated, varying }: UnknownsShape,
  of: (name: E) => T,
): Record<E, T> {
  const names = [...estimated, ...varying] as E[];
  return Object.fromEntries(names.map((name) => [name, of(name)])) as Record<E, T>;
}
