// Benchmarks. Both sides of every comparison run in turns within one run, so a machine that slows
// down slows both.
//
//   npm run bench                        a table
//   npm run bench -- --only lab          one part alone; parts are named below
//   npm run bench -- --json FILE         also writes { name, value, unit, peer, ratio }
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import {
  action,
  anneal,
  init,
  lorenz96,
  type Model,
  naklNeuron,
  twinExperiment,
  type TwinOptions,
} from "least-action";
import { browser } from "./bench/browser.js";
import { agree, cargoBench, type Figure, figure, inTurns, median, print } from "./bench/figures.js";
import { lab } from "./bench/lab.js";
import { networks } from "./bench/networks.js";
import { sampling } from "./bench/numpyro.js";
import { predict } from "./bench/predict.js";
import { Lorenz96, Neuron, PlainAction, type System } from "./plain-typescript.js";

const ROUNDS = 7;
/** Number of samples, as in the native benchmark. */
const SAMPLES = 41;
const CALLS = 20;
const LADDER = "test/fixtures/ladder.json";

/** Microseconds, as printed by `cargo bench --bench action`. */
interface NativeTimes {
  gradient: number;
  byHand: number;
}

/** A model's action and gradient, by the library and in plain TypeScript. */
interface Case {
  name: string;
  native: (printed: NativeTimes & { neuron: NativeTimes }) => NativeTimes;
  library: () => void;
  plain: () => void;
  free: () => void;
}

/**
 * Case with the model, data and path of crates/least-action/benches/action.rs. All sides write the
 * gradient into an existing array.
 */
function caseOf<P extends string>(
  name: string,
  native: Case["native"],
  model: Model<P>,
  system: System,
  twin: Omit<TwinOptions<P>, "model">,
): Case {
  const { data, truth } = twinExperiment<P, string, string>({ model, ...twin });
  const path = truth.map((x) => 1.01 * x + 0.1);
  const names = model.parameters.map((p) => p.name);
  const given = model.parameters.map((p) => 0.98 * p.default);
  const a = action<P, P>({ model, data, measurementPrecision: 4, estimate: names });
  const parameters = Object.fromEntries(names.map((one, i) => [one, given[i]])) as Record<
    P,
    number
  >;
  const at = { path, modelPrecision: 1e3, parameters, into: new Float64Array(path.length) };
  const plain = new PlainAction(system, data, 4);
  const values = Float64Array.from(given);
  const [gradient, inParameters] = [new Float64Array(path.length), new Float64Array(given.length)];
  const plainGradient = () => plain.gradient(1e3, path, values, gradient, inParameters);

  const ours = a.gradient(at);
  agree(`${name}: action`, [ours.action], [plainGradient()]);
  agree(`${name}: gradient in the path`, ours.path, gradient);
  const ourParameters = names.map((one) => ours.parameters[one]);
  agree(`${name}: gradient in the parameters`, ourParameters, inParameters);
  return {
    name,
    native,
    library: () => a.gradient(at),
    plain: plainGradient,
    free: () => a.free(),
  };
}

function cases(): Case[] {
  const observed = [0, 1, 3, 5, 6, 8, 10, 11, 13, 15, 16, 18];
  const ring = { timeStep: 0.025, points: 161, observed, noise: 0.5, seed: 1 };
  const points = 2001;
  const inputs = Array.from({ length: points }, (_, n) => 15 + 10 * Math.sin(0.01 * n));
  const spikes = { timeStep: 0.02, points, observed: [0], noise: 1, seed: 1, inputs };
  return [
    caseOf(
      "action + gradient, Lorenz96 D=20 N=161 simpson-hermite",
      (printed) => printed,
      lorenz96({ dimension: 20 }),
      new Lorenz96(20),
      ring,
    ),
    caseOf(
      "action + gradient, NaKL neuron N=2001 simpson-hermite, 18 parameters",
      (printed) => printed.neuron,
      naklNeuron(),
      new Neuron(),
      spikes,
    ),
  ];
}

/**
 * Times of action and gradient: hand-written Rust, the crate, WebAssembly called from here with
 * path and gradient crossing at every call, and plain TypeScript.
 */
function gradients(): Figure[] {
  const all = cases().map((one) => ({
    ...one,
    rounds: [] as { native: NativeTimes; wasm: number; plain: number }[],
  }));
  // WebAssembly and JavaScript are compiled better once they have run for a while.
  for (const { library, plain } of all) inTurns([library, plain], CALLS, SAMPLES);
  for (let round = 0; round < ROUNDS; round++) {
    const printed = cargoBench("action") as unknown as NativeTimes & { neuron: NativeTimes };
    for (const { native, library, plain, rounds } of all) {
      const [wasm = NaN, inPlain = NaN] = inTurns([library, plain], CALLS, SAMPLES);
      rounds.push({ native: native(printed), wasm, plain: inPlain });
    }
  }
  return all.flatMap(({ name, rounds, free }) => {
    free();
    const byHand = median(rounds.map(({ native }) => native.byHand));
    const native = median(rounds.map(({ native }) => native.gradient));
    const wasm = median(rounds.map((round) => round.wasm));
    const plain = median(rounds.map((round) => round.plain));
    return [
      figure(`${name}, hand-written Rust`, byHand, "us"),
      figure(`${name}, native`, native, "us", "hand-written Rust", byHand),
      figure(`${name}, wasm from JavaScript`, wasm, "us", "native", native),
      figure(`${name}, plain TypeScript`, plain, "us", "wasm", wasm),
    ];
  });
}

