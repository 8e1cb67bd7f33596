// A model as plain data, as it is passed to Rust and kept in files. Its form is defined in Rust.
import type {
  CoreEventDefinition,
  CoreModelDefinition,
  CoreParameterDefinition,
  CoreStateDefinition,
} from "../raw.js";

/** Deeply read-only form of a type. */
type Frozen<T> = T extends readonly (infer E)[]
  ? readonly Frozen<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T;

/** Definition of a state, or of a vector of `size` states, as plain data. */
export type StateDefinition = Frozen<CoreStateDefinition>;
/** Definition of a parameter as plain data: name, default value, unit and description. */
export type ParameterDefinition = Frozen<CoreParameterDefinition>;
/** Definition of a kind of events as plain data: its name, columns and changes of states. */
export type EventDefinition = Frozen<CoreEventDefinition>;
/** Model as plain data, as `model.definition` gives it and {@link modelFromJSON} takes it. */
export type ModelDefinition = Frozen<CoreModelDefinition>;
