// Numbers behind the verdict on a run, and what statistics repeat of it.
import { expect, test } from "vitest";
import * as here from "../src/index.js";

await here.init();

const decay = here.defineModel({
  states: ["x", "y"],
  parameters: { k: 0.5 },
  equations: { x: "-k*x", y: "k*x - y" },
});

/** Run on a twin with noise of 0.05 in both columns, at a stated deviation for each. */
async function runAt(deviations: [number, number]) {
  const { data } = here.twinExperiment({
    model: decay,
    timeStep: 0.1,
    points: 61,
    observed: [0, 1],
    noise: 0.05,
    seed: 3,
    initialState: [2, 1],
    spinUp: 0,
  });
  return here.anneal({
    model: decay,
    data,
    measurementPrecision: deviations.map((deviation) => 1 / deviation ** 2),
    estimate: { k: { initial: [0.1, 2] } },
    startingPaths: { count: 2 },
    workers: 0,
  });
}

test("a right run has its chi-square, of all and of each channel", async () => {
  const run = await runAt([0.05, 0.05]);
  expect(run.verdict).toBe("consistent");
  const { value, degreesOfFreedom, deviations, noiseFactor, channels } = run.chiSquare!;
  // 122 measurements, less two first values and a rate.
  expect(degreesOfFreedom).toBeCloseTo(119, 2);
  expect(noiseFactor).toBeCloseTo(Math.sqrt(value / degreesOfFreedom), 10);
  expect(Math.abs(deviations)).toBeLessThan(4);
  expect(channels.map(({ name }) => name)).toEqual(["x", "y"]);
  expect(channels.reduce((sum, { degreesOfFreedom }) => sum + degreesOfFreedom, 0)).toBeCloseTo(
    119,
    2,
  );
  expect(run.best.modelPrecision).toBe(run.starts[run.best.start]?.rungs.at(-1)?.modelPrecision);
  expect(JSON.parse(JSON.stringify(run)).chiSquare).toEqual(run.chiSquare);
  expect(run.uncertainty().findings.map(({ code }) => code)).not.toContain("runVerdict");
});

test("noise that is overstated in one column is inconsistent, and statistics say so too", async () => {
  const run = await runAt([0.05, 0.5]);
  expect(run.verdict).toBe("inconsistent");
  expect(run.findings.map(({ code }) => code)).toContain("unequalNoise");
  expect(run.chiSquare?.channels[1]?.noiseFactor).toBeCloseTo(0.1, 1);
  const uncertainty = run.uncertainty();
  expect(uncertainty.findings[0]).toMatchObject({ code: "runVerdict", severity: "problem" });
  expect(uncertainty.diagnose()).toMatch(/verdict on the run is "inconsistent".*noise/s);
  const posterior = await here.samplePosterior({
    run,
    draws: 20,
    warmup: 20,
    chains: 1,
    workers: 0,
  });
  expect(posterior.findings[0]).toMatchObject({ code: "runVerdict", severity: "problem" });
});
