// Speed, both sides of every comparison in one run and in turns: a machine that slows down slows both.
//
//   npm run bench                  a table
//   npm run bench -- --json FILE   the same as { name, value, unit, peer, ratio }, for later comparisons
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { action, anneal, init, lorenz96, twinExperiment } from "least-action";

/** One line of the table: `ratio` is value over the peer's value. */
interface Figure {
  name: string;
  value: number;
  unit: string;
  peer: string | null;
  peerValue: number | null;
  ratio: number | null;
}

const ROUNDS = 7;
/** As many as the native benchmark takes. */
const SAMPLES = 41;
const CALLS = 200;
const LADDER = "test/fixtures/ladder.json";

function cargoBench(name: string, ...rest: string[]): Record<string, number> {
  const output = execFileSync("cargo", ["bench", "--quiet", "-p", "least-action", "--bench", name, ...rest], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(output.trim().split("\n").at(-1) ?? "") as Record<string, number>;
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}

function figure(name: string, value: number, unit: string, peer?: string, peerValue?: number): Figure {
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

/** Action and gradient: hand-written Rust, the crate, and WebAssembly called from here with a path and a gradient crossing at every call. */
function gradients(): Figure[] {
  const model = lorenz96({ dimension: 20 });
  const observed = [0, 1, 3, 5, 6, 8, 10, 11, 13, 15, 16, 18];
  const twin = twinExperiment({ model, timeStep: 0.025, points: 161, observed, noise: 0.5, seed: 1 });
  const path = twin.truth.map((x) => 1.01 * x + 0.1);
  const a = action({ model, data: twin.data, measurementPrecision: 4, estimate: ["forcing"] });
  // All three write the gradient into an array that is there.
  const into = new Float64Array(path.length);
  const at = { path, modelPrecision: 1e3, parameters: { forcing: 8 }, into };
  const time = () => {
    const samples = Array.from({ length: SAMPLES }, () => {
      const start = performance.now();
      for (let i = 0; i < CALLS; i++) a.gradient(at);
      return ((performance.now() - start) * 1e3) / CALLS;
    });
    return median(samples);
  };
  // WebAssembly and what calls it are compiled better once they have run for a while.
  time();
  const times: { native: number[]; byHand: number[]; wasm: number[] } = { native: [], byHand: [], wasm: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const native = cargoBench("action");
    times.native.push(native.gradient ?? NaN);
    times.byHand.push(native.byHand ?? NaN);
    times.wasm.push(time());
  }
  a.free();
  const [native, byHand, wasm] = [median(times.native), median(times.byHand), median(times.wasm)];
  const name = "action + gradient, Lorenz96 D=20 N=161 simpson-hermite";
  return [
    figure(`${name}, hand-written Rust`, byHand, "us"),
    figure(`${name}, native`, native, "us", "hand-written Rust", byHand),
    figure(`${name}, wasm from JavaScript`, wasm, "us", "native", native),
  ];
}

/** A whole ladder from one starting path: no call crosses but once a rung. */
async function ladders(): Promise<Figure[]> {
  const problem = JSON.parse(readFileSync(LADDER, "utf8"));
  const model = lorenz96({ dimension: problem.model.dimension });
  const { data } = twinExperiment({ model, ...problem.twin });
  const times: { native: number[]; wasm: number[] } = { native: [], wasm: [] };
  let evaluations = 0;
  for (let round = 0; round < 3; round++) {
    const native = cargoBench("ladder", "--features", "serde", "--", LADDER);
    times.native.push(native.seconds ?? NaN);
    const start = performance.now();
    const run = await anneal({ model, data, ...problem.anneal, workers: 0 });
    times.wasm.push((performance.now() - start) / 1e3);
    const rungs = run.starts.flatMap((s) => s.rungs);
    evaluations = rungs.reduce((sum, rung) => sum + rung.evaluations, 0);
    if (evaluations !== native.evaluations || run.best.action !== native.action) {
      throw new Error(`native and wasm did different work: ${evaluations} evaluations against ${native.evaluations}`);
    }
  }
  const [native, wasm] = [median(times.native), median(times.wasm)];
  const name = "L-BFGS ladder, Lorenz96 D=20 N=161 simpson-hermite, 101 rungs, one start, one thread";
  return [
    figure(`${name}, evaluations`, evaluations, "evaluations"),
    figure(`${name}, native`, native, "s"),
    figure(`${name}, wasm`, wasm, "s", "native", native),
  ];
}

function print(figures: Figure[]): void {
  for (const { name, value, unit, peer, ratio } of figures) {
    const against = ratio === null ? "" : `  ${ratio.toFixed(2)} x ${peer}`;
    console.log(`${value.toPrecision(5).padStart(10)} ${unit.padEnd(3)}${against.padEnd(28)} ${name}`);
  }
}

const { values } = parseArgs({ options: { json: { type: "string" } } });
await init();
const figures = [...gradients(), ...(await ladders())];
print(figures);
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
  console.log(`written: ${values.json}`);
}
