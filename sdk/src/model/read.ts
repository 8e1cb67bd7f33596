// The declarations of a model, that is all but its formulas, as data of a definition.
import { LeastActionError, outOfRange, unknownName, wrongLength, wrongShape } from "../errors.js";
import { checkFields, describe, float64Array, plain, record, trueOrFalse } from "../shape.js";
import type { ModelDefinition, ParameterDefinition, StateDefinition } from "./definition.js";
import { Vector } from "./vector.js";

/** Type with writable fields. */
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Definition of a model without its formulas. */
export type Declarations = Mutable<
  Omit<ModelDefinition, "where" | "equations" | "observables" | "events">
> & {
  states: StateDefinition[];
};

const OPTIONS = [
  "name",
  "kind",
  "states",
  "inputs",
  "parameters",
  "initialState",
  "spinUp",
  "where",
  "equations",
  "observables",
  "events",
];

/**
 * Reads everything but the formulas from the options of a model.
 *
 * @throws LeastActionError by field.
 */
export function declarationsOf(given: Record<string, unknown>): Declarations {
  checkFields("", given, OPTIONS);
  const states = statesOf(given.states);
  if (given.initialState !== undefined) setInitial(states, given.initialState);
  const declared: Declarations = {
    name: given.name === undefined ? "model" : text("name", given.name),
    states,
  };
  if (given.kind !== undefined) declared.kind = kindOf(given.kind);
  if (given.inputs !== undefined) declared.inputs = inputsOf(given.inputs);
  if (given.parameters !== undefined) declared.parameters = parametersOf(given.parameters);
  if (given.spinUp !== undefined) declared.spinUp = finite("spinUp", given.spinUp);
  return declared;
}

/** Names the components of a path: those of a vector `x` are `x0`, `x1` and so on. */
export function componentsOf(states: readonly StateDefinition[]): string[] {
  return states.flatMap(({ name, size }) =>
    size === undefined ? [name] : Array.from({ length: size }, (_, i) => `${name}${i}`),
  );
}

/** Reads states in any of their forms: a vector, a list, or an object by name. */
function statesOf(given: unknown): StateDefinition[] {
  if (given === undefined)
    throw wrongShape("states", 'is missing: name them, as in states: { x: "mV", v: 1 }');
  const states =
    given instanceof Vector || Array.isArray(given) ? listed([given].flat()) : declared(given);
  if (states.length === 0) throw wrongLength("states", 0, 1, "at least");
  return states;
}

/** Reads states given as a list of names and vectors. */
function listed(given: readonly unknown[]): StateDefinition[] {
  return given.map((one, i) => {
    if (typeof one === "string") return { name: one };
    const path = `states[${i}]`;
    if (!(one instanceof Vector))
      throw wrongShape(path, `must be a name or a vector, got ${describe(one)}`);
    if (one.name === undefined)
      throw wrongShape(path, 'is a vector without a name: write vector("x", 20)');
    return vectorDefinition(one.name, one);
  });
}

/** Reads states given as an object of declarations by name. */
function declared(given: unknown): StateDefinition[] {
  return Object.entries(record("states", given)).map(([name, one]) => {
    const path = `states.${name}`;
    if (one instanceof Vector) {
      if (one.name === undefined || one.name === name) return vectorDefinition(name, one);
      throw wrongShape(
        path,
        `is a vector with another name, ${describe(one.name)}: leave that out`,
      );
    }
    const state: Mutable<StateDefinition> = { name };
    const { unit, initial, positive } =
      typeof one === "object"
        ? optionsOf(path, one)
        : { unit: one, initial: undefined, positive: undefined };
    const symbol =
      typeof one === "object" ? unitOf(`${path}.unit`, unit) : unitOf(path, unit ?? null);
    if (symbol !== undefined) state.unit = symbol;
    if (initial !== undefined) state.initial = finite(`${path}.initial`, initial);
    setPositive(path, state, positive);
    return state;
  });
}

/** Reads an object with unit, initial value and whether the state is positive. */
function optionsOf(path: string, given: unknown): Record<string, unknown> {
  const options = record(path, given);
  checkFields(path, options, ["unit", "initial", "positive"]);
  return options;
}

/** Gives the definition of a vector of states. */
function vectorDefinition(name: string, { size, options }: Vector): StateDefinition {
  const path = `states.${name}`;
  const { unit, initial, positive } = optionsOf(path, options);
  const state: Mutable<StateDefinition> = { name, size };
  const symbol = unitOf(`${path}.unit`, unit);
  if (symbol !== undefined) state.unit = symbol;
  if (initial !== undefined) state.initial = vectorInitial(`${path}.initial`, initial, size);
  setPositive(path, state, positive);
  return state;
}

