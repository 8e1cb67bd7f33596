// Sampling the posterior of a Lorenz96 path by this library's NUTS, with a metric from the
// Hessian's factor, and by NumPyro's with its own choices: a diagonal metric that it adapts, and a
// dense one that is given Laplace's covariance. The density and the first point are the same, each
// runs on one thread, and one formula, this library's, counts effective draws.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  action,
  anneal,
  lorenz96,
  readNpy,
  samplePosterior,
  twinExperiment,
  writeNpy,
} from "least-action";
import type { Run, SampledPosterior } from "least-action";
import { agree, type Figure, figure, median } from "./figures.js";

const SCRIPT = "test/bench/numpyro_lorenz96.py";
/** Python with NumPyro, for instance that of a virtual environment. */
const PYTHON = process.env.LEAST_ACTION_BENCH_PYTHON ?? "python3";
const dimension = 20;
const timeStep = 0.025;
const observed = [0, 1, 3, 5, 6, 8, 10, 11, 13, 15, 16, 18];
const measurementPrecision = 4;
const WARMUP = 500;
const DRAWS = 500;

interface Case {
  points: number;
  modelPrecision: number;
  /** Set for a dense metric too, which has as many numbers as the square of the unknowns. */
  dense: boolean;
}

const CASES: Case[] = [{ points: 41, modelPrecision: 400, dense: true }];

interface Sampling {
  name: string;
  /** Processor time in seconds of the warm-up and its preparation. */
  warmup: number;
  /** Processor time in seconds of the draws alone. */
  seconds: number;
  steps: number;
  divergences: number;
  draws: SampledPosterior<"forcing">;
}

function python(rest: string[], errors: "inherit" | "ignore" = "inherit") {
  return JSON.parse(
    execFileSync(PYTHON, [SCRIPT, ...rest], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", errors],
    }),
  );
}

function hasNumpyro(): boolean {
  try {
    const { numpyro, jax } = python(["version"], "ignore");
    console.log(`NumPyro ${numpyro}, JAX ${jax}`);
    return true;
  } catch {
    console.log(
      `NumPyro: left out, ${PYTHON} does not have it (LEAST_ACTION_BENCH_PYTHON may name another)`,
    );
    return false;
  }
}

async function problemOf({ points, modelPrecision }: Case, folder: string) {
  const model = lorenz96({ dimension });
  const { data, truth } = twinExperiment({
    model,
    timeStep,
    points,
    observed,
    noise: 0.5,
    seed: 1,
  });
  const common = {
    model,
    data,
    measurementPrecision,
    normalization: "posterior",
    discretization: "rk4",
  } as const;
  const run = await anneal({ ...common, estimate: { forcing: { initial: [6, 10] } }, workers: 0 });
  const certain = run.uncertainty({ modelPrecision, levels: 1 });
  const mode = {
    path: certain.levels[0]?.path ?? run.best.path,
    forcing: certain.levels[0]?.parameters.forcing.value ?? NaN,
  };
  certain.free();
  const values = Array.from(data.values);
  const problem = {
    points,
    dimension,
    observed,
    timeStep,
    values,
    measurementPrecision,
    modelPrecision,
  };
  writeFileSync(join(folder, "problem.json"), JSON.stringify(problem));
  // The first point is where chains begin; at the others only the densities are compared.
  const others = [truth, truth.map((x) => 1.01 * x + 0.1), truth.map((_, i) => 8 * Math.sin(i))];
  const rows = [mode, ...others.map((path, k) => ({ path, forcing: 8.17 - 0.5 * k }))];
  const unknowns = rows.flatMap(({ path, forcing }) => [...path, forcing]);
  writeFileSync(
    join(folder, "points.npy"),
    writeNpy({ shape: [rows.length, truth.length + 1], values: unknowns }),
  );
  const a = action<"forcing", "forcing">({ ...common, estimate: ["forcing"] });
  const ours = rows.map(
    ({ path, forcing }) => -a.evaluate({ path, modelPrecision, parameters: { forcing } }).action,
  );
  a.free();
  const theirs = python([folder, "density"]).logDensity as number[];
  // Each part is compared by itself, as they differ in size.
  ours.forEach((value, k) =>
    agree(`log density of path ${k}, ours and NumPyro's`, [value], [theirs[k] as number]),
  );
  return run;
}

async function ourDraws(run: Run<"forcing">, modelPrecision: number): Promise<Sampling> {
  const options = { run, modelPrecision, chains: 1, warmup: WARMUP, seed: 1, workers: 0 };
  const timed = async (count: number) => {
    const before = process.cpuUsage();
    const draws = await samplePosterior({ ...options, draws: count });
    const { user, system } = process.cpuUsage(before);
    return { draws, seconds: (user + system) / 1e6 };
  };
  // A first sampling is not timed, as WebAssembly is compiled better once it has run for a while.
  await timed(1);
  const { seconds: warmup } = await timed(1);
  const { draws, seconds } = await timed(DRAWS);
  return {
    name: "least-action",
    warmup,
    seconds: seconds - warmup,
    steps: draws.evaluations,
    divergences: draws.divergences.length,
    draws,
  };
}

