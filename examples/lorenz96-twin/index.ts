/**
 * A twin experiment: Lorenz96 integrated, some of its 20 components observed through noise, then
 * all of them and the forcing estimated and compared with the truth. With 12 observed every random
 * starting path finds it; with 8 most end in minima of higher action, and the levels tell: there
 * the default way to start, an ensemble filter, finds the path at once.
 */
import { action, anneal, init, lorenz96, twinExperiment, type Run } from "least-action";
import { component, rms, type Outcome, type Settings, type Size } from "../outcome.js";
import { drawLevels } from "../pictures/levels.js";
import { drawSeries } from "../pictures/series.js";
import { heading, progressBar, table } from "../terminal.js";

const dimension = 20;
const timeStep = 0.025;
const noise = 0.5;
const measurementPrecision = 1 / noise ** 2;
const enough = [0, 1, 3, 5, 6, 8, 10, 11, 13, 15, 16, 18];
const few = [0, 2, 4, 6, 8, 10, 14, 16];

export async function lorenz96Twin({ size, signal }: Settings = {}): Promise<Outcome> {
  const { starts = 20, rungs = 101 } = size ?? {};
  await init();

  heading(`Lorenz96 twin: ${enough.length} of ${dimension} components observed, forcing unknown`);
  const main = await fit(enough, { starts, rungs }, signal);
  reportClimb(main.run);
  const { predictionError, ...errors } = compareWithTruth(main);

  const fits = [main];
  // After an interruption, the results so far are reported and no new run is begun.
  if (!signal?.aborted) fits.push(await fitFew({ starts: Math.ceil(0.3 * starts), rungs }, signal));
  const [, fewer] = fits;
  const byDefault = fewer && !signal?.aborted ? await fitByDefault(fewer) : undefined;
  return {
    pictures: {
      "lorenz96-twin-levels.svg": await drawLevels({
        title: "Lorenz96 twin: action levels",
        subtitle:
          `${dimension} components, ${main.run.times.length} points ${timeStep} apart, ` +
          `noise ${noise}, unknown forcing`,
        measurementPrecision,
        panels: fits.map(({ run, observed }) => ({
          label: `${observed.length} of ${dimension} components observed`,
          run,
        })),
      }),
      "lorenz96-twin-series.svg": await drawComponents(main, [5, 15, 2, 7, 12]),
    },
    checks: [
      { claim: "the misfit is what the noise explains", holds: main.run.verdict === "consistent" },
      { claim: "the forcing is found to 0.05", holds: errors.forcing < 0.05 },
      {
        claim: "components that were never observed are found to half of the noise",
        holds: errors.hidden < noise / 2,
      },
      {
        claim: "one unit of time past the window the prediction is still within the noise",
        holds: predictionError(1) < noise,
      },
      {
        claim:
          `with ${few.length} observed there are several levels, so the lowest has to be ` +
          "looked for",
        holds: (fewer?.run.levels.length ?? 0) > 1,
      },
      {
        claim: `by default the path is found with ${few.length} observed too`,
        holds: byDefault?.verdict === "consistent",
      },
    ],
  };
}

async function fit(observed: number[], { starts, rungs }: Size, signal: AbortSignal | undefined) {
  const model = lorenz96({ dimension });
  const parameters = { forcing: 8.17 };
  const twin = twinExperiment({
    model,
    parameters,
    timeStep,
    points: 161,
    observed,
    noise,
    seed: 1,
    further: 160,
  });

  const bar = progressBar(`${observed.length} observed`);
  const began = performance.now();
  const run = await anneal({
    model,
    data: twin.data,
    discretization: "simpson-hermite",
    measurementPrecision,
    modelPrecision: { initial: 4e-6, factor: 1.5, rungs },
    estimate: { forcing: { initial: [6, 10] } },
    // Random starts that all climb to the end show the levels, though not quickly.
    startingPaths: {
      start: "random",
      count: starts,
      enough: starts,
      prune: false,
      range: [-10, 10],
      seed: 2,
    },
    onProgress: (p) => bar.update(p.done, p.total),
    ...(signal && { signal }),
  }).finally(() => bar.stop());

  const seconds = (performance.now() - began) / 1000;
  console.log(
    `Annealed ${starts} starting paths over ${rungs} rungs in ${seconds.toFixed(1)} s.\n`,
  );
  console.log(run.summary());
  console.log(run.diagnose());
  return { model, twin, run, observed };
}

/** A fit with so few observed components that not every starting path finds the truth. */
async function fitFew(size: Size, signal: AbortSignal | undefined): Promise<Fit> {
  heading(`The same truth with ${few.length} of ${dimension} components observed`);
  const result = await fit(few, size, signal);
  reportLevels(result);
  return result;
}

/** A fit of the same data with the default ladder and starting paths. */
async function fitByDefault({ model, twin }: Fit): Promise<Run<"forcing">> {
  heading(`The same ${few.length} components, with everything by default`);
  const began = performance.now();
  const run = await anneal({
    model,
    data: twin.data,
    measurementPrecision,
    estimate: { forcing: { initial: [6, 10] } },
  });
  const seconds = (performance.now() - began) / 1000;
  const error = rms(run.best.path, twin.truth, dimension, hiddenBeside(few));
  console.log(
    `In ${seconds.toFixed(2)} s, ${run.starts.length} of at most 20 starts: action ` +
      `${run.best.action.toFixed(4)}, forcing ` +
      `${run.best.parameters.forcing.toFixed(3)}, components never observed to ` +
      `${error.toFixed(3)} rms.\n`,
  );
  console.log(run.diagnose());
  return run;
}

