// Action and gradient of networks: native, WebAssembly called from here, NumPy where it is, and
// TensorFlow.js. All compute the same function at the same numbers, which is checked first.
import { execFileSync } from "node:child_process";
import { action, feedforward, type NetworkAction } from "least-action";
import { agree, cargoBench, type Figure, figure, inTurns, median } from "./figures.js";
import { findTensorflow, inTensorflow, type Tensorflow } from "./tensorflow.js";

/** A network of logistic neurons, at the numbers of crates/least-action/benches/network.rs. */
export interface Problem {
  /** Name of the problem in the native benchmark. */
  name: string;
  widths: number[];
  pairs: number;
  /** True if the last layer is a softmax. */
  softmax: boolean;
  modelPrecision: number;
  inputs: Float64Array;
  outputs: Float64Array;
  /** Activations layer by layer, then W and biases of each map. */
  unknowns: Float64Array;
}

const PAIRS = 100;
const ROUNDS = 5;
const SAMPLES = 21;
const SCRIPT = "test/bench/network.py";

function problemOf(name: string, widths: number[], softmax: boolean): Problem {
  const numbers = (count: number) =>
    Float64Array.from({ length: count }, (_, k) => 0.5 + 0.5 * Math.sin(0.7 * k));
  const activations = PAIRS * widths.reduce((sum, width) => sum + width);
  const weights = widths
    .slice(1)
    .reduce((sum, width, l) => sum + width * ((widths[l] as number) + 1), 0);
  return {
    name,
    widths,
    pairs: PAIRS,
    softmax,
    modelPrecision: 1e3,
    inputs: numbers(PAIRS * (widths[0] as number)),
    outputs: numbers(PAIRS * (widths.at(-1) as number)),
    unknowns: numbers(activations + weights).map((v, k) => (k < activations ? v : 0.2 * v - 0.1)),
  };
}

/** The library's action of a problem. */
function libraryOf({ widths, softmax, inputs, outputs }: Problem): NetworkAction {
  const rows = (values: Float64Array, width: number) =>
    Array.from({ length: PAIRS }, (_, k) => values.subarray(k * width, (k + 1) * width));
  const [first, last] = [widths[0] as number, widths.at(-1) as number];
  const model = feedforward({
    layers: [...widths.slice(0, -1), { width: last, activation: softmax ? "softmax" : "logistic" }],
  });
  return action({ model, pairs: { inputs: rows(inputs, first), outputs: rows(outputs, last) } });
}

interface Contender {
  name: string;
  /** Microseconds of a call. */
  time: () => number;
  /** Preparation before the first call. */
  ready?: () => Promise<void>;
  /** Name of the contender that this one is compared with. */
  peer?: string;
}

/** Median time of many calls from here, in microseconds. */
function timeOf(call: () => void, calls: number): number {
  return inTurns([call], calls, SAMPLES)[0] ?? NaN;
}

/** NumPy on one thread, as all the others are; undefined where NumPy is not installed. */
function numpy(problem: Problem): {
  time: () => number;
  values: () => { action: number; gradient: number[] };
} {
  const { widths, pairs, softmax } = problem;
  const threads = { OPENBLAS_NUM_THREADS: "1", OMP_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };
  const run = (...rest: string[]) => {
    const given = [
      SCRIPT,
      String(widths),
      String(pairs),
      softmax ? "softmax" : "logistic",
      ...rest,
    ];
    const options = {
      encoding: "utf8",
      env: { ...process.env, ...threads },
      maxBuffer: 1 << 26,
    } as const;
    return JSON.parse(execFileSync("python3", given, options));
  };
  return { time: () => run().time, values: () => run("values") };
}

function hasNumpy(): boolean {
  try {
    execFileSync("python3", ["-c", "import numpy"], { stdio: "ignore" });
    return true;
  } catch {
    console.log("NumPy: left out, python3 does not have it");
    return false;
  }
}

/** TensorFlow.js on one of its backends. */
async function tensorflow(
  tf: Tensorflow,
  backend: string,
  problem: Problem,
  library: Values,
): Promise<Contender> {
  const ready = async () => {
    await tf.setBackend(backend);
    await tf.ready();
  };
  await ready();
  const { gradient, read } = inTensorflow(tf, problem);
  const values = tf.tidy(() => read(gradient()));
  // Tolerance of single precision.
  check(`TensorFlow.js (${backend})`, problem, values, library, 1e-4);
  const time = () => timeOf(() => tf.tidy(() => void gradient()), 3);
  return {
    name: `TensorFlow.js ${backend} backend, float32, gradient by hand`,
    ready,
    time,
    peer: "wasm",
  };
}

interface Values {
  action: number;
  gradient: ArrayLike<number>;
}

/**
 * Checks a gradient. Activations and weights are compared apart, as their gradients differ in size.
 */
function check(
  who: string,
  problem: Problem,
  theirs: Values,
  ours: Values,
  tolerance: number,
): void {
  const activations = PAIRS * problem.widths.reduce((sum, width) => sum + width);
  const parts = ({ action, gradient }: Values) => {
    const all = Array.from(gradient);
    return {
      action: [action],
      activations: all.slice(0, activations),
      weights: all.slice(activations),
    };
  };
  const [a, b] = [parts(theirs), parts(ours)];
  for (const part of ["action", "activations", "weights"] as const) {
    agree(`${problem.name}, ${part}: the library and ${who}`, a[part], b[part], tolerance);
  }
}

async function figuresOf(problem: Problem, python: boolean, tf?: Tensorflow): Promise<Figure[]> {
  const library = libraryOf(problem);
  const at = { unknowns: problem.unknowns, modelPrecision: problem.modelPrecision };
  const into = new Float64Array(problem.unknowns.length);
  const ours = library.gradient(at);
  const wasm = () => timeOf(() => library.gradient({ ...at, into }), 20);
  const all: Contender[] = [
    { name: "native", time: () => cargoBench("network", "--", "action")[problem.name] ?? NaN },
    { name: "wasm", time: wasm, peer: "native" },
  ];
  if (python) {
    const { time, values } = numpy(problem);
    check("NumPy", problem, values(), ours, 1e-9);
    all.push({ name: "NumPy", time, peer: "native" });
  }
  for (const backend of tf === undefined ? [] : ["cpu", "wasm"]) {
    all.push(await tensorflow(tf as Tensorflow, backend, problem, ours));
  }
  wasm();
  const times = new Map(all.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, time, ready } of all) {
      await ready?.();
      times.get(name)?.push(time());
    }
  }
  library.free();
  const of = (name: string) => median(times.get(name) ?? []);
  return all.map(({ name, peer }) => {
    const what = `action + gradient, network ${problem.name}, ${name}`;
    return peer === undefined
      ? figure(what, of(name), "us")
      : figure(what, of(name), "us", peer, of(peer));
  });
}

export async function networks(): Promise<Figure[]> {
  const problems = [
    problemOf("20 x 10, M = 100", Array<number>(20).fill(10), false),
    problemOf("784-30-10, M = 100", [784, 30, 10], true),
  ];
  const python = hasNumpy();
  const tf = findTensorflow();
  const figures: Figure[] = [];
  for (const problem of problems) {
    figures.push(...(await figuresOf(problem, python, tf)));
  }
  return figures;
}
