// The only file that imports generated code: the WebAssembly instance, its life and death, and types for what it takes
// and gives.
import { createGlue } from "../generated/glue.js";
import type { Drop, ErrorFacts, Finding, Level, Parameter, Rung, Verdict } from "../generated/types.js";
import { LeastActionError, textOf } from "./errors.js";

export type { ErrorFacts as CoreFacts } from "../generated/types.js";
export type {
  ActionOptions as CoreActionOptions,
  ActionValue,
  AnnealOptions as CoreAnnealOptions,
  Discretization,
  Drop,
  Estimate,
  Finding,
  FindingCode,
  Ladder,
  Lbfgs,
  Level,
  ModelParameters,
  ModelSpec,
  Normalization,
  ObservedStart,
  Parameter,
  Rung,
  Severity,
  StartingPaths,
  StopReason,
  TwinExperiment as CoreTwinExperiment,
  Verdict,
} from "../generated/types.js";

/** Observations without their values, which cross as a Float64Array. */
export interface Grid {
  start: number;
  timeStep: number;
  points: number;
  observed: number[];
}

/** What one starting path has come to. */
export interface Climb {
  start: number;
  rungs: Rung[];
  /** Of the estimated parameters, in the model's order. */
  parameters: number[];
  failure: ErrorFacts | null;
  /** points x dimension, row-major. */
  path: Float64Array;
}

export interface RawClimber {
  nextRung(): Rung | undefined;
  climb(): Climb;
  free(): void;
}

export interface RawAnnealer {
  estimated(): string[];
  climber(start: number): RawClimber;
  resume(climb: Climb): RawClimber;
  finish(climbs: Climb[]): {
    levels: Level[];
    gap: number | null;
    drops: Drop[];
    findings: Finding[];
    verdict: Verdict;
    best: number;
    /** R_f at each rung. */
    modelPrecision: Float64Array;
    summary: string;
    diagnosis: string;
  };
  predict(climb: Climb, horizon: unknown): { times: Float64Array; path: Float64Array };
  free(): void;
}

export interface RawAction {
  estimated(): string[];
  /** R_f, then the estimated parameters, from `{ modelPrecision, parameters }`. */
  point(at: unknown): Float64Array;
  /** Writes action, measurement error and model error to `result`. */
  evaluate(path: Float64Array, point: Float64Array, result: Float64Array): void;
  /** The same, then the gradient in the estimated parameters; that in the path goes to `gradient`. */
  gradient(path: Float64Array, point: Float64Array, gradient: Float64Array, result: Float64Array): void;
  free(): void;
}

// What options are is decided in Rust, so they cross unchecked: unknown here.
export interface Raw {
  describeModel(spec: unknown): { name: string; dimension: number; states: string[]; parameters: Parameter[] };
  twinExperiment(
    spec: unknown,
    options: unknown,
  ): {
    data: Grid & { values: Float64Array };
    truth: Float64Array;
    future: Float64Array;
    parameters: Record<string, number>;
  };
  integrate(spec: unknown, options: unknown): Float64Array;
  Action: new (spec: unknown, data: unknown, values: Float64Array, options: unknown) => RawAction;
  Annealer: new (spec: unknown, data: unknown, values: Float64Array, options: unknown) => RawAnnealer;
  takePanicMessage(): string | undefined;
  __panic(message: string): void;
}

let compiled: WebAssembly.Module | undefined;
let instance: Raw | undefined;

export function isLoaded(): boolean {
  return compiled !== undefined;
}

/** Makes the module the one that all calls use, unless there is one already. */
export function load(module: WebAssembly.Module): void {
  if (compiled !== undefined) return;
  instance = instantiate(module);
  compiled = module;
}

/** The compiled module, for workers. */
export function compiledModule(): WebAssembly.Module {
  if (compiled !== undefined) return compiled;
  throw new LeastActionError("the library is not ready: call `await init()` once, before anything else", {
    code: "notInitialized",
    path: "init",
  });
}

function instantiate(module: WebAssembly.Module): Raw {
  const glue = createGlue();
  glue.initSync({ module });
  return glue as unknown as Raw;
}

/** The living instance: a new one, if the last one died. */
function living(): Raw {
  return (instance ??= instantiate(compiledModule()));
}

/** Calls into WebAssembly. Whatever it throws becomes a LeastActionError; what is not an error of the core means that the instance is dead. */
export function call<T>(what: (raw: Raw) => T): T {
  const raw = living();
  return guarded(raw, () => what(raw));
}

function guarded<T>(raw: Raw, what: () => T): T {
  try {
    return what();
  } catch (error) {
    if (error instanceof LeastActionError) throw error;
    if (isCoreError(error)) throw new LeastActionError(error.message, error.facts);
    if (instance === raw) instance = undefined;
    throw panicked(raw, error);
  }
}

function isCoreError(error: unknown): error is { message: string; facts: ErrorFacts } {
  return typeof error === "object" && error !== null && !(error instanceof Error) && "facts" in error;
}

function panicked(raw: Raw, error: unknown): LeastActionError {
  let reason = textOf(error);
  try {
    reason = raw.takePanicMessage() ?? reason;
  } catch {
    // Out of memory or stack: the trap's own text must do.
  }
  const message = `the core failed, which is a bug: ${reason}. Please report it; the next call starts afresh.`;
  return new LeastActionError(message, { code: "panic", path: "", reason }, { cause: error });
}

/** Gives an object's memory back, unless its instance is dead: then there is nothing to give back. */
export function release(object: { free(): void }): void {
  try {
    object.free();
  } catch {
    // The borrow that the panic interrupted is still open.
  }
}

/** An object in WebAssembly's memory; made again if the instance that it lived in has died. */
export class Held<T extends { free(): void }> {
  readonly #name: string;
  readonly #make: (raw: Raw) => T;
  #raw: Raw | undefined;
  #object: T | undefined;
  #freed = false;

  constructor(name: string, make: (raw: Raw) => T) {
    this.#name = name;
    this.#make = make;
    this.use(() => undefined);
  }

  use<R>(what: (object: T) => R): R {
    const name = this.#name;
    if (this.#freed) throw new LeastActionError(`${name}: used after free()`, { code: "freed", path: name });
    const raw = living();
    return guarded(raw, () => {
      if (this.#object === undefined || this.#raw !== raw) {
        this.#object = this.#make(raw);
        this.#raw = raw;
      }
      return what(this.#object);
    });
  }

  /** Gives the memory back. Forgetting to is no disaster: the garbage collector does it some day. */
  free(): void {
    if (this.#object !== undefined) release(this.#object);
    this.#freed = true;
    this.#object = undefined;
  }
}
