// Translation of a model's formulas, written as text, expressions or functions, to nodes.
import { LeastActionError, outOfRange, unknownName, wrongLength, wrongShape } from "../errors.js";
import { describe } from "../shape.js";
import type { StateDefinition } from "./definition.js";
import { isFormula, named } from "./expression.js";
import { functions } from "./functions.js";
import type { Formula } from "./lower.js";
import type { Node } from "./node.js";
import { checkFields, record } from "../shape.js";
import { VectorExpression } from "./vector.js";

/** Function of the user, of the model's names or of an index. */
type UserFunction = (...given: unknown[]) => unknown;

/**
 * Makes the argument of formulas written as functions: the model's names and the functions of the
 * model language. Access to any other name is an error.
 */
export function scopeOf(states: readonly StateDefinition[], others: readonly string[]): object {
  const scope = Object.create(null) as Record<string, unknown>;
  Object.assign(scope, functions);
  for (const name of ["t", "pi", ...others]) scope[name] = named(name);
  for (const { name, size } of states)
    scope[name] = size === undefined ? named(name) : new VectorExpression(name, size);
  return new Proxy(scope, {
    get(target, name) {
      if (typeof name === "symbol" || name in target) return target[name as string];
      throw unknownName(name, name, Object.keys(target));
    },
  });
}

/** Reads named formulas in the order in which they were written. */
export function definitionsOf(field: string, given: unknown, scope: object): Formula[] {
  if (given === undefined) return [];
  const definitions = record(field, isFunction(given) ? traced(field, () => given(scope)) : given);
  return Object.entries(definitions).map(([name, formula]) => {
    const path = `${field}.${name}`;
    const result = isFunction(formula) ? traced(path, () => formula(scope)) : formula;
    return { path, name, body: bodyOf(path, result) };
  });
}

/**
 * Reads the equations: one for each state or vector, in the order of the states. Where the states
 * are one vector, its equation may stand for all.
 */
export function equationsOf(
  given: unknown,
  states: readonly StateDefinition[],
  scope: object,
  areOneVector: boolean,
): Formula[] {
  if (given === undefined) throw wrongShape("equations", "is missing: give one for each state");
  const atSite: Call = (f, i) => f(scope, i);
  if (areOneVector && (!isObject(given) || isFormula(given))) {
    return states.map((vector) => equationOf("equations", vector, given, atSite));
  }
  const isWhole = isFunction(given);
  const equations = record("equations", isWhole ? traced("equations", () => given(scope)) : given);
  const names = states.map(({ name }) => name);
  checkFields("equations", equations, names);
  // A function that gives all equations already has the scope, so functions in its result get the
  // index alone.
  const call: Call = isWhole ? (f, i) => f(i) : atSite;
  return states.map((state) =>
    equationOf(`equations.${state.name}`, state, equations[state.name], call),
  );
}

/** Caller of a user's function, with the index of a site if there is one. */
type Call = (f: UserFunction, i?: number) => unknown;

/** Reads the equation of one state, or of all sites of one vector. */
function equationOf(
  path: string,
  { name, size }: StateDefinition,
  given: unknown,
  call: Call,
): Formula {
  if (given === undefined) throw wrongShape(path, `is missing: give the equation of ${name}`);
  if (size === undefined) {
    return {
      path,
      name,
      body: bodyOf(path, isFunction(given) ? traced(path, () => call(given)) : given),
    };
  }
  if (!isFunction(given) && !Array.isArray(given)) return { path, name, body: bodyOf(path, given) };
  if (Array.isArray(given) && given.length !== size) {
    throw wrongLength(path, given.length, size, "a formula per component");
  }
  const body = Array.from({ length: size }, (_, i) => {
    const site = `${path}[${i}]`;
    const formula = isFunction(given) ? traced(site, () => call(given, i)) : (given[i] as unknown);
    const found = bodyOf(site, formula);
    return typeof found === "string" ? ({ kind: "text", pieces: [found] } as const) : found;
  });
  return { path, name, body };
}

/**
 * Reads a formula as text or as a node.
 *
 * @throws LeastActionError for a value that is not a formula.
 */
function bodyOf(path: string, given: unknown): string | Node {
  if (typeof given === "string") return given;
  if (isFormula(given)) return given.node;
  if (typeof given === "number") {
    if (!Number.isFinite(given)) throw outOfRange(path, given, "made of finite numbers");
    return { kind: "number", value: given };
  }
  throw wrongShape(
    path,
    "must be a formula: text, a number, expr`...` or a function that gives one, " +
      `got ${describe(given)}`,
  );
}

/** True for a function. */
function isFunction(given: unknown): given is UserFunction {
  return typeof given === "function";
}

/** True for an object other than null. */
function isObject(given: unknown): boolean {
  return typeof given === "object" && given !== null;
}

/**
 * Runs a function of the user. Errors of the library are thrown again with the path of its formula.
 */
function traced(path: string, what: () => unknown): unknown {
  try {
    return what();
  } catch (error) {
    if (!(error instanceof LeastActionError) || error.path === path) throw error;
    throw new LeastActionError(
      `${path}: ${error.message}`,
      { ...error.facts, path },
      { cause: error },
    );
  }
}
