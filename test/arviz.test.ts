// Tests that ArviZ opens the files that are written for it, and computes the same numbers as the
// core. Where python3 has no ArviZ, a message says so, and only the file is checked.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { arvizJson } from "../sdk/src/index.js";

const SCRIPT = new URL("arviz.py", import.meta.url).pathname;

function python(...rest: string[]) {
  return JSON.parse(
    execFileSync("python3", [SCRIPT, ...rest], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }),
  );
}

function hasArviz(): boolean {
  try {
    console.log(`ArviZ ${python().version}`);
    return true;
  } catch {
    console.log("ArviZ: left out, python3 does not have it");
    return false;
  }
}

/** The chain of crates/least-action/src/statistics/diagnostics/tests.rs. */
function chain(seed: number, length: number, memory: number, shift: number): number[] {
  let [s, x] = [seed, 0];
  return Array.from({ length }, () => {
    s = (Math.imul(1664525, s) + 1013904223) >>> 0;
    x = memory * x + (s / 2 ** 32 - 0.5);
    return shift + x;
  });
}

const isThere = hasArviz();

test(
  isThere
    ? "ArviZ opens draws, and agrees with the core"
    : "draws are written for ArviZ, which is not there to open them",
  () => {
    const [chains, draws] = [4, 101];
    const alpha = [0, 1, 2, 3].flatMap((c) => chain(c + 1, draws, 0.7, 0.05 * c));
    const path = Float64Array.from({ length: chains * draws * 6 }, (_, i) => i);
    path[7] = NaN;
    const flags = alpha.map((_, i) => i % 100 === 0);
    const folder = mkdtempSync(join(tmpdir(), "least-action-"));
    try {
      const file = join(folder, "posterior.json");
      const text = arvizJson({
        chains,
        draws,
        posterior: [
          { name: "alpha", values: alpha },
          { name: "path", shape: [3, 2], dims: ["time", "state"], values: path },
        ],
        sampleStats: {
          logDensity: alpha,
          energy: alpha,
          diverging: flags,
          treeDepth: alpha.map(() => 3),
          steps: alpha.map(() => 7),
          acceptance: alpha.map(() => 0.8),
          stepSize: alpha.map(() => 0.1),
        },
        observed: [
          { name: "y", shape: [3, 1], dims: ["time", "component"], values: [1, 1e20, Infinity] },
        ],
        coords: { time: [0, 0.5, 1], state: ["x", "y"] },
      });
      writeFileSync(file, text);
      // Python's JSON has NaN and Infinity, JavaScript's has not.
      const parsed = JSON.parse(text.replace(/\b(NaN|-?Infinity)\b/g, "null")) as {
        posterior: { alpha: number[][] };
      };
      expect(parsed.posterior.alpha.flat()).toEqual(alpha);
      if (!isThere) return;
      const said = python(file);
      // Expected values from the core's test with the same draws.
      const expected = [
        1.0138944680210564, 88.14499570151611, 115.85297450522917, 0.04190695864960403,
      ];
      expected.forEach((figure, i) => expect(said.figures[i]).toBeCloseTo(figure, 10));
      expect(said.dims).toEqual({
        alpha: ["chain", "draw"],
        path: ["chain", "draw", "time", "state"],
      });
      expect(said.state).toEqual(["x", "y"]);
      expect(said.path).toEqual(Array.from(path, (x) => (Number.isNaN(x) ? "nan" : x)));
      expect(said.statistics).toEqual([
        "acceptance_rate",
        "diverging",
        "energy",
        "lp",
        "n_steps",
        "step_size",
        "tree_depth",
      ]);
      expect([said.diverging, said.divergences]).toEqual(["bool", flags.filter(Boolean).length]);
      expect(said.observed).toEqual([1, 1e20, "inf"]);
      expect(said.library).toBe("least-action");
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
