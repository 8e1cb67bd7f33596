/**
 * Result of an example for the demo: pictures and other files by name, and claims that came out
 * true or not.
 */
export interface Outcome {
  pictures: Record<string, string>;
  checks: { claim: string; holds: boolean }[];
}

/** Size of an example. The tests make it tiny. */
export interface Size {
  starts: number;
  rungs: number;
}

export interface Settings {
  size?: Partial<Size>;
  /** Options of the command line, as in `--twins 100`. */
  options?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

/** Column `index` of a path: one component against time. */
export function component(path: Float64Array, dimension: number, index: number): Float64Array {
  return Float64Array.from(
    { length: path.length / dimension },
    (_, n) => path[n * dimension + index] ?? NaN,
  );
}

/** Root mean square difference over the components in `wanted`. Default: all of them. */
export function rms(
  a: Float64Array,
  b: Float64Array,
  dimension: number,
  wanted: readonly number[] = [],
): number {
  const keep = new Set(wanted);
  let sum = 0;
  let count = 0;
  for (let i = 0; i < a.length; i++) {
    if (keep.size > 0 && !keep.has(i % dimension)) continue;
    sum += ((a[i] ?? NaN) - (b[i] ?? NaN)) ** 2;
    count++;
  }
  return Math.sqrt(sum / count);
}

/** Largest absolute difference of the elements of two lists. */
export function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? NaN))),
    0,
  );
}
