/** A twin experiment: Lorenz96 with 12 of 20 components observed through noise, the other 8 and the forcing unknown. */
import { action, anneal, init, lorenz96, twinExperiment } from "least-action";
import { component, rms, type Outcome, type Settings } from "../outcome.js";
import { drawLevels } from "../pictures/levels.js";
import { drawSeries } from "../pictures/series.js";
import { heading, progressBar, table } from "../terminal.js";

const dimension = 20;
const timeStep = 0.025;
const noise = 0.5;
const measurementPrecision = 1 / noise ** 2;
const observed = [0, 1, 3, 5, 6, 8, 10, 11, 13, 15, 16, 18];
const hidden = Array.from({ length: dimension }, (_, i) => i).filter((i) => !observed.includes(i));

export async function lorenz96Twin({ size = {}, signal }: Settings = {}): Promise<Outcome> {
  const { starts = 20, rungs = 101 } = size;
  heading("Lorenz96 twin: 12 of 20 components observed, forcing unknown");
  await init();

  const model = lorenz96({ dimension });
  const twin = twinExperiment({
    model,
    parameters: { forcing: 8.17 },
    timeStep,
    points: 161,
    observed,
    noise,
    seed: 1,
    further: 160,
  });

  const bar = progressBar("Lorenz96 twin");
  const began = performance.now();
  const run = await anneal({
    model,
    data: twin.data,
    discretization: "simpson-hermite",
    measurementPrecision,
    modelPrecision: { initial: 4e-6, factor: 1.5, rungs },
    estimate: { forcing: { initial: [6, 10] } },
    startingPaths: { count: starts, range: [-10, 10], seed: 2 },
    onProgress: (p) => bar.update(p.done, p.total),
    ...(signal && { signal }),
  }).finally(() => bar.stop());
  const seconds = (performance.now() - began) / 1000;

  console.log(`Annealed ${starts} starting paths over ${rungs} rungs in ${seconds.toFixed(1)} s.\n`);
  console.log(run.summary());
  console.log(run.diagnose());

  console.log(
    `\nThe best starting path (number ${run.best.start}) on its way up; the true forcing is ${twin.parameters.forcing}:\n`,
  );
  const climbed = run.starts.find(({ start }) => start === run.best.start)?.rungs ?? [];
  table(
    ["log10(R_f/R_m)", "action", "measurement error", "model error", "forcing", "iterations", "stopped as"],
    climbed
      .filter(({ rung }) => rung % 10 === 0)
      .map((r) => [
        Math.log10(r.modelPrecision / measurementPrecision).toFixed(2),
        r.action.toPrecision(4),
        r.measurementError.toPrecision(4),
        r.modelError.toExponential(2),
        (r.parameters[0] ?? NaN).toFixed(4),
        String(r.iterations),
        r.stop,
      ]),
  );

  const error = {
    observed: rms(run.best.path, twin.truth, dimension, observed),
    hidden: rms(run.best.path, twin.truth, dimension, hidden),
  };
  const { forcing } = run.best.parameters;
  // What the noise alone gives: the action of the true path, free of the model's part.
  const atTruth = action({ model, data: twin.data, measurementPrecision, parameters: twin.parameters }).evaluate({
    path: twin.truth,
    modelPrecision: 1,
  }).measurementError;
  console.log("\nBeside the truth, which the fit never saw:\n");
  table(
    ["", "estimate", "truth", "difference"],
    [
      [
        "forcing",
        forcing.toFixed(4),
        twin.parameters.forcing.toFixed(4),
        (forcing - twin.parameters.forcing).toFixed(4),
      ],
      [
        "measurement error",
        run.best.measurementError.toFixed(4),
        atTruth.toFixed(4),
        (run.best.measurementError - atTruth).toFixed(4),
      ],
      ["rms of observed components", "", "", error.observed.toFixed(4)],
      ["rms of hidden components", "", "", error.hidden.toFixed(4)],
    ],
  );

  const prediction = run.predict({ until: 8 });
  const predictionError = (ahead: number): number => {
    const step = Math.round(ahead / timeStep);
    // The prediction begins with the last point of the window, the truth's future one step later.
    return rms(stateAt(prediction.path, step), stateAt(twin.future, step - 1), dimension);
  };
  console.log("\nThe prediction from the end of the window, beside the truth integrated on:\n");
  table(
    ["time past the window", "rms error"],
    [0.5, 1, 1.5, 2, 3, 4].map((ahead) => [ahead.toFixed(1), predictionError(ahead).toFixed(3)]),
  );
  console.log(
    `Two unrelated states differ by ${(Math.SQRT2 * deviation(twin.truth)).toFixed(1)}: the system is chaotic, and no prediction lasts.`,
  );

  const curves = (index: number) => [
    {
      kind: "truth" as const,
      x: [...twin.times, ...twin.futureTimes],
      y: [...component(twin.truth, dimension, index), ...component(twin.future, dimension, index)],
    },
    { kind: "estimate" as const, x: run.times, y: component(run.best.path, dimension, index) },
    { kind: "prediction" as const, x: prediction.times, y: component(prediction.path, dimension, index) },
    ...(observed.includes(index)
      ? [
          {
            kind: "data" as const,
            x: twin.times,
            y: component(twin.data.values, observed.length, observed.indexOf(index)),
          },
        ]
      : []),
  ];
  const measurements = twin.data.values.length;
  return {
    pictures: {
      "lorenz96-twin-levels.svg": await drawLevels({
        title: `Lorenz96 twin: action levels of ${starts} starting paths`,
        subtitle: "20 components, 161 points 0.025 apart, noise 0.5, unknown forcing",
        measurementPrecision,
        panels: [{ label: "12 of 20 components observed", run, expected: 1 - (dimension + 1) / measurements }],
      }),
      "lorenz96-twin-series.svg": await drawSeries({
        title: "Lorenz96 twin: 12 of 20 components observed",
        subtitle:
          "The path of least action through noisy data, also where nothing was measured, and the prediction from its end",
        xTitle: "time (dimensionless)",
        yTitle: "x (dimensionless)",
        windowEnd: 4,
        names: { data: "data", truth: "truth", estimate: "estimate", prediction: "prediction" },
        rows: [5, 15, 2, 7, 12].map((i) => ({
          label: `component ${i}, ${observed.includes(i) ? "observed" : "never observed"}`,
          curves: curves(i),
        })),
      }),
    },
    checks: [
      { claim: "the misfit is what the noise explains", holds: run.verdict === "consistent" },
      { claim: "the forcing is found to 0.05", holds: Math.abs(forcing - twin.parameters.forcing) < 0.05 },
      { claim: "hidden components are found to half of the noise", holds: error.hidden < noise / 2 },
      {
        claim: "one time unit past the window the prediction still holds (rms below the noise)",
        holds: predictionError(1) < noise,
      },
    ],
  };
}

const stateAt = (path: Float64Array, n: number): Float64Array => path.subarray(n * dimension, (n + 1) * dimension);

function deviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return rms(values, new Float64Array(values.length).fill(mean), 1);
}
