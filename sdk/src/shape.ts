// Conversion of values for Rust, which validates them: here they are only made safe to be passed.
import {
  LeastActionError,
  outOfRange,
  textOf,
  unknownName,
  wrongLength,
  wrongShape,
} from "./errors.js";
import type { ActionValue } from "./raw.js";

/** Maximum depth of nested options, as in `definition.states[0].initial[0]`. */
const DEPTH = 6;

/** Describes a value for an error message. */
export function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" || typeof value === "function")
    return `a value of type ${typeof value}`;
  return typeof value === "string" ? JSON.stringify(value.slice(0, 50)) : String(value);
}

/**
 * Gives a value as an object whose fields can be read.
 *
 * @throws LeastActionError of code `wrongShape` for a value that is not an object.
 */
export function fields(path: string, value: unknown): Record<string, unknown> {
  if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  throw wrongShape(
    path,
    value === undefined
      ? "is missing: it must be an object"
      : `must be an object, got ${describe(value)}`,
  );
}

/**
 * Refuses unknown fields, because a misspelt one would silently be ignored.
 *
 * @throws LeastActionError of code `unknownName`.
 */
export function checkFields(path: string, given: object, known: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (!known.includes(name))
      throw unknownName(path === "" ? name : `${path}.${name}`, name, known);
  }
}

/**
 * Gives a value as a plain object with its own fields, each of which is read once.
 *
 * @throws LeastActionError of code `wrongShape` for a value that is not such an object.
 */
export function record(path: string, given: unknown): Record<string, unknown> {
  if (Array.isArray(given))
    throw wrongShape(path, "must be an object with a field per name, got an array");
  const object = fields(path, given);
  if (object instanceof Map) throw wrongShape(path, "must be a plain object, not a Map");
  try {
    return { ...object };
  } catch (error) {
    if (error instanceof LeastActionError) throw error;
    throw wrongShape(path, `cannot be read (${textOf(error)})`);
  }
}

/**
 * Gives a value as a plain object whose field names are all known. Errors name fields of the
 * options themselves without a path before them.
 *
 * @throws LeastActionError of code `wrongShape` or `unknownName`.
 */
export function only(
  path: string,
  given: unknown,
  known: readonly string[],
): Record<string, unknown> {
  const own = record(path, given);
  checkFields(path === "options" ? "" : path, own, known);
  return own;
}

/**
 * Copies plain data without fields that are undefined, which count as not given. Because every
 * field is read once, its value cannot change while Rust reads it, and a getter that throws does so
 * here.
 *
 * @throws LeastActionError of code `wrongShape` for data that are not plain.
 */
export function plain(path: string, value: unknown): unknown {
  try {
    return copy(path, value, DEPTH);
  } catch (error) {
    if (error instanceof LeastActionError) throw error;
    throw wrongShape(path, `cannot be read (${textOf(error)})`);
  }
}

/** Gives the path of a field. Fields of the options themselves have no `options.` before them. */
function fieldPath(path: string, name: string): string {
  return path === "options" ? name : `${path}.${name}`;
}

/**
 * True for plain objects. Maps, dates and instances of classes keep their content elsewhere, so
 * that they would count as empty options.
 */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  // Not compared with Object.prototype, because another window has another one.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Copies data down to a depth. */
function copy(path: string, value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null || depth === 0) return value;
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    return Array.from(value as ArrayLike<unknown>, (element, i) => {
      // No list among the options may have holes: the conversion in Rust fails on them.
      if (element === undefined || element === null)
        throw wrongShape(`${path}[${i}]`, `must not be ${element}`);
      return typeof element === "object" ? copy(`${path}[${i}]`, element, depth - 1) : element;
    });
  }
  if (!isPlain(value))
    throw wrongShape(path, "must be a plain object, not a Map or an instance of another class");
  // Without prototype, so that a field called __proto__ is one like any other.
  const result = Object.create(null) as Record<string, unknown>;
  for (const name of Object.keys(value)) {
    const field = (value as Record<string, unknown>)[name];
    if (typeof field === "object") result[name] = copy(fieldPath(path, name), field, depth - 1);
    else if (typeof field === "bigint")
      throw wrongShape(fieldPath(path, name), "must be a number, got a BigInt");
    else if (field !== undefined) result[name] = field;
  }
  return result;
}

/**
 * Gives an array of numbers, which may be NaN or infinite, as a Float64Array. It is not copied if
 * it is one already.
 *
 * @throws LeastActionError of code `wrongShape` for a value that is not an array of numbers.
 */
export function float64Array(path: string, value: unknown): Float64Array {
  if (value instanceof Float64Array) return value;
  // Not Float64Array.from, which goes through an iterator.
  if (value instanceof Float32Array) return new Float64Array(value);
  const length = read(path, () =>
    typeof value === "object" && value !== null
      ? (value as { length?: unknown }).length
      : undefined,
  );
  if (value === undefined) throw wrongShape(path, "is missing: it must be an array of numbers");
  if (typeof length !== "number" || !Number.isInteger(length) || length < 0) {
    throw wrongShape(path, `must be an array of numbers, got ${describe(value)}`);
  }
  const elements = value as ArrayLike<unknown>;
  const result = new Float64Array(Math.min(length, MOST_VALUES));
  if (length > result.length) throw wrongShape(path, `is too long: ${length} values`);
  for (let i = 0; i < length; i += 1) {
    const element = read(path, () => elements[i]);
    if (typeof element !== "number")
      throw wrongShape(`${path}[${i}]`, `must be a number, got ${describe(element)}`);
    result[i] = element;
  }
  return result;
}

