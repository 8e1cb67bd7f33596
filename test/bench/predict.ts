// What a run is asked when it is over: its annealer is made already, and all that it takes is the
// integration.
import { anneal, lorenz96, twinExperiment } from "least-action";
import { type Figure, figure, inTurns, median } from "./figures.js";

const CALLS = 20;
const SAMPLES = 41;
/** Runs that are resumed, each of which makes an annealer. */
const RESUMED = 11;
const OBSERVED = [0, 1, 3, 5, 6, 8, 10, 11, 13, 15, 16, 18];

/** Two steps past the window, beside a run that is resumed at its end and makes an annealer. */
export async function predict(): Promise<Figure[]> {
  const model = lorenz96({ dimension: 20 });
  const timeStep = 0.025;
  const twin = { timeStep, points: 161, observed: OBSERVED, noise: 0.5, seed: 1 };
  const { data } = twinExperiment({ model, ...twin });
  const common = { model, data, measurementPrecision: 4, workers: 0 } as const;
  const until = (twin.points + 1) * timeStep;
  const cases = [
    ["automatic ladder", { startingPaths: { count: 1, seed: 2 } }],
    [
      "ladder and ranges said",
      {
        modelPrecision: { initial: 4e-4, factor: 3, rungs: 14 },
        startingPaths: { start: "random", count: 1, range: [-10, 10], seed: 2 },
      },
    ],
  ] as const;
  const figures: Figure[] = [];
  for (const [name, own] of cases) {
    const options = { ...common, ...own };
    const run = await anneal(options);
    const anew: number[] = [];
    for (let k = 0; k < RESUMED; k += 1) {
      const start = performance.now();
      await anneal({ ...options, resume: run });
      anew.push((performance.now() - start) * 1e3);
    }
    const [asked = NaN] = inTurns([() => run.predict({ until })], CALLS, SAMPLES);
    const peer = "resumed at its end";
    const problem = `run.predict of two steps, Lorenz96 D=20 N=161, ${name}`;
    figures.push(
      figure(`${problem}: ${peer}`, median(anew), "us"),
      figure(problem, asked, "us", peer, median(anew)),
    );
  }
  return figures;
}
