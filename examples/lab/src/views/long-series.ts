// How a long series is drawn: which of its points, and how thick.

/** More than the eye sees, and few enough that the page goes on. */
export const MOST_ROWS = 2000;

/**
 * How thick lines and dots are with that many points: many dots hide what is behind them, and where
 * a browser draws without a graphics card lines that are wider than a pixel take five times as
 * long.
 */
export function thickness(points: number): { line: number; dot: number } {
  return points > 1000 ? { line: 1, dot: 2 } : { line: 1.5, dot: 4 };
}

/**
 * All, or of every stretch of time those where `value` is least and greatest, so that no spike is
 * lost.
 */
export function rowsOf(points: number, value: (n: number) => number): number[] {
  if (points <= MOST_ROWS) return Array.from({ length: points }, (_, n) => n);
  const stretches = MOST_ROWS / 2;
  return Array.from({ length: stretches }, (_, k) => {
    const from = Math.floor((k * points) / stretches);
    const to = Math.floor(((k + 1) * points) / stretches);
    let [least, greatest] = [from, from];
    for (let n = from + 1; n < to; n += 1) {
      // What was not measured gives way to whatever was.
      if (value(n) < value(least) || Number.isNaN(value(least))) least = n;
      if (value(n) > value(greatest) || Number.isNaN(value(greatest))) greatest = n;
    }
    return [...new Set([Math.min(least, greatest), Math.max(least, greatest)])];
  }).flat();
}
