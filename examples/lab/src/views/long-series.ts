// Choice of points and line width for long series.

/** Maximum number of drawn points: more than the eye resolves, few enough for a responsive page. */
export const MOST_ROWS = 2000;

/**
 * Widths of lines and dots for this number of points, in pixels. Many dots would hide what is
 * behind them, and without a graphics card lines wider than a pixel take five times as long to
 * draw.
 */
export function thickness(points: number): { line: number; dot: number } {
  return points > 1000 ? { line: 1, dot: 2 } : { line: 1.5, dot: 4 };
}

/**
 * Indices of the points to draw: all, or the least and greatest `value` of each stretch of time, so
 * that no spike is lost.
 */
export function rowsOf(points: number, value: (n: number) => number): number[] {
  if (points <= MOST_ROWS) return Array.from({ length: points }, (_, n) => n);
  const stretches = MOST_ROWS / 2;
  return Array.from({ length: stretches }, (_, k) => {
    const from = Math.floor((k * points) / stretches);
    const to = Math.floor(((k + 1) * points) / stretches);
    let [least, greatest] = [from, from];
    for (let n = from + 1; n < to; n += 1) {
      // A missing value is replaced by any measured one.
      if (value(n) < value(least) || Number.isNaN(value(least))) least = n;
      if (value(n) > value(greatest) || Number.isNaN(value(greatest))) greatest = n;
    }
    return [...new Set([Math.min(least, greatest), Math.max(least, greatest)])];
  }).flat();
}