type Fit = Awaited<ReturnType<typeof fit>>;

function reportClimb(run: Run<"forcing">): void {
  console.log(`\nThe best starting path, number ${run.best.start}, on its way up:\n`);
  const rungs = run.starts.find(({ start }) => start === run.best.start)?.rungs ?? [];
  table(
    [
      "log10(R_f/R_m)",
      "action",
      "measurement error",
      "model error",
      "forcing",
      "iterations",
      "stopped by",
    ],
    rungs
      .filter(({ rung }) => rung % 10 === 0)
      .map((r) => [
        Math.log10(r.modelPrecision / measurementPrecision).toFixed(2),
        r.action.toExponential(3),
        r.measurementError.toExponential(3),
        r.modelError.toExponential(3),
        (r.parameters[0] ?? NaN).toFixed(4),
        String(r.iterations),
        r.stop,
      ]),
  );
}

/**
 * Prints what lies behind each level: only the lowest is the truth, and its height says so without
 * knowing the truth.
 */
function reportLevels({ run, twin, observed }: Fit): void {
  const hidden = hiddenBeside(observed);
  console.log(`\nWhat lies behind the levels; the true forcing is ${twin.parameters.forcing}:\n`);
  table(
    ["action", "starts", "forcing", "rms error of components never observed"],
    run.levels.map(({ action: level, starts }) => {
      const first = run.starts.find(({ start }) => start === starts[0]);
      const error = first ? rms(first.path, twin.truth, dimension, hidden) : NaN;
      return [
        level.toFixed(3),
        String(starts.length),
        (first?.parameters.forcing ?? NaN).toFixed(3),
        error.toFixed(3),
      ];
    }),
  );
}

const hiddenBeside = (observed: readonly number[]): number[] =>
  Array.from({ length: dimension }, (_, i) => i).filter((i) => !observed.includes(i));

/** Prints how far the estimate and its prediction are from the truth. */
function compareWithTruth({ model, twin, run, observed }: Fit) {
  const hidden = hiddenBeside(observed);
  const { forcing } = run.best.parameters;
  const { parameters, truth, future } = twin;
  const trueAction = action({ model, data: twin.data, measurementPrecision, parameters });
  const noiseAlone = trueAction.evaluate({ path: truth, modelPrecision: 1 }).measurementError;
  const errors = {
    forcing: Math.abs(forcing - parameters.forcing),
    observed: rms(run.best.path, truth, dimension, observed),
    hidden: rms(run.best.path, truth, dimension, hidden),
  };
  console.log("\nBeside the truth, which the fit never saw:\n");
  table(
    ["", "estimate", "truth", "difference"],
    [
      ["forcing", forcing.toFixed(4), parameters.forcing.toFixed(4), errors.forcing.toFixed(4)],
      ["measurement error", run.best.measurementError.toFixed(4), noiseAlone.toFixed(4), ""],
      [`${observed.length} observed components, rms`, "", "", errors.observed.toFixed(4)],
      [`${hidden.length} components never observed, rms`, "", "", errors.hidden.toFixed(4)],
    ],
  );

  const prediction = run.predict({ until: 8 });
  const stateAt = (path: Float64Array, n: number): Float64Array =>
    path.subarray(n * dimension, (n + 1) * dimension);
  const predictionError = (ahead: number): number => {
    const step = Math.round(ahead / timeStep);
    // The prediction begins with the last point of the window, the truth's future one step later.
    return rms(stateAt(prediction.path, step), stateAt(future, step - 1), dimension);
  };
  const aheads = [0.5, 1, 1.5, 2, 3, 4];
  console.log("\nThe prediction past the window, beside the truth integrated on:\n");
  table(
    ["time past the window", ...aheads.map(String)],
    [["rms error", ...aheads.map((ahead) => predictionError(ahead).toFixed(2))]],
  );
  const mean = truth.reduce((sum, x) => sum + x, 0) / truth.length;
  const apart = Math.SQRT2 * rms(truth, new Float64Array(truth.length).fill(mean), dimension);
  console.log(
    `(Two unrelated states are ${apart.toFixed(1)} apart: the system is chaotic, and no ` +
      "prediction lasts.)",
  );
  return { ...errors, predictionError };
}

function drawComponents({ twin, run, observed }: Fit, shown: readonly number[]): Promise<string> {
  const prediction = run.predict({ until: 8 });
  const join = (a: Float64Array, b: Float64Array): Float64Array => Float64Array.from([...a, ...b]);
  const truth = join(twin.truth, twin.future);
  return drawSeries({
    title: `Lorenz96 twin: ${observed.length} of ${dimension} components observed`,
    subtitle:
      "The path of least action through noisy data, also where nothing was measured, and " +
      "the prediction from its end",
    xTitle: "time (dimensionless)",
    yTitle: "x (dimensionless)",
    windowEnd: run.times.at(-1) ?? NaN,
    names: { data: "data", truth: "truth", estimate: "estimate", prediction: "prediction" },
    rows: shown.map((index) => {
      const column = observed.indexOf(index);
      const data = {
        kind: "data",
        x: twin.times,
        y: component(twin.data.values, observed.length, column),
      } as const;
      return {
        label: `component ${index}, ${column < 0 ? "never observed" : "observed"}`,
        curves: [
          {
            kind: "truth",
            x: join(twin.times, twin.futureTimes),
            y: component(truth, dimension, index),
          },
          { kind: "estimate", x: run.times, y: component(run.best.path, dimension, index) },
          {
            kind: "prediction",
            x: prediction.times,
            y: component(prediction.path, dimension, index),
          },
          ...(column < 0 ? [] : [data]),
        ],
      };
    }),
  });
}