/** Reads from a value of the user, which may be a getter or a proxy that throws. */
function read<T>(path: string, what: () => T): T {
  try {
    return what();
  } catch (error) {
    if (error instanceof LeastActionError) throw error;
    throw wrongShape(path, `cannot be read (${textOf(error)})`);
  }
}

/** Maximum number of axes of an array, as in NumPy. */
const MOST_AXES = 64;

/**
 * Gives the lengths of the axes of an array. They must fit the `length` values of the field `of`.
 *
 * @throws LeastActionError by field.
 */
export function sizeOf(path: string, value: unknown, length: number, of: string): number[] {
  const shape = Array.from(float64Array(path, value));
  if (shape.length > MOST_AXES)
    throw wrongShape(path, `has ${shape.length} axes; the most are ${MOST_AXES}`);
  shape.forEach((axis, i) => {
    if (!Number.isSafeInteger(axis) || axis < 0) {
      throw outOfRange(`${path}[${i}]`, axis, "a whole number that is not negative");
    }
  });
  const size = shape.reduce((product, axis) => product * axis, 1);
  if (size !== length)
    throw wrongLength(of, length, size, `an array of ${shape.join(" x ") || "one number"}`);
  return shape;
}

/** Gives a number that has to be finite. */
export function finiteNumber(path: string, value: unknown): number {
  if (value === undefined) throw wrongShape(path, "is missing: it must be a number");
  if (typeof value !== "number") throw wrongShape(path, `must be a number, got ${describe(value)}`);
  if (Number.isFinite(value)) return value;
  throw outOfRange(path, value, "finite");
}

/**
 * Gives a whole number of at least `least` and at most `most`. WebAssembly would turn a number
 * beyond 32 bits into another one.
 */
export function wholeNumber(
  path: string,
  value: unknown,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): number {
  const number = finiteNumber(path, value);
  if (number > most) throw outOfRange(path, number, `a whole number of at most ${most}`);
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw outOfRange(path, number, `a whole number of at least ${least}`);
}

/** Gives a share of a probability, between 0 and 1, both excluded. */
export function properShare(path: string, value: unknown): number {
  const share = finiteNumber(path, value);
  if (share > 0 && share < 1) return share;
  throw outOfRange(path, share, "between 0 and 1");
}

/** Gives a boolean. */
export function trueOrFalse(path: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw wrongShape(path, `must be true or false, got ${describe(value)}`);
}

/** Gives an array whose elements have not been checked. */
export function listOf(path: string, value: unknown): readonly unknown[] {
  if (value === undefined) throw wrongShape(path, "is missing: it must be an array");
  if (Array.isArray(value)) return Array.from(value as unknown[]);
  throw wrongShape(path, `must be an array, got ${describe(value)}`);
}

/** Gives numbers as a Float64Array, all of which have to be finite. */
export function finiteNumbers(path: string, value: unknown): Float64Array {
  const numbers = float64Array(path, value);
  const odd = numbers.findIndex((number) => !Number.isFinite(number));
  if (odd >= 0) throw outOfRange(`${path}[${odd}]`, numbers[odd] as number, "finite");
  return numbers;
}

/** Copies numbers to memory of their own, whatever method `slice` a subclass may have. */
export function copied(path: string, value: Float64Array): Float64Array {
  try {
    return new Float64Array(value);
  } catch {
    throw wrongShape(path, "cannot be read: its buffer was transferred to another thread");
  }
}

/** Gives the numbers that Rust writes for an action by name. */
export function actionValueOf(numbers: Float64Array): ActionValue {
  const [action, measurementError, modelError, priorError] = numbers as unknown as [
    number,
    number,
    number,
    number,
  ];
  return { action, measurementError, modelError, priorError };
}

/** Gives `into`, if it is a Float64Array of that length, or a new array without it. */
export function arrayFor(into: unknown, length: number): Float64Array {
  if (into === undefined) return new Float64Array(length);
  if (!(into instanceof Float64Array))
    throw wrongShape("into", `must be a Float64Array, got ${describe(into)}`);
  if (into.length !== length) throw wrongLength("into", into.length, length, "one per value");
  return into;
}

/**
 * Maximum number of values of one path in the core. The memory of 32-bit WebAssembly holds several
 * times as many.
 */
export const MOST_VALUES = 1 << 26;

/**
 * Gives `n` times, `step` apart, the first of them `first` steps after `start`. The formula is that
 * of the core, so that both give the same bits.
 */
export function timeGrid(start: number, step: number, first: number, n: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => start + (first + i) * step);
}
