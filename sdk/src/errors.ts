// Errors with a stable code, the field at fault and the facts, from Rust and from the SDK.
import type { CoreFacts } from "./raw.js";

/** Facts of errors that only the SDK can find, not the core; `code` distinguishes the variants. */
export type SdkFacts =
  /** Error of a use before `await init()`. */
  | {
      /** Code of an error of a use before `await init()`. */
      code: "notInitialized";
      /** Name of the function that has to be called, `"init"`. */
      path: string;
    }
  /** Error of a WebAssembly module that could not be fetched or compiled. */
  | {
      /** Code of an error of a module that could not be loaded. */
      code: "loadFailed";
      /** Name of the function that failed, `"init"`. */
      path: string;
      /** Cause of the failure in words. */
      reason: string;
    }
  /** Bug of the library: the core panicked. The next call gets a new instance of it. */
  | {
      /** Code of a bug of the library. */
      code: "panic";
      /** Empty text, because no field is at fault. */
      path: string;
      /** Message of the panic. */
      reason: string;
    }
  /** Error of a worker thread that ended before its work did. */
  | {
      /** Code of an error of a worker thread that ended early. */
      code: "workerDied";
      /** Name of the option, `"workers"`. */
      path: string;
      /** Number of the starting path or chain that it worked on; null if there was none. */
      start: number | null;
      /** Cause of the end in words. */
      reason: string;
    }
  /** Error of a use of an object after its `free()`, or of work that `dispose()` has ended. */
  | {
      /** Code of an error of a use after `free()` or `dispose()`. */
      code: "freed";
      /** Name of the object, or `"dispose"`. */
      path: string;
    }
  /** Error of a file or text that does not have its format. */
  | {
      /** Code of an error of a file or text that does not have its format. */
      code: "unreadable";
      /** Kind of the file, as `"csv"`, or the field at fault. */
      path: string;
      /** Cause of the error in words. */
      reason: string;
      /** Number of the line of data, from 1 on; absent if the error is of no line. */
      row?: number;
      /** Name of the column; absent if the error is of no column. */
      column?: string;
    };

/** Facts of any error of the library; `code` distinguishes the variants. */
export type ErrorFacts = CoreFacts | SdkFacts;

/** Stable code of an error of the library. */
export type ErrorCode = ErrorFacts["code"];

/**
 * Error of this library. All its errors are of this class.
 *
 * @example
 * try {
 *   await anneal(options);
 * } catch (error) {
 *   if (!(error instanceof LeastActionError)) throw error;
 *   if (error.facts.code === "unknownName") console.log(error.facts.known);
 * }
 */
export class LeastActionError extends Error {
  /** Name of the class, `"LeastActionError"`. */
  override readonly name = "LeastActionError";
  /** Code of the error. It is stable, unlike the message. */
  readonly code: ErrorCode;
  /** Field at fault, as a caller would write it: `modelPrecision.initial`. */
  readonly path: string;
  /** Facts of the error as data, such as the value at fault and the known names. */
  readonly facts: ErrorFacts;

  /** Makes an error of a message and its facts; `cause` is the error that led to it. */
  constructor(message: string, facts: ErrorFacts, options?: { cause?: unknown }) {
    super(message, options);
    this.code = facts.code;
    this.path = facts.path;
    this.facts = facts;
  }
}

/** Makes the error for a value of the wrong type or form. */
export function wrongShape(path: string, message: string): LeastActionError {
  return new LeastActionError(`${path}: ${message}`, { code: "wrongShape", path, message });
}

/** Makes the error for a number outside of its range, which `expected` describes: `must be ...`. */
export function outOfRange(path: string, value: number, expected: string): LeastActionError {
  return new LeastActionError(`${path}: must be ${expected}, got ${value}`, {
    code: "outOfRange",
    path,
    value,
    expected,
  });
}

/** Makes the error for an array of the wrong length; `because` explains the expected length. */
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
 * Gives an error with another path, if its path begins with `from`, which users know as `to`.
 * Brackets and dots may follow. Other errors are returned as they are.
 */
export function renamed(error: unknown, from: string, to: string): unknown {
  if (!(error instanceof LeastActionError) || !error.path.startsWith(from)) return error;
  const path = to + error.path.slice(from.length);
  const message = error.message.startsWith(error.path)
    ? path + error.message.slice(error.path.length)
    : error.message;
  return new LeastActionError(message, { ...error.facts, path } as ErrorFacts, { cause: error });
}

/** Makes the error for a name that is not among the known ones; it suggests the nearest of them. */
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

/** Gives the known name that was probably meant; undefined if none is near. */
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
 * Counts the letters that have to be inserted, deleted, replaced or swapped with the next one to
 * turn one text into the other.
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

/** Gives the message of a thrown value of any kind. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : typeof error === "string" ? error : typeof error;
}
