// Models of the user's own, written as mathematics.
import { LeastActionError, textOf, wrongShape } from "../errors.js";
import { call, isLoaded } from "../instance.js";
import type { Parameter } from "../raw.js";
import { describe, fields } from "../shape.js";
import type { ModelDefinition } from "./definition.js";
import { lower } from "./lower.js";
import type { Model } from "./model.js";
import { componentsOf, declarationsOf, record } from "./read.js";
import { equationsOf, scopeOf, whereOf } from "./trace.js";
import type {
  ComponentNames,
  Equations,
  InitialState,
  ParameterDeclarations,
  StateDeclarations,
  Where,
} from "./types.js";
import { Vector } from "./vector.js";

/** Everything about a model of one's own. */
export interface ModelOptions<S extends StateDeclarations, P, I extends string, W extends string> {
  /** For tables and errors. Default: `"model"`. */
  name?: string;
  /** `"flow"`: the equations are time derivatives, dx/dt = F(x); `"map"`: they are the next state, x_(n+1) = f(x_n). Default: `"flow"`. */
  kind?: "flow" | "map";
  /** Names with units, 1 for none, `{ V: "mV", m: 1 }`; or a list of names; or a {@link vector}; which may be among the others. */
  states: S;
  /** Names with default values, or with `{ default, unit, description }`. Default: none. */
  parameters?: P;
  /** Names of known functions of time u(t), such as a stimulus; their values come with the data. Default: none. */
  inputs?: readonly I[];
  /** Formulas that equations and each other may use by name, in any order. */
  where?: Where<S, P, I, W>;
  /** A formula for each state: text, an {@link expr} template, or a function of the model's names that gives one. */
  equations: Equations<S, P, I, W>;
  /** Where twin experiments begin, if not told otherwise: by state, or all in order. */
  initialState?: InitialState<S>;
  /** Time that twin experiments integrate before the data begin. Default: none. */
  spinUp?: number;
}

/**
 * A model written as mathematics. Text, templates and functions may be mixed and give the same model; its derivatives are exact and it runs at the speed
 * of the named systems.
 *
 * Text knows `+ - * / ^`, `t`, `pi`, `if(a < b, x, y)`, `min max abs sign floor exp log log10 sqrt sin cos tan asin acos atan atan2 sinh cosh tanh`.
 *
 * May be called before `init()`: what only the core can find wrong with a formula is then told when the model is first used.
 *
 * @throws LeastActionError with the field (`equations.V`), the character and the near name.
 *
 * @example
 * const pendulum = defineModel({
 *   states: { angle: "rad", velocity: "rad/s" },
 *   parameters: { damping: 0.1 },
 *   equations: { angle: "velocity", velocity: "-sin(angle) - damping*velocity" },
 * });
 *
 * @example
 * const ring = defineModel({
 *   states: vector("x", 20),
 *   parameters: { k: 8.17 },
 *   equations: ({ x, k }, i) => expr`${x.at(i - 1)} * (${x.at(i + 1)} - ${x.at(i - 2)}) - ${x.at(i)} + ${k}`,
 * });
 */
export function defineModel<
  const S extends StateDeclarations,
  const P extends ParameterDeclarations = Record<never, never>,
  const I extends string = never,
  const W extends string = never,
>(options: ModelOptions<S, P, I, W>): Model<keyof P & string, ComponentNames<S>, I> {
  const given = record("options", options);
  const declared = declarationsOf(given);
  const { states, inputs = [], parameters = [] } = declared;
  const others = [...parameters.map(({ name }) => name), ...inputs];
  const where = whereOf(given.where, scopeOf(states, others));
  const scope = scopeOf(states, [...others, ...where.map(({ name }) => name)]);
  const equations = equationsOf(given.equations, states, scope, given.states instanceof Vector);
  const formulas = lower(where, equations, [...others, ...componentsOf(states)]);
  const definition = { ...declared, ...(formulas.where.length === 0 ? { equations: formulas.equations } : formulas) };
  return new DefinedModel(definition) as Model<keyof P & string, ComponentNames<S>, I>;
}

/**
 * A model from its definition, `model.definition`, or the JSON of one.
 *
 * @example
 * const model = modelFromJSON(await readFile("neuron.json", "utf8"));
 */
export function modelFromJSON(json: string | ModelDefinition): Model {
  const definition = typeof json === "string" ? parsed(json) : json;
  fields("definition", definition);
  const copy = parsed(JSON.stringify(definition)) as ModelDefinition;
  for (const list of ["states", "equations"] as const) {
    if (!Array.isArray(copy[list])) throw wrongShape(list, `must be a list, got ${describe(copy[list])}`);
  }
  return new DefinedModel(copy);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new LeastActionError(`definition: is not JSON (${textOf(error)})`, {
      code: "unreadable",
      path: "definition",
      reason: textOf(error),
    });
  }
}

class DefinedModel implements Model {
  readonly spec: { readonly definition: ModelDefinition };
  readonly name: string;
  readonly kind: "flow" | "map";
  readonly dimension: number;
  readonly states: readonly string[];
  readonly units: readonly (string | null)[];
  readonly parameters: readonly Parameter[];
  readonly inputs: readonly string[];

  constructor(definition: ModelDefinition) {
    const { name = "model", kind = "flow", states, parameters = [], inputs = [] } = definition;
    this.spec = { definition };
    this.name = name;
    this.kind = kind;
    this.states = componentsOf(states);
    this.dimension = this.states.length;
    this.units = states.flatMap(({ size = 1, unit = null }) => Array<string | null>(size).fill(unit));
    this.parameters = parameters.map(({ description = "", ...rest }) => ({ ...rest, description }));
    this.inputs = [...inputs];
    if (isLoaded()) call((raw) => raw.describeModel(this.spec));
  }

  get definition(): ModelDefinition {
    return this.spec.definition;
  }

  toString(): string {
    return call((raw) => raw.explainModel(this.spec)).text;
  }

  explain(): string {
    return call((raw) => raw.explainModel(this.spec)).explanation;
  }
}
