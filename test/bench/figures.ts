// Figures and calls in turns, for all benchmarks.
import { execFileSync } from "node:child_process";

/** One line of the table: `ratio` is value over the peer's value. */
export interface Figure {
  name: string;
  value: number;
  unit: string;
  peer: string | null;
  peerValue: number | null;
  ratio: number | null;
}

export function figure(
  name: string,
  value: number,
  unit: string,
  peer?: string,
  peerValue?: number,
): Figure {
  const known = peer !== undefined && peerValue !== undefined;
  return {
    name,
    value,
    unit,
    peer: peer ?? null,
    peerValue: known ? peerValue : null,
    ratio: known ? value / peerValue : null,
  };
}

export function print(figures: Figure[]): void {
  for (const { name, value, unit, peer, ratio } of figures) {
    const against = ratio === null ? "" : `  ${ratio.toFixed(2)} x ${peer}`;
    console.log(
      `${value.toPrecision(5).padStart(10)} ${unit.padEnd(3)}${against.padEnd(28)} ${name}`,
    );
  }
}

/** Figures of a native benchmark, which prints them as JSON in its last line. */
export function cargoBench(name: string, ...rest: string[]): Record<string, number> {
  const output = execFileSync(
    "cargo",
    ["bench", "--quiet", "-p", "least-action", "--bench", name, ...rest],
    {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  return JSON.parse(output.trim().split("\n").at(-1) ?? "") as Record<string, number>;
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}

/** Throws if two lists differ by more than `share` of the largest number. */
export function agree(
  what: string,
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  tolerance = 1e-9,
): void {
  const size = Array.from(b).reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const worst = Array.from(a).reduce(
    (largest, value, i) => Math.max(largest, Math.abs(value - (b[i] ?? NaN))),
    0,
  );
  if (!(worst < tolerance * size) || a.length !== b.length)
    throw new Error(`${what} differ by ${worst} of ${size}`);
}

/**
 * Microseconds per call of each function. They take turns, so a machine that slows down slows all.
 */
export function inTurns(all: (() => void)[], calls: number, samples: number): number[] {
  const time = (f: () => void) => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) f();
    return ((performance.now() - start) * 1e3) / calls;
  };
  const times = Array.from({ length: samples }, () => all.map(time));
  return all.map((_, i) => median(times.map((round) => round[i] ?? NaN)));
}
