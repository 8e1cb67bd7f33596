/**
 * The residual network `x_(n+1) = x_n + h tanh(W_n x_n + b_n)` and its backpropagation, written as
 * in any textbook, without the library, for comparison.
 */
import { dimension as all, pairs, precisions, training, width } from "./network.js";

const states = pairs * width;

export interface Backpropagated {
  /**
   * Cost: half the weighted squares of the errors of outputs and inputs, of the first weights, and
   * of the changes of weights from layer to layer.
   */
  cost: number;
  /**
   * Largest distance between the activations of the path and those of the network with its weights.
   */
  missed: number;
  /**
   * Errors -dJ/dx_n of the cost J of the outputs, and -dJ/dW_n summed over all layers from n on, in
   * the order of the states of the path: points x states.
   */
  errors: Float64Array;
}

/**
 * Runs the network forward and backward, with the first activations and the weights of a path
 * (points x states).
 */
export function backpropagate(path: Float64Array, rate = 1): Backpropagated {
  const layers = path.length / all - 1;
  const h = 1 / layers;
  const at = (n: number, i: number): number => path[n * all + i] ?? NaN;
  const x = [Array.from(path.subarray(0, states))];
  const slopes: number[][] = [];
  for (let n = 0; n < layers; n++) {
    const from = x[n] as number[];
    const f = from.map((_, i) => {
      const [first, row] = [i - (i % width), i % width];
      let sum = at(n, states + width * width + row);
      for (let j = 0; j < width; j++)
        sum += at(n, states + row * width + j) * (from[first + j] ?? NaN);
      return Math.tanh(sum);
    });
    x.push(from.map((value, i) => value + h * (f[i] ?? NaN)));
    slopes.push(f.map((value) => 1 - value * value));
  }
  const [begin, end] = [x[0] as number[], x[layers] as number[]];
  const { inputPrecision, outputPrecision, weightPrecision } = precisions;
  const outputs = training.outputs.flat();
  let cost =
    0.5 * outputPrecision * squares(end.map((value, i) => value - (outputs[i] ?? NaN))) +
    0.5 *
      inputPrecision *
      squares(begin.map((value, i) => value - (training.inputs.flat()[i] ?? NaN)));
  for (let i = states; i < all; i++) {
    cost += 0.5 * weightPrecision * at(0, i) ** 2;
    for (let n = 0; n < layers; n++) cost += 0.5 * rate * h * ((at(n + 1, i) - at(n, i)) / h) ** 2;
  }
  const errors = new Float64Array(path.length);
  end.forEach(
    (value, i) => (errors[layers * all + i] = -outputPrecision * (value - (outputs[i] ?? NaN))),
  );
  for (let n = layers - 1; n >= 0; n--) {
    const [here, after] = [
      errors.subarray(n * all, (n + 1) * all),
      errors.subarray((n + 1) * all, (n + 2) * all),
    ];
    here.set(after);
    for (let i = 0; i < states; i++) {
      const [first, row] = [i - (i % width), i % width];
      const delta = h * (slopes[n]?.[i] ?? NaN) * (after[i] ?? NaN);
      for (let j = 0; j < width; j++) {
        add(here, first + j, at(n, states + row * width + j) * delta);
        add(here, states + row * width + j, (x[n]?.[first + j] ?? NaN) * delta);
      }
      add(here, states + width * width + row, delta);
    }
  }
  const missed = x.flatMap((values, n) => values.map((value, i) => Math.abs(value - at(n, i))));
  return { cost, missed: Math.max(...missed), errors };
}

const squares = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value * value, 0);

function add(values: Float64Array, i: number, more: number): void {
  values[i] = (values[i] ?? NaN) + more;
}
