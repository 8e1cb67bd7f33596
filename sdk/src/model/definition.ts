// A model as data: what crosses to Rust, and what files hold. Its form is Rust's.
import type { CoreModelDefinition, CoreParameterDefinition, CoreStateDefinition } from "../raw.js";

type Frozen<T> = T extends readonly (infer E)[]
  ? readonly Frozen<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T;

/** A state, or a vector of `size` states. */
export type StateDefinition = Frozen<CoreStateDefinition>;
export type ParameterDefinition = Frozen<CoreParameterDefinition>;
/** A model as plain data: what `model.definition` gives and {@link modelFromJSON} takes. */
export type ModelDefinition = Frozen<CoreModelDefinition>;
