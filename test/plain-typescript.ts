// Actions with simpson-hermite as one would write them for one system in plain TypeScript: typed
// arrays, plain loops, memory taken once. The library is timed against them.
// crates/least-action/benches/by_hand has the same in Rust.
import type { Observations } from "least-action";

/** A system's right side and its derivatives over a whole path. */
export interface System {
  readonly dimension: number;
  /** Writes F at every point to `f`. */
  rates(path: Float64Array, parameters: Float64Array, inputs: Float64Array, f: Float64Array): void;
  /**
   * Adds DF^T w at every point to `gradient`, and what belongs to the parameters to `inParameters`.
   */
  pullBack(
    path: Float64Array,
    parameters: Float64Array,
    w: Float64Array,
    gradient: Float64Array,
    inParameters: Float64Array,
  ): void;
}

/** The action in the mean normalisation, for one data set. */
export class PlainAction {
  readonly #system: System;
  readonly #data: Observations;
  readonly #inputs: Float64Array;
  readonly #measurementPrecision: number;
  readonly #f: Float64Array;
  readonly #adjoint: Float64Array;

  constructor(system: System, data: Observations, measurementPrecision: number) {
    this.#system = system;
    this.#data = data;
    this.#inputs = data.inputs ?? new Float64Array(0);
    this.#measurementPrecision = measurementPrecision;
    this.#f = new Float64Array(data.points * system.dimension);
    this.#adjoint = new Float64Array(data.points * system.dimension);
  }

  /**
   * Value of the action. Its gradients in the path and in the parameters are written to the arrays.
   */
  gradient(
    modelPrecision: number,
    path: Float64Array,
    parameters: Float64Array,
    gradient: Float64Array,
    inParameters: Float64Array,
  ): number {
    const d = this.#system.dimension;
    const { points, observed, values, timeStep } = this.#data;
    const f = this.#f;
    const adjoint = this.#adjoint;
    gradient.fill(0);
    inParameters.fill(0);

    const factor = this.#measurementPrecision / values.length;
    let measurement = 0;
    for (let n = 0, k = 0; n < points; n++) {
      for (let l = 0; l < observed.length; l++, k++) {
        const at = n * d + observed[l]!;
        const difference = path[at]! - values[k]!;
        measurement += difference * difference;
        gradient[at] = 2 * factor * difference;
      }
    }

    this.#system.rates(path, parameters, this.#inputs, f);
    const modelFactor = modelPrecision / ((points - 1) * d);
    const third = timeStep / 3;
    const quarter = timeStep / 4;
    adjoint.fill(0);
    let model = 0;
    for (let n = 0; n < points - 2; n += 2) {
      for (let a = n * d, b = a + d, c = b + d, end = b; a < end; a++, b++, c++) {
        const r1 = path[c]! - path[a]! - third * (f[a]! + 4 * f[b]! + f[c]!);
        const r2 = path[b]! - 0.5 * (path[a]! + path[c]!) - quarter * (f[a]! - f[c]!);
        model += r1 * r1 + r2 * r2;
        const w1 = 2 * modelFactor * r1;
        const w2 = 2 * modelFactor * r2;
        gradient[a]! -= w1 + 0.5 * w2;
        gradient[b]! += w2;
        gradient[c]! += w1 - 0.5 * w2;
        adjoint[a]! -= third * w1 + quarter * w2;
        adjoint[b]! -= 4 * third * w1;
        adjoint[c]! += quarter * w2 - third * w1;
      }
    }
    this.#system.pullBack(path, parameters, adjoint, gradient, inParameters);
    return factor * measurement + modelFactor * model;
  }
}

/** Lorenz96 with `dimension` sites. */
export class Lorenz96 implements System {
  constructor(readonly dimension: number) {}

  rates(
    path: Float64Array,
    parameters: Float64Array,
    _inputs: Float64Array,
    f: Float64Array,
  ): void {
    const d = this.dimension;
    const forcing = parameters[0]!;
    for (let row = 0; row < path.length; row += d) {
      for (let i = 0; i < d; i++) {
        const before = row + (i === 0 ? d - 1 : i - 1);
        const twoBefore = row + (i < 2 ? i + d - 2 : i - 2);
        const after = row + (i + 1 === d ? 0 : i + 1);
        f[row + i] = path[before]! * (path[after]! - path[twoBefore]!) - path[row + i]! + forcing;
      }
    }
  }

