// What tests of the lab find: a spring.
import type { PathSettings } from "../src/settings.js";

/** A spring: short runs with data that are easily made. */
export const SPRING: PathSettings = {
  kind: "path",
  title: "A spring",
  model: "x' = v\nv' = -k*x\nk = 2\nx(0) = 1",
  data: { from: "twin", timeStep: 0.1, points: 61, noise: 0.05, seed: 1, further: 20 },
  observed: ["x"],
  estimate: { k: { low: 1, high: 4 } },
  measurementPrecision: 400,
  ownPrecisions: {},
  modelWeights: {},
  ladder: { initial: 1e-2, factor: 4, rungs: 12 },
  starts: { count: 2, seed: 1, strategy: "automatic" },
};

/** Of a spring with k = 2.25, with a noise that is nobody's chance. */
export function springCsv(rows: number): string {
  const lines = Array.from({ length: rows }, (_, n) => {
    const noise = 0.05 * Math.sqrt(2) * Math.sin(12.9898 * n * n + 78.233 * n);
    return `${(n * 0.1).toFixed(1)},${(Math.cos(1.5 * n * 0.1) + noise).toFixed(6)},${n % 7}`;
  });
  return ["time,x,other", ...lines, ""].join("\n");
}