/** Marks a state that is positive. */
function setPositive(path: string, state: Mutable<StateDefinition>, given: unknown): void {
  if (given !== undefined && trueOrFalse(`${path}.positive`, given)) state.positive = true;
}

/** Reads the initial value of a vector: one number for all components, or one for each. */
function vectorInitial(path: string, given: unknown, size: number): number | number[] {
  if (typeof given === "number") return finite(path, given);
  const values = numbers(path, given);
  if (values.length !== size) throw wrongLength(path, values.length, size, "one per component");
  return values;
}

/** Reads a unit; 1 stands for no unit. */
function unitOf(path: string, given: unknown): string | undefined {
  if (given === undefined || given === 1) return undefined;
  if (typeof given === "string") return given;
  throw wrongShape(path, `must be a unit such as "mV", or 1 for none, got ${describe(given)}`);
}

/** Sets the initial values of states, which may be given by name or as an array of all. */
function setInitial(states: Mutable<StateDefinition>[], given: unknown): void {
  const doubly = states.find(({ initial }) => initial !== undefined);
  if (doubly !== undefined) {
    const because = `states.${doubly.name}.initial says it already; say it in one place`;
    throw new LeastActionError(`initialState: ${because}`, {
      code: "duplicate",
      path: "initialState",
      value: doubly.name,
    });
  }
  if (typeof given === "object" && given !== null && "length" in given) {
    setAll(states, numbers("initialState", given));
    return;
  }
  const values = record("initialState", given);
  const known = states.map(({ name }) => name);
  for (const [name, value] of Object.entries(values)) {
    const path = `initialState.${name}`;
    const state = states.find((one) => one.name === name);
    if (state === undefined) throw unknownName(path, name, known);
    if (value === undefined) continue;
    state.initial =
      state.size === undefined ? finite(path, value) : vectorInitial(path, value, state.size);
  }
}

/** Sets the initial values of all components from one array. */
function setAll(states: Mutable<StateDefinition>[], values: readonly number[]): void {
  const dimension = states.reduce((sum, { size = 1 }) => sum + size, 0);
  if (values.length !== dimension)
    throw wrongLength("initialState", values.length, dimension, "one per component");
  let next = 0;
  for (const state of states) {
    const { size } = state;
    state.initial = size === undefined ? (values[next] as number) : values.slice(next, next + size);
    next += size ?? 1;
  }
}

/** Reads the parameters of a model. */
function parametersOf(given: unknown): ParameterDefinition[] {
  return Object.entries(record("parameters", given)).map(([name, one]) => {
    const path = `parameters.${name}`;
    if (typeof one === "number") return { name, default: finite(path, one) };
    if (typeof one !== "object" || one === null) {
      throw wrongShape(
        path,
        `must be a number, or an object with its default, got ${describe(one)}`,
      );
    }
    const options = record(path, one);
    checkFields(path, options, ["default", "unit", "description"]);
    const parameter: Mutable<ParameterDefinition> = {
      name,
      default: finite(`${path}.default`, options.default),
    };
    const unit = unitOf(`${path}.unit`, options.unit);
    if (unit !== undefined) parameter.unit = unit;
    if (options.description !== undefined) {
      parameter.description = text(`${path}.description`, options.description);
    }
    return parameter;
  });
}

/** Reads the names of the inputs of a model. */
function inputsOf(given: unknown): string[] {
  const names = plain("inputs", given);
  if (!Array.isArray(names))
    throw wrongShape("inputs", `must be a list of names, got ${describe(given)}`);
  return names.map((name: unknown, i) => text(`inputs[${i}]`, name));
}

/** Reads the kind of a model. */
function kindOf(given: unknown): "flow" | "map" {
  if (given === "flow" || given === "map") return given;
  throw wrongShape("kind", `must be "flow" or "map", got ${describe(given)}`);
}

/** Gives a value that has to be text. */
function text(path: string, given: unknown): string {
  if (typeof given === "string") return given;
  throw wrongShape(path, `must be text, got ${describe(given)}`);
}

/** Gives a value that has to be a finite number. */
function finite(path: string, given: unknown): number {
  if (given === undefined) throw wrongShape(path, "is missing: give a number");
  if (typeof given !== "number") throw wrongShape(path, `must be a number, got ${describe(given)}`);
  if (!Number.isFinite(given)) throw outOfRange(path, given, "finite");
  return given;
}

/** Gives a value that has to be an array of finite numbers. */
function numbers(path: string, given: unknown): number[] {
  return Array.from(float64Array(path, given), (value, i) => finite(`${path}[${i}]`, value));
}