  pullBack(
    path: Float64Array,
    _parameters: Float64Array,
    w: Float64Array,
    gradient: Float64Array,
    inParameters: Float64Array,
  ): void {
    const d = this.dimension;
    let inForcing = 0;
    for (let row = 0; row < path.length; row += d) {
      for (let i = 0; i < d; i++) {
        const before = row + (i === 0 ? d - 1 : i - 1);
        const twoBefore = row + (i < 2 ? i + d - 2 : i - 2);
        const after = row + (i + 1 === d ? 0 : i + 1);
        const weight = w[row + i]!;
        gradient[before]! += weight * (path[after]! - path[twoBefore]!);
        gradient[after]! += weight * path[before]!;
        gradient[twoBefore]! -= weight * path[before]!;
        gradient[row + i]! -= weight;
        inForcing += weight;
      }
    }
    inParameters[0]! += inForcing;
  }
}

/**
 * The neuron with sodium, potassium and leak currents, which keeps the gates' activations for the
 * derivative. Parameters are in the order of naklNeuron().
 */
export class Neuron implements System {
  readonly dimension = 4;
  #activations = new Float64Array(0);

  rates(path: Float64Array, p: Float64Array, inputs: Float64Array, f: Float64Array): void {
    const points = path.length / 4;
    if (this.#activations.length !== 3 * points) this.#activations = new Float64Array(3 * points);
    const activations = this.#activations;
    for (let point = 0; point < points; point++) {
      const row = 4 * point;
      const v = path[row]!;
      const m = path[row + 1]!;
      const h = path[row + 2]!;
      const n = path[row + 3]!;
      f[row] =
        p[0]! * m * m * m * h * (p[1]! - v) +
        p[2]! * (n * n) * (n * n) * (p[3]! - v) +
        p[4]! * (p[5]! - v) +
        inputs[point]!;
      for (let gate = 0; gate < 3; gate++) {
        const q = 6 + 4 * gate;
        const a = Math.tanh((v - p[q]!) / p[q + 1]!);
        activations[3 * point + gate] = a;
        f[row + 1 + gate] =
          (0.5 * (1 + a) - path[row + 1 + gate]!) / (p[q + 2]! + p[q + 3]! * (1 - a * a));
      }
    }
  }

  pullBack(
    path: Float64Array,
    p: Float64Array,
    w: Float64Array,
    gradient: Float64Array,
    inParameters: Float64Array,
  ): void {
    const activations = this.#activations;
    const points = path.length / 4;
    for (let point = 0; point < points; point++) {
      const row = 4 * point;
      const v = path[row]!;
      const m = path[row + 1]!;
      const h = path[row + 2]!;
      const n = path[row + 3]!;
      const w0 = w[row]!;
      const m2 = m * m;
      const n2 = n * n;
      const openNa = m2 * m * h;
      const openK = n2 * n2;
      const na = p[1]! - v;
      const k = p[3]! - v;
      inParameters[0]! += w0 * openNa * na;
      inParameters[1]! += w0 * p[0]! * openNa;
      inParameters[2]! += w0 * openK * k;
      inParameters[3]! += w0 * p[2]! * openK;
      inParameters[4]! += w0 * (p[5]! - v);
      inParameters[5]! += w0 * p[4]!;
      let inV = -w0 * (p[0]! * openNa + p[2]! * openK + p[4]!);
      gradient[row + 1]! += w0 * p[0]! * 3 * m2 * h * na;
      gradient[row + 2]! += w0 * p[0]! * m2 * m * na;
      gradient[row + 3]! += w0 * p[2]! * 4 * n2 * n * k;
      for (let gate = 0; gate < 3; gate++) {
        const q = 6 + 4 * gate;
        const a = activations[3 * point + gate]!;
        const slope = 1 - a * a;
        const time = p[q + 2]! + p[q + 3]! * slope;
        const weight = w[row + 1 + gate]! / time;
        const rate = (0.5 * (1 + a) - path[row + 1 + gate]!) / time;
        gradient[row + 1 + gate]! -= weight;
        const inTime = -weight * rate;
        inParameters[q + 2]! += inTime;
        inParameters[q + 3]! += inTime * slope;
        const overWidth = ((0.5 * weight - 2 * inTime * p[q + 3]! * a) * slope) / p[q + 1]!;
        inV += overWidth;
        inParameters[q]! -= overWidth;
        inParameters[q + 1]! -= (overWidth * (v - p[q]!)) / p[q + 1]!;
      }
      gradient[row]! += inV;
    }
  }
}
