// NumPy's array files. They are read by npyjs, which leaves the order of the values to this file,
// and written here.
import { parse } from "npyjs";
import { LeastActionError, textOf, wrongShape } from "./errors.js";
import { copied as copiedValues, describe, float64Array, only, sizeOf } from "./shape.js";

/** Array that was read from a `.npy` file. */
export interface NpyArray {
  /** Lengths of the axes; empty for a single number. */
  shape: number[];
  /**
   * Values in C order, in which the last index varies fastest, whatever the order of the file is.
   */
  values: Float64Array;
}

/**
 * Reads a `.npy` file of float64 or float32 values, in C or Fortran order, little-endian as nearly
 * all files are.
 *
 * @throws LeastActionError of code `unreadable` for a file of another type or form.
 *
 * @example
 * const { shape, values } = readNpy(await readFile("observations.npy"));
 */
export function readNpy(bytes: ArrayBuffer | Uint8Array): NpyArray {
  const { data, shape, dtype, fortranOrder } = parsed(copied(bytes));
  if (!(data instanceof Float64Array || data instanceof Float32Array) || dtype.startsWith("c")) {
    throw unreadable(`its values are of type "${dtype}"; save it as float64 or float32`);
  }
  if (!shape.every((length) => Number.isSafeInteger(length) && length >= 0)) {
    throw unreadable(`its shape is (${shape.join(", ")})`);
  }
  const size = shape.reduce((product, length) => product * length, 1);
  if (data.length !== size) {
    throw unreadable(
      `its shape (${shape.join(", ")}) needs ${size} values, but it has ${data.length}`,
    );
  }
  return { shape, values: fortranOrder ? toCOrder(data, shape) : Float64Array.from(data) };
}

/** Array to be written into a `.npy` file. */
export interface NpyContent {
  /** Lengths of the axes; empty for a single number. */
  shape: readonly number[];
  /** Values in C order, in which the last index varies fastest. */
  values: ArrayLike<number>;
}

/**
 * Number of bytes of which the position of the data is a multiple, so that files can be mapped into
 * memory.
 */
const ALIGNMENT = 64;
/** Number of bytes before the header: magic string, version and length of the header. */
const PREFIX = 10;

/**
 * Writes a `.npy` file of float64 values in C order, version 1.0 of the format, little-endian, for
 * `numpy.load` and {@link readNpy}. NaN and infinities are kept.
 *
 * @throws LeastActionError by field, as `npy.shape`.
 *
 * @example
 * await writeFile("draws.npy", writeNpy({ shape: [4, 1000], values: posterior.parameters.alpha }));
 */
export function writeNpy(content: NpyContent): Uint8Array {
  const { shape: given, values: numbers } = only("npy", content, ["shape", "values"]);
  const values = copiedValues("npy.values", float64Array("npy.values", numbers));
  const shape = sizeOf("npy.shape", given, values.length, "npy.values");
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dictionary = `{'descr': '<f8', 'fortran_order': False, 'shape': ${tuple}, }`;
  const start = Math.ceil((PREFIX + dictionary.length + 1) / ALIGNMENT) * ALIGNMENT;
  const header = `${dictionary.padEnd(start - PREFIX - 1)}\n`;
  const bytes = new Uint8Array(start + 8 * values.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0]);
  view.setUint16(PREFIX - 2, header.length, true);
  bytes.set(new TextEncoder().encode(header), PREFIX);
  values.forEach((value, i) => view.setFloat64(start + 8 * i, value, true));
  return bytes;
}

/**
 * Gives the bytes as a buffer of their own. A Buffer of Node is often a window into a larger one.
 */
function copied(bytes: unknown): ArrayBuffer {
  if (bytes instanceof ArrayBuffer) return bytes;
  if (bytes instanceof Uint8Array) return new Uint8Array(bytes).buffer;
  throw wrongShape("npy", `must be an ArrayBuffer or Uint8Array, got ${describe(bytes)}`);
}

/** Parses a file; errors become errors of the library. */
function parsed(buffer: ArrayBuffer): ReturnType<typeof parse> {
  try {
    return parse(buffer);
  } catch (error) {
    throw unreadable(textOf(error), error);
  }
}

/** Gives values in Fortran order in C order. */
function toCOrder(values: ArrayLike<number>, shape: number[]): Float64Array {
  const result = new Float64Array(values.length);
  const index = shape.map(() => 0);
  for (let from = 0; from < values.length; from += 1) {
    // The position in C order by Horner's rule.
    result[index.reduce((sum, i, axis) => sum * (shape[axis] as number) + i, 0)] = values[
      from
    ] as number;
    // In Fortran order the first index varies fastest.
    for (let axis = 0; axis < shape.length; axis += 1) {
      const next = (index[axis] as number) + 1;
      index[axis] = next < (shape[axis] as number) ? next : 0;
      if (index[axis] !== 0) break;
    }
  }
  return result;
}

/** Makes the error for a file that cannot be read. */
function unreadable(reason: string, cause?: unknown): LeastActionError {
  return new LeastActionError(
    `npy: ${reason}`,
    { code: "unreadable", path: "npy", reason },
    { cause },
  );
}
