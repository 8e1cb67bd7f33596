// Pairs of inputs and outputs, and their form for Rust.
import { outOfRange, wrongLength, wrongShape } from "../errors.js";
import type { MadePairs, RawPairs } from "./raw.js";
import { copied, describe, float64Array, MOST_VALUES, only } from "../shape.js";

/** Table with a row per pair: all rows in one array, row-major, or an array of rows. */
export type Rows = ArrayLike<number> | readonly ArrayLike<number>[];

/** Rows of numbers that belong to one layer of a network. */
export interface LayerRows {
  /** Number of the layer; layer 0 are the inputs. */
  layer: number;
  /** Numbers of the layer, a row per pair. */
  values: Rows;
}

/**
 * Measured inputs and outputs of a network. For a recurrent network they are sequences, which may
 * be measured at every step.
 */
export interface Pairs {
  /** Number of pairs. Default: the number of rows. */
  count?: number;
  /** Measured inputs: pairs x neurons of layer 0. Default: none. */
  inputs?: Rows;
  /**
   * Measured outputs: pairs x neurons of the last layer; NaN where nothing was measured. For
   * classes see {@link oneHot}. Default: none.
   */
  outputs?: Rows;
  /**
   * True if NaN among the inputs means that nothing was measured there. Otherwise NaN is an error,
   * so that broken pixels are noticed. Default: false.
   */
  missingInputs?: boolean;
  /**
   * Measurements at layers in between: pairs x neurons; NaN where nothing was measured. Default:
   * none.
   */
  measurements?: readonly LayerRows[];
  /**
   * Known numbers that come in from outside, for layers with `forcing`: `layer` l stands for the
   * step from layer l to layer l + 1. Default: none.
   */
  forcing?: readonly LayerRows[];
}

/** Pairs whose inputs and outputs are all there, as {@link networkTwin} makes them. */
export interface CompletePairs extends Pairs {
  /** Number of pairs. */
  count: number;
  /** Inputs: pairs x neurons of layer 0, row-major. */
  inputs: Float64Array;
  /** Outputs: pairs x neurons of the last layer, row-major. */
  outputs: Float64Array;
}

/** Shape of a network that pairs must fit. */
interface Shape {
  /** Number of neurons of each layer, the inputs first. */
  readonly widths: readonly number[];
  /** Number of known numbers that come in from outside, for each layer after the inputs. */
  readonly forcing: readonly number[];
}

const names = [
  "count",
  "inputs",
  "outputs",
  "missingInputs",
  "measurements",
  "forcing",
] satisfies (keyof Pairs)[];

/**
 * Gives pairs in the form that Rust takes. Most checks are made there; rows of different lengths
 * are found here, because they cannot be passed.
 *
 * @throws LeastActionError by field.
 */
export function pairsOf(given: unknown, { widths, forcing }: Shape, path = "pairs"): RawPairs {
  const pairs = only(path, given, names);
  const rows = (name: string, width: number): Float64Array | undefined =>
    pairs[name] === undefined ? undefined : rowsOf(`${path}.${name}`, pairs[name], width);
  const [first, last] = [widths[0] as number, widths.at(-1) as number];
  const [inputs, outputs] = [rows("inputs", first), rows("outputs", last)];
  const measurements = crossing(`${path}.measurements`, pairs.measurements, widths);
  const some = measurements[0];
  const count =
    pairs.count ??
    (inputs !== undefined
      ? countOf(`${path}.inputs`, inputs, first)
      : outputs !== undefined
        ? countOf(`${path}.outputs`, outputs, last)
        : some === undefined
          ? 0
          : countOf(
              `${path}.measurements[0].values`,
              some.values,
              widths[some.layer as number] ?? 1,
            ));
  const { missingInputs } = pairs;
  return {
    head: { count, ...(missingInputs === undefined ? {} : { missingInputs }) },
    inputs,
    outputs,
    measurements,
    forcing: crossing(`${path}.forcing`, pairs.forcing, forcing),
  };
}

/** Gives the number of rows of a table, which has to be a whole one. */
function countOf(path: string, rows: Float64Array, width: number): number {
  if (rows.length % width === 0) return rows.length / width;
  const nearest = Math.ceil(rows.length / width) * width;
  throw wrongLength(
    path,
    rows.length,
    nearest,
    `rows of ${width}, one number per neuron of the layer`,
  );
}

/**
 * Gives rows of several layers in the form that Rust takes. `widths` are the lengths of their rows
 * by layer.
 */
export function crossing(
  path: string,
  given: unknown,
  widths: readonly number[],
): RawPairs["forcing"] {
  if (given === undefined) return [];
  if (!Array.isArray(given))
    throw wrongShape(path, `must be an array with an entry per layer, got ${describe(given)}`);
  return Array.from(given as unknown[], (one, i) => {
    const { layer, values } = only(`${path}[${i}]`, one, ["layer", "values"]);
    const width = typeof layer === "number" ? widths[layer] : undefined;
    if (width === undefined) {
      if (typeof layer !== "number")
        throw wrongShape(`${path}[${i}].layer`, `must be a number, got ${describe(layer)}`);
      throw outOfRange(
        `${path}[${i}].layer`,
        layer,
        `a layer of the network, 0 to ${widths.length - 1}`,
      );
    }
    return { layer, values: rowsOf(`${path}[${i}].values`, values, width) };
  });
}

/** Gives rows as one new array, row-major. */
export function rowsOf(path: string, given: unknown, width: number): Float64Array {
  if (!Array.isArray(given) || typeof given[0] === "number" || given.length === 0) {
    return copied(path, float64Array(path, given));
  }
  if (given.length * width > MOST_VALUES)
    throw wrongShape(path, `is too long: ${given.length} rows of ${width}`);
  const all = new Float64Array(given.length * width);
  // A loop and not forEach, which skips holes.
  for (let i = 0; i < given.length; i += 1) {
    const values = float64Array(`${path}[${i}]`, given[i]);
    if (values.length !== width) {
      throw wrongLength(`${path}[${i}]`, values.length, width, "one per neuron of the layer");
    }
    all.set(values, i * width);
  }
  return all;
}

/** Gives pairs that Rust has made in the form in which a user writes them. */
export function written({ count, inputs, outputs, forcing }: MadePairs): CompletePairs {
  return { count, inputs, outputs, ...(forcing.length === 0 ? {} : { forcing }) };
}

/**
 * Makes outputs of class labels: a row per label, with 1 at the label and 0 elsewhere, as labels x
 * `classes`, row-major.
 *
 * @throws LeastActionError for a label that is not a whole number from 0 to `classes` - 1.
 *
 * @example
 * oneHot([2, 0], 3); // [0, 0, 1, 1, 0, 0]
 */
export function oneHot(labels: ArrayLike<number>, classes: number): Float64Array {
  if (typeof classes !== "number")
    throw wrongShape("classes", `must be a number, got ${describe(classes)}`);
  const most = MOST_VALUES;
  if (!(Number.isInteger(classes) && classes >= 1 && classes <= most)) {
    throw outOfRange("classes", classes, `a whole number from 1 to ${most}`);
  }
  const given = float64Array("labels", labels);
  if (given.length * classes > most)
    throw wrongShape("labels", `are too many: ${given.length} x ${classes} classes`);
  const rows = new Float64Array(given.length * classes);
  given.forEach((label, k) => {
    if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
      throw outOfRange(`labels[${k}]`, label, `a class, 0 to ${classes - 1}`);
    }
    rows[k * classes + label] = 1;
  });
  return rows;
}
