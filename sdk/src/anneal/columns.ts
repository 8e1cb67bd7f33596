// Columns of paths.

/** Rows of a path on a refined grid that are at the points of the data. */
export interface KeptRows {
  /** Number of all rows of the path. */
  count: number;
  /** Numbers of the rows at the points of the data, ascending. */
  rows: Int32Array;
}

/** Copies the rows of a path that are at the points of the data; all of them without `kept`. */
export function atData(path: Float64Array, kept: KeptRows | undefined): Float64Array {
  if (kept === undefined) return path;
  const width = path.length / kept.count;
  const own = new Float64Array(kept.rows.length * width);
  kept.rows.forEach((row, k) => own.set(path.subarray(row * width, (row + 1) * width), k * width));
  return own;
}

/**
 * Splits a path, row-major with `points` rows, into its first columns as a path of their own and
 * each of its last `further` columns, one value per point.
 */
export function parted(
  rows: Float64Array,
  points: number,
  further: number,
): { path: Float64Array; columns: Float64Array[] } {
  const width = rows.length / points;
  const own = width - further;
  const value = (point: number, column: number): number => rows[point * width + column] as number;
  const path =
    further === 0
      ? rows
      : Float64Array.from({ length: points * own }, (_, k) => value(Math.floor(k / own), k % own));
  const column = (k: number): Float64Array =>
    Float64Array.from({ length: points }, (_, point) => value(point, own + k));
  return { path, columns: Array.from({ length: further }, (_, k) => column(k)) };
}
