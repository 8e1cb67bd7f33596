// The WebAssembly instance: it is made once and replaced after a panic, and its errors become
// errors of the library.
import { LeastActionError, textOf } from "./errors.js";
import { type CoreFacts, instantiate, type Raw } from "./raw.js";

/** WebAssembly instance with the objects in its memory. If it is dropped, they are dropped too. */
interface Instance {
  /** Exports of the instance. */
  raw: Raw;
  /** Objects in the memory of the instance, by their holders. */
  objects: WeakMap<object, { free(): void }>;
}

/** Compiled module; undefined before `init()` and after `dispose()`. */
let compiled: WebAssembly.Module | undefined;
/** Current instance; undefined after a panic until the next call. */
let instance: Instance | undefined;

/** True if the module is loaded. */
export function isLoaded(): boolean {
  return compiled !== undefined;
}

/** Sets the module that all calls use, unless there is one already. */
export function load(module: WebAssembly.Module): void {
  if (compiled !== undefined) return;
  instance = instanceOf(module);
  compiled = module;
}

/** Makes an instance of the module without objects. */
function instanceOf(module: WebAssembly.Module): Instance {
  return { raw: instantiate(module), objects: new WeakMap() };
}

/**
 * Gives the compiled module, for workers.
 *
 * @throws LeastActionError of code `notInitialized` before `init()`.
 */
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

/** Drops module and instance. Their memory is freed when no call of them is under way any more. */
export function unload(): void {
  compiled = undefined;
  instance = undefined;
}

/** Gives the current instance, a new one if the last one has panicked. */
function living(): Instance {
  return (instance ??= instanceOf(compiledModule()));
}

/**
 * Calls a function of WebAssembly. Anything that it throws becomes a LeastActionError; an error
 * that is not one of the core means that the instance has panicked, so that it is dropped.
 */
export function call<T>(what: (raw: Raw) => T): T {
  return guarded(living(), ({ raw }) => what(raw));
}

/** Calls a function with an instance, and turns errors into those of the library. */
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

/** True for an error that the core returned, as opposed to a panic. */
function isCoreError(error: unknown): error is { message: string; facts: CoreFacts } {
  return (
    typeof error === "object" && error !== null && !(error instanceof Error) && "facts" in error
  );
}

/** Makes the error for a panic of the core. */
function panicked(raw: Raw, error: unknown): LeastActionError {
  let reason = textOf(error);
  try {
    reason = raw.takePanicMessage() ?? reason;
  } catch {
    // Without memory or stack there is only the text of the trap itself.
  }
  const message =
    `the core failed, which is a bug: ${reason}. ` +
    "Please report it; the next call starts afresh.";
  return new LeastActionError(message, { code: "panic", path: "", reason }, { cause: error });
}

/**
 * Frees an object of WebAssembly. If its instance has panicked, there is nothing to free, and the
 * error is ignored.
 */
export function release(object: { free(): void }): void {
  try {
    object.free();
  } catch {
    // After a panic the object still counts as borrowed and cannot be freed.
  }
}

/**
 * Object in the memory of WebAssembly that is made again if its instance has panicked. It does not
 * keep the instance alive, so that `dispose()` can free everything.
 */
export class Held<T extends { free(): void }> {
  readonly #name: string;
  readonly #make: (raw: Raw) => T;
  #freed = false;

  /**
   * Makes the object at once, so that errors of its options are thrown here. `name` is its name in
   * errors.
   */
  constructor(name: string, make: (raw: Raw) => T) {
    this.#name = name;
    this.#make = make;
    this.use(() => undefined);
  }

  /**
   * Calls a function with the object, which is made first if the instance is new.
   *
   * @throws LeastActionError of code `freed` after {@link Held.free}.
   */
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

  /** Frees the object. If this is not called, the garbage collector does it at some later time. */
  free(): void {
    const object = instance?.objects.get(this);
    if (object !== undefined) release(object);
    instance?.objects.delete(this);
    this.#freed = true;
  }
}