async function theirDraws(
  run: Run<"forcing">,
  one: Case,
  folder: string,
  metric: string,
): Promise<Sampling & { compiling: number }> {
  const found = python([folder, metric, String(WARMUP), String(DRAWS)]);
  const { values } = readNpy(readFileSync(join(folder, "draws.npy")));
  const none = Array<number>(DRAWS).fill(0);
  const figures = {
    logDensity: none,
    energy: none,
    acceptance: none,
    stepSize: none,
    treeDepth: none,
    steps: none,
  };
  // NumPyro's draws in this library's form, so that one formula counts both.
  const chains = [{ start: 0, draws: DRAWS, values: Array.from(values), figures }];
  const { modelPrecision } = one;
  const draws = await samplePosterior({
    run,
    modelPrecision,
    chains: 1,
    draws: DRAWS,
    workers: 0,
    resume: { chains },
  });
  const name =
    metric === "dense"
      ? "NumPyro, Laplace's covariance as dense metric"
      : "NumPyro, diagonal metric, adapted";
  return {
    name,
    warmup: found.warmup,
    seconds: found.sampling,
    steps: found.steps,
    divergences: found.divergences,
    compiling: found.compiling,
    draws,
  };
}

/** Effective sample sizes of the forcing and of states at 21 points, sorted. */
function effective(draws: SampledPosterior<"forcing">): number[] {
  const last = draws.times.length - 1;
  const points = Array.from({ length: 21 }, (_, k) => Math.round((k * last) / 20));
  const looked = points.flatMap((n) =>
    Array.from({ length: dimension }, (_, i) => n * dimension + i),
  );
  const of = (quantity: Parameters<typeof draws.expected>[0]) =>
    draws.expected(quantity).effectiveSize;
  const sizes = [
    of((_, { forcing }) => forcing),
    ...looked.map((i) => of((path) => path[i] as number)),
  ];
  return sizes.sort((a, b) => a - b);
}

async function figuresOf(one: Case): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "least-action-bench-"));
  try {
    const run = await problemOf(one, folder);
    const ours = await ourDraws(run, one.modelPrecision);
    const peers = [await theirDraws(run, one, folder, "diagonal")];
    if (one.dense) peers.push(await theirDraws(run, one, folder, "dense"));
    const size = `Lorenz96 D=${dimension} N=${one.points} rk4 R_f=${one.modelPrecision}`;
    const all: Sampling[] = [ours, ...peers];
    const sizes = new Map(all.map(({ name, draws }) => [name, effective(draws)]));
    const lowest = ({ name }: Sampling) => sizes.get(name)?.[0] ?? NaN;
    const middle = ({ name }: Sampling) => median(sizes.get(name) ?? []);
    const means = (s: Sampling) => s.draws.path;
    for (const peer of peers) {
      // Two samplers of one density have the same mean, up to the error of their draws.
      const squares = means(ours).map(
        (x, i) => ((x - (means(peer)[i] as number)) / (ours.draws.deviation[i] as number)) ** 2,
      );
      const apart = Math.sqrt(squares.reduce((sum, x) => sum + x, 0) / squares.length);
      const forcing = ({ draws }: Sampling) =>
        draws.expected((_, parameters) => parameters.forcing).deviation.toFixed(4);
      console.log(
        `${size}: means of ${peer.name} and ours are ${apart.toFixed(3)} standard ` +
          "deviations apart, rms; " +
          `deviations of the forcing are ${forcing(peer)} and ${forcing(ours)}`,
      );
    }
    return all.flatMap((sampling, k): Figure[] => {
      const { name, seconds, warmup, steps, divergences } = sampling;
      const what = `draws, ${size}, ${name}`;
      const against = (of: (s: Sampling) => number, label: string, unit: string): Figure =>
        k === 0
          ? figure(`${what}: ${label}`, of(sampling), unit)
          : figure(`${what}: ${label}`, of(sampling), unit, "least-action", of(ours));
      return [
        against(
          (s) => lowest(s) / s.seconds,
          "effective draws of the worst unknown per second",
          "/s",
        ),
        against((s) => middle(s) / s.seconds, "the same of the median unknown", "/s"),
        against(
          (s) => lowest(s) / (s.seconds + s.warmup),
          `worst, with the warm-up of ${WARMUP} draws`,
          "/s",
        ),
        figure(`${what}: gradients per draw`, steps / DRAWS, ""),
        figure(`${what}: microseconds per gradient`, (seconds * 1e6) / steps, "us"),
        figure(`${what}: warm-up`, warmup, "s"),
        ...("compiling" in sampling
          ? [figure(`${what}: compiling`, sampling.compiling as number, "s")]
          : []),
        figure(`${what}: divergences`, divergences, ""),
      ];
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Times of sampling. Empty, with a message, where there is no NumPyro. */
export async function sampling(): Promise<Figure[]> {
  if (!hasNumpyro()) return [];
  const figures: Figure[] = [];
  for (const one of CASES) figures.push(...(await figuresOf(one)));
  return figures;
}
