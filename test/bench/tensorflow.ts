// The action of a network with its gradient in TensorFlow.js, to compare with: float32, as its CPU
// and WebAssembly backends have no other numbers. It is no dependency of the package; whoever runs
// the benchmarks gets it into a folder of its own.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Problem } from "./networks.js";

const VERSION = "4.22.0";
const PACKAGES = ["tfjs-core", "tfjs-backend-cpu", "tfjs-backend-wasm"].map(
  (name) => `@tensorflow/${name}`,
);
const FOLDER = "node_modules/.cache/least-action-bench";

interface Tensor {
  dataSync(): Float32Array;
}

type Operand = Tensor | number;

/** Functions of TensorFlow.js that are used here. */
export interface Tensorflow {
  tensor(values: Float32Array, shape: number[]): Tensor;
  add(a: Operand, b: Operand): Tensor;
  sub(a: Operand, b: Operand): Tensor;
  mul(a: Operand, b: Operand): Tensor;
  matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor;
  square(a: Tensor): Tensor;
  sum(a: Tensor, axis?: number, keep?: boolean): Tensor;
  sigmoid(a: Tensor): Tensor;
  softmax(a: Tensor): Tensor;
  tidy<T>(f: () => T): T;
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  env(): { set(name: string, value: boolean): void };
}

/** TensorFlow.js, or undefined, with a message that says why it cannot be had. */
export function findTensorflow(): Tensorflow | undefined {
  const folder = join(process.cwd(), FOLDER);
  const require = createRequire(join(folder, "package.json"));
  try {
    if (!PACKAGES.every((name) => existsSync(join(folder, "node_modules", name, "package.json")))) {
      console.log(`TensorFlow.js ${VERSION}: npm puts it into ${FOLDER} ...`);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
      const wanted = PACKAGES.map((name) => `${name}@${VERSION}`);
      const options = [
        "--no-save",
        "--no-package-lock",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
      ];
      execFileSync("npm", ["install", ...options, ...wanted], {
        cwd: folder,
        stdio: ["ignore", "ignore", "pipe"],
      });
    }
    const [core, , wasm] = PACKAGES.map((name) => require(name)) as [
      Tensorflow,
      unknown,
      WasmBackend,
    ];
    const manifest = require.resolve("@tensorflow/tfjs-backend-wasm/package.json");
    wasm.setWasmPaths(join(dirname(manifest), "dist", "/"));
    // One thread, as for all the others.
    core.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
    return core;
  } catch (error) {
    console.log(`TensorFlow.js: left out, it could not be had: ${String(error).split("\n")[0]}`);
    return undefined;
  }
}

interface WasmBackend {
  setWasmPaths(folder: string): void;
}

export interface InTensorflow {
  /**
   * Value of the action, slopes of the activations, then slopes of each map's weights (outputs x
   * inputs, as in this library) and biases.
   */
  gradient: () => Tensor[];
  read: (tensors: Tensor[]) => { action: number; gradient: Float32Array };
}

/**
 * Action and gradient on the chosen backend. The gradient is written by hand: tfjs-core has none
 * for its operations when Node loads it, and its own would do the same products and more. Tensors
 * stay where they are: the time that a minimiser in JavaScript needs to fetch them is not counted.
 */
export function inTensorflow(tf: Tensorflow, problem: Problem): InTensorflow {
  const { widths, pairs, softmax, modelPrecision } = problem;
  const depth = widths.length - 1;
  let start = 0;
  const take = (...shape: number[]) => {
    const end = start + shape.reduce((a, b) => a * b);
    const tensor = tf.tensor(Float32Array.from(problem.unknowns.subarray(start, end)), shape);
    start = end;
    return tensor;
  };
  const x = widths.map((width) => take(pairs, width));
  const maps = widths
    .slice(1)
    .map((width, l) => ({ w: take(width, widths[l] as number), b: take(width) }));
  const data = (values: Float64Array) =>
    tf.tensor(Float32Array.from(values), [pairs, values.length / pairs]);
  const [inputs, outputs] = [data(problem.inputs), data(problem.outputs)];
  const measured = problem.inputs.length + problem.outputs.length;
  const residuals = widths.slice(1).reduce((sum, width) => sum + pairs * width, 0);
  const factor = modelPrecision / residuals;
  const squares = (a: Tensor) => tf.sum(tf.square(a));

  const gradient = (): Tensor[] => {
    const ofInputs = tf.sub(x[0] as Tensor, inputs);
    const ofOutputs = tf.sub(x[depth] as Tensor, outputs);
    let action = tf.mul(tf.add(squares(ofInputs), squares(ofOutputs)), 1 / measured);
    const dx = [tf.mul(ofInputs, 2 / measured)];
    const dw: Tensor[] = [];
    maps.forEach(({ w, b }, l) => {
      const [before, after] = [x[l] as Tensor, x[l + 1] as Tensor];
      const shares = softmax && l === depth - 1;
      const z = tf.add(tf.matMul(before, w, false, true), b);
      const f = shares ? tf.softmax(z) : tf.sigmoid(z);
      const r = tf.sub(after, f);
      action = tf.add(action, tf.mul(squares(r), factor));
      const along = tf.mul(r, 2 * factor);
      const rf = tf.mul(along, f);
      const dz = shares ? tf.sub(tf.mul(f, tf.sum(rf, 1, true)), rf) : tf.mul(rf, tf.sub(f, 1));
      dx[l] = tf.add(dx[l] as Tensor, tf.matMul(dz, w));
      dx.push(along);
      dw.push(tf.matMul(dz, before, true), tf.sum(dz, 0));
    });
    dx[depth] = tf.add(dx[depth] as Tensor, tf.mul(ofOutputs, 2 / measured));
    return [action, ...dx, ...dw];
  };

  const read = ([action, ...parts]: Tensor[]) => ({
    action: (action as Tensor).dataSync()[0] ?? NaN,
    gradient: Float32Array.from(parts.flatMap((part) => Array.from(part.dataSync()))),
  });
  return { gradient, read };
}
