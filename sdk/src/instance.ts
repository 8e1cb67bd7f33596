// The life and death of the WebAssembly instance: made once, replaced after a panic, and what it
// throws made errors of ours.
import { LeastActionError, textOf } from "./errors.js";
import { type CoreFacts, instantiate, type Raw } from "./raw.js";

/** An instance and what lives in its memory, which is forgotten along with it. */
interface Instance {
  raw: Raw;
  /** Objects by who holds them. */
  objects: WeakMap<object, { free(): void }>;
}

let compiled: WebAssembly.Module | undefined;
let instance: Instance | undefined;

export function isLoaded(): boolean {
  return compiled !== undefined;
}

/** Makes the module the one that all calls use, unless there is one already. */
export function load(module: WebAssembly.Module): void {
  if (compiled !== undefined) return;
  instance = instanceOf(module);
  compiled = module;
}

function instanceOf(module: WebAssembly.Module): Instance {
  return { raw: instantiate(module), objects: new WeakMap() };
}

/** The compiled module, for workers. */
export function compiledModule(): WebAssembly.Module {
  if (compiled !== undefined) return compiled;
  throw new LeastActionError(
    "the library is not ready: call `await init()` once, before anything else",
    {
      code: "notInitialized",
      path: "init",
    },
  );
}

/** Forgets module and instance: their memory goes when no call into them is under way any more. */
export function unload(): void {
  compiled = undefined;
  instance = undefined;
}

/** The living instance: a new one, if the last one died. */
function living(): Instance {
  return (instance ??= instanceOf(compiledModule()));
}

/**
 * Calls into WebAssembly. Whatever it throws becomes a LeastActionError; what is not an error of
 * the core means that the instance is dead.
 */
export function call<T>(what: (raw: Raw) => T): T {
  return guarded(living(), ({ raw }) => what(raw));
}

function guarded<T>(used: Instance, what: (used: Instance) => T): T {
  try {
    return what(used);
  } catch (error) {
    if (error instanceof LeastActionError) throw error;
    if (isCoreError(error)) throw new LeastActionError(error.message, error.facts);
    if (instance === used) instance = undefined;
    throw panicked(used.raw, error);
  }
}

function isCoreError(error: unknown): error is { message: string; facts: CoreFacts } {
  return (
    typeof error === "object" && error !== null && !(error instanceof Error) && "facts" in error
  );
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

/**
 * Gives an object's memory back, unless its instance is dead: then there is nothing to give back.
 */
export function release(object: { free(): void }): void {
  try {
    object.free();
  } catch {
    // The borrow that the panic interrupted is still open.
  }
}

/**
 * An object in WebAssembly's memory; made again if the instance that it lived in has died. Whoever
 * holds it does not keep that instance: everything may be disposed of.
 */
export class Held<T extends { free(): void }> {
  readonly #name: string;
  readonly #make: (raw: Raw) => T;
  #freed = false;

  constructor(name: string, make: (raw: Raw) => T) {
    this.#name = name;
    this.#make = make;
    this.use(() => undefined);
  }

  use<R>(what: (object: T, raw: Raw) => R): R {
    const name = this.#name;
    if (this.#freed)
      throw new LeastActionError(
        `${name}: used after free(); call it when nothing is needed of it any more`,
        {
          code: "freed",
          path: name,
        },
      );
    return guarded(living(), ({ raw, objects }) => {
      let object = objects.get(this) as T | undefined;
      if (object === undefined) {
        object = this.#make(raw);
        objects.set(this, object);
      }
      return what(object, raw);
    });
  }

  /**
   * Gives the memory back. Forgetting to is no disaster: the garbage collector does it some day.
   */
  free(): void {
    const object = instance?.objects.get(this);
    if (object !== undefined) release(object);
    instance?.objects.delete(this);
    this.#freed = true;
  }
}
