// Errors with a stable code, the field at fault and the facts, whether they come from Rust or from
// here.
import type { CoreFacts } from "./raw.js";

/** What only the SDK can find wrong. */
export type SdkFacts =
  /** Something was used before `await init()`. */
  | { code: "notInitialized"; path: string }
  /** The WebAssembly module could not be fetched or compiled. */
  | { code: "loadFailed"; path: string; reason: string }
  /** A bug: the core panicked. The next call gets a new instance of it. */
  | { code: "panic"; path: string; reason: string }
  /**
   * A worker thread ended before its work did; `start` is the starting path that it was climbing
   * from.
   */
  | { code: "workerDied"; path: string; start: number | null; reason: string }
  /** An object was used after its `free()`. */
  | { code: "freed"; path: string }
  /** A measurement's time is not on the model's grid. */
  | { code: "notOnGrid"; path: string; time: number; nearest: number; timeStep: number }
  /** A file that is not what its format says; `row` counts the lines of data from 1. */
  | { code: "unreadable"; path: string; reason: string; row?: number; column?: string };

/** Everything known about an error; `code` tells the variants apart. */
export type ErrorFacts = CoreFacts | SdkFacts;

export type ErrorCode = ErrorFacts["code"];

/**
 * Every error of this library.
 *
 * @example
 * try {
 *   await anneal(options);
 * } catch (error) {
 *   if (error instanceof LeastActionError && error.facts.code === "unknownName") console.log(error.facts.known);
 *   else throw error;
 * }
 */
export class LeastActionError extends Error {
  override readonly name = "LeastActionError";
  /** Stable; the message is not. */
  readonly code: ErrorCode;
  /** The field at fault, as a caller would write it: `modelPrecision.initial`. */
  readonly path: string;
  readonly facts: ErrorFacts;

  constructor(message: string, facts: ErrorFacts, options?: { cause?: unknown }) {
    super(message, options);
    this.code = facts.code;
    this.path = facts.path;
    this.facts = facts;
  }
}

export function wrongShape(path: string, message: string): LeastActionError {
  return new LeastActionError(`${path}: ${message}`, { code: "wrongShape", path, message });
}

export function outOfRange(path: string, value: number, expected: string): LeastActionError {
  return new LeastActionError(`${path}: must be ${expected}, got ${value}`, {
    code: "outOfRange",
    path,
    value,
    expected,
  });
}

export function wrongLength(
  path: string,
  length: number,
  expected: number,
  because: string,
): LeastActionError {
  const message = `${path}: expected ${expected} values (${because}), got ${length}`;
  return new LeastActionError(message, { code: "wrongLength", path, length, expected, because });
}

/**
 * The same error by another path, where what is called `from` inside is called `to` by users: also
 * before brackets and points.
 */
export function renamed(error: unknown, from: string, to: string): unknown {
  if (!(error instanceof LeastActionError) || !error.path.startsWith(from)) return error;
  const path = to + error.path.slice(from.length);
  const message = error.message.startsWith(error.path)
    ? path + error.message.slice(error.path.length)
    : error.message;
  return new LeastActionError(message, { ...error.facts, path } as ErrorFacts, { cause: error });
}

/** A name that there is not, among those that there are. */
export function unknownName(
  path: string,
  name: string,
  known: readonly string[],
): LeastActionError {
  const nearest = nearestOf(name, known) ?? null;
  const suggestion = nearest === null ? "" : `; did you mean "${nearest}"?`;
  const all = known.length === 0 ? "there are none" : `known: ${known.join(", ")}`;
  const message = `${path}: unknown name "${name}"${suggestion} (${all})`;
  return new LeastActionError(message, {
    code: "unknownName",
    path,
    name,
    nearest,
    known: [...known],
  });
}

/** The known name that was probably meant. */
function nearestOf(name: string, known: readonly string[]): string | undefined {
  const far = Math.ceil(Math.max(2, name.length) * 0.6);
  const distances = known.map((one) => ({
    one,
    distance: distance(name.toLowerCase(), one.toLowerCase()),
  }));
  const [nearest] = distances
    .filter((one) => one.distance < far)
    .sort((a, b) => a.distance - b.distance);
  return nearest?.one;
}

/**
 * Letters to be put in, left out, replaced or swapped with the next to get from one to the other.
 */
function distance(a: string, b: string): number {
  let [before, last]: [number[], number[]] = [
    [],
    Array.from({ length: b.length + 1 }, (_, j) => j),
  ];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substituted = (last[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? Infinity) + 1 : Infinity;
      row.push(Math.min(substituted, swapped, (last[j] as number) + 1, (row[j - 1] as number) + 1));
    }
    [before, last] = [last, row];
  }
  return last[b.length] as number;
}

/** The text of whatever was thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : typeof error === "string" ? error : typeof error;
}
