// Errors with a stable code, the field at fault and the facts, whether they come from Rust or from here.
import type { CoreFacts } from "./raw.js";

/** What only the SDK can find wrong. */
export type SdkFacts =
  /** Something was used before `await init()`. */
  | { code: "notInitialized"; path: string }
  /** The WebAssembly module could not be fetched or compiled. */
  | { code: "loadFailed"; path: string; reason: string }
  /** A bug: the core panicked. The next call gets a new instance of it. */
  | { code: "panic"; path: string; reason: string }
  /** A worker thread ended before its work did; `start` is the starting path that it was climbing from. */
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

export function wrongLength(path: string, length: number, expected: number, because: string): LeastActionError {
  const message = `${path}: expected ${expected} values (${because}), got ${length}`;
  return new LeastActionError(message, { code: "wrongLength", path, length, expected, because });
}

/** The text of whatever was thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : typeof error === "string" ? error : typeof error;
}