type Minimizer =
  "structured" | "lbfgs" | { method: "lbfgs"; tolerance: number; maxIterations: number };

interface Climbed {
  native: number;
  wasm: number;
  evaluations: number;
  action: number;
}

/**
 * Times of a whole ladder from one starting path, natively and in WebAssembly: calls cross once a
 * rung only.
 */
async function climb(minimizer: Minimizer, rounds: number): Promise<Climbed> {
  const problem = JSON.parse(readFileSync(LADDER, "utf8"));
  const model = lorenz96({ dimension: problem.model.dimension });
  const { data } = twinExperiment({ model, ...problem.twin });
  const times: { native: number[]; wasm: number[] } = { native: [], wasm: [] };
  let evaluations = NaN;
  let action = NaN;
  for (let round = 0; round < rounds; round++) {
    const native = cargoBench("ladder", "--", LADDER, JSON.stringify(minimizer));
    times.native.push(native.seconds ?? NaN);
    const start = performance.now();
    const run = await anneal({ model, data, ...problem.anneal, minimizer, workers: 0 });
    times.wasm.push((performance.now() - start) / 1e3);
    evaluations = run.starts
      .flatMap((s) => s.rungs)
      .reduce((sum, rung) => sum + rung.evaluations, 0);
    action = run.best.action;
    if (evaluations !== native.evaluations || action !== native.action) {
      throw new Error(
        `native and wasm did different work: ${evaluations} evaluations against ` +
          `${native.evaluations}`,
      );
    }
  }
  return { native: median(times.native), wasm: median(times.wasm), evaluations, action };
}

/**
 * Times of the structured minimiser against L-BFGS with its defaults, and with the options that it
 * needs to end as low.
 */
async function ladders(): Promise<Figure[]> {
  const ladder =
    "ladder of 101 rungs, Lorenz96 D=20 N=161 simpson-hermite, 12 observed, one start, one thread";
  const structured = await climb("structured", 3);
  const usual = await climb("lbfgs", 3);
  let equal = usual;
  let tolerance = 1e-6;
  // Relative differences below 1e-7 are no lower level.
  while (equal.action > structured.action * (1 + 1e-7) && tolerance > 1e-11) {
    tolerance /= 10;
    equal = await climb({ method: "lbfgs", tolerance, maxIterations: 20_000 }, 1);
  }
  const line = (name: string, { native, wasm, evaluations, action }: Climbed): Figure[] => [
    figure(`${ladder}: ${name}, last action`, action, ""),
    figure(`${ladder}: ${name}, evaluations`, evaluations, ""),
    figure(`${ladder}: ${name}, native`, native, "s", "structured", structured.native),
    figure(`${ladder}: ${name}, wasm`, wasm, "s", "native", native),
  ];
  return [
    ...line("structured", structured),
    ...line("L-BFGS", usual),
    ...line(`L-BFGS to the same action (tolerance ${tolerance.toExponential(0)})`, equal),
  ];
}

/**
 * Time and memory against the numbers of points and states; the longest path takes more than 4 GB.
 */
function scaling(): Figure[] {
  const found = cargoBench("scaling");
  const one = (name: string, key: string, unit: string): Figure =>
    figure(`structured, ${name}`, found[key] ?? NaN, unit);
  return [
    one("slope of time against N (161 to 160,001)", "timeAgainstPoints", ""),
    one("slope of memory against N", "memoryAgainstPoints", ""),
    one("slope of time against D (10 to 200)", "timeAgainstStates", ""),
    one("slope of memory against D", "memoryAgainstStates", ""),
    one("an iteration at D=20, N=160,001", "longest", "ms"),
    one("an iteration at D=200, N=161", "widest", "ms"),
    figure("L-BFGS, an iteration at D=1000, N=161", found.iterative ?? NaN, "ms"),
  ];
}

/** Runs a native example, which prints a table of its own. */
function example(name: string, ...rest: string[]): void {
  console.log(`\n${name} ${rest.join(" ")}`);
  execFileSync(
    "cargo",
    ["run", "--release", "--quiet", "-p", "least-action", "--example", name, "--", ...rest],
    {
      stdio: "inherit",
    },
  );
}

/**
 * Runs the examples that tell how often the default finds the lowest level, and the neuron from one
 * voltage.
 */
function examples(): Figure[] {
  example("strategies", "l96", "automatic", "--full");
  example("neuron_twin");
  return [];
}

const PARTS: Record<string, () => Figure[] | Promise<Figure[]>> = {
  gradients,
  networks,
  ladders,
  scaling,
  predict,
  sampling,
  browser,
  lab,
  examples,
};
const { values } = parseArgs({ options: { json: { type: "string" }, only: { type: "string" } } });
const chosen = values.only?.split(",") ?? Object.keys(PARTS);
const unknown = chosen.find((name) => !Object.hasOwn(PARTS, name));
if (unknown !== undefined) {
  console.error(
    `--only ${unknown}: there is no such part; known are ${Object.keys(PARTS).join(", ")}`,
  );
  process.exit(2);
}
await init();
const figures: Figure[] = [];
for (const name of chosen) figures.push(...((await PARTS[name]?.()) ?? []));
print(figures);
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
  console.log(`written: ${values.json}`);
}
