// Models of the user's own, written as mathematics.
import { LeastActionError, textOf, wrongShape } from "../errors.js";
import { call, isLoaded } from "../instance.js";
import { describe, fields } from "../shape.js";
import type { ModelDefinition } from "./definition.js";
import { type EventOptions, eventsOf } from "./events.js";
import { lower } from "./lower.js";
import { DescribedModel, type Model } from "./model.js";
import { record } from "../shape.js";
import { componentsOf, declarationsOf } from "./read.js";
import { definitionsOf, equationsOf, scopeOf } from "./trace.js";
import type {
  ComponentNames,
  Equations,
  InitialState,
  Observables,
  ParameterDeclarations,
  StateDeclarations,
  Where,
} from "./types.js";
import { Vector } from "./vector.js";

/** Definition of a model of one's own, the argument of {@link defineModel}. */
export interface ModelOptions<
  S extends StateDeclarations,
  P,
  I extends string,
  W extends string,
  O extends string = string,
> {
  /** Name of the model in tables and error messages. Default: `"model"`. */
  name?: string;
  /**
   * Meaning of the equations: with `"flow"` they are time derivatives, dx/dt = F(x); with `"map"`
   * they are the next state, x_(n+1) = f(x_n). Default: `"flow"`.
   */
  kind?: "flow" | "map";
  /**
   * State components: names with units, `{ V: "mV", m: 1 }`, where 1 stands for no unit; a list of
   * names; or a {@link vector}, alone or among the others.
   */
  states: S;
  /**
   * Parameters by name, each with its default value or with `{ default, unit, description }`.
   * Default: none.
   */
  parameters?: P;
  /**
   * Names of known functions of time u(t), such as a stimulus current. Their values come with the
   * data. Default: none.
   */
  inputs?: readonly I[];
  /**
   * Named formulas, in any order, that equations, observables and each other may use. Default:
   * none.
   */
  where?: Where<S, P, I, W>;
  /**
   * Formula of every state: text, an {@link expr} template, or a function of the model's names that
   * gives one of these.
   */
  equations: Equations<S, P, I, W>;
  /**
   * Functions of the state that can be measured like states. Data refer to them by name, or by
   * numbers that go on from those of the states. Default: none.
   */
  observables?: Observables<S, P, I, W, O>;
  /**
   * Events that change the state at times which the data or the model know. Default: none.
   */
  events?: readonly EventOptions<ComponentNames<S>>[];
  /**
   * Initial state of twin experiments unless they are given one: numbers by state, or an array of
   * all in the order of the states. Default: 0.
   */
  initialState?: InitialState<S>;
  /**
   * Time that twin experiments integrate before the data begin, in the model's unit of time.
   * Default: none.
   */
  spinUp?: number;
}

/**
 * Defines a model by its equations, written as mathematics. Text, templates and functions may be
 * mixed and give the same model. Its derivatives are exact, and it runs at the speed of the named
 * systems.
 *
 * Text may contain `+ - * / ^`, `t`, `pi`, `if(a < b, x, y)`, and the functions `min max abs sign
 * floor exp log log10 sqrt sin cos tan asin acos atan atan2 sinh cosh tanh lgamma`.
 *
 * It may be called before `init()`: errors that only the core can find in a formula are then thrown
 * when the model is first used.
 *
 * @throws LeastActionError with the field (`equations.V`), the character and the nearest known
 *   name.
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
 *   equations: ({ x, k }, i) =>
 *     expr`${x.at(i - 1)} * (${x.at(i + 1)} - ${x.at(i - 2)}) - ${x.at(i)} + ${k}`,
 * });
 */
export function defineModel<
  const S extends StateDeclarations,
  const P extends ParameterDeclarations = Record<never, never>,
  const I extends string = never,
  const W extends string = never,
  const O extends string = never,
>(options: ModelOptions<S, P, I, W, O>): Model<keyof P & string, ComponentNames<S>, I, O> {
  const given = record("options", options);
  const declared = declarationsOf(given);
  const { states, inputs = [], parameters = [] } = declared;
  const others = [...parameters.map(({ name }) => name), ...inputs];
  const where = definitionsOf("where", given.where, scopeOf(states, others));
  const scope = scopeOf(states, [...others, ...where.map(({ name }) => name)]);
  const equations = equationsOf(given.equations, states, scope, given.states instanceof Vector);
  const observables = definitionsOf("observables", given.observables, scope);
  const lowered = lower(
    where,
    [...equations, ...observables],
    [...others, ...componentsOf(states)],
  );
  const end = lowered.equations.length - observables.length;
  const observed = lowered.equations
    .slice(end)
    .map(({ state: name, expression }) => ({ name, expression }));
  const definition: ModelDefinition = {
    ...declared,
    ...(lowered.where.length > 0 && { where: lowered.where }),
    equations: lowered.equations.slice(0, end),
    ...(observed.length > 0 && { observables: observed }),
    ...(given.events !== undefined && { events: eventsOf(given.events) }),
  };
  return modelOf(definition) as Model<keyof P & string, ComponentNames<S>, I, O>;
}

/**
 * Makes a model from its definition as plain data, `model.definition`, or from the JSON of one.
 *
 * @throws LeastActionError of code `unreadable` for text that is not JSON, and by field for a
 *   definition that is not one.
 *
 * @example
 * const model = modelFromJSON(await readFile("neuron.json", "utf8"));
 */
export function modelFromJSON(json: string | ModelDefinition): Model {
  const definition = typeof json === "string" ? parsed(json) : json;
  fields("definition", definition);
  const copy = parsed(JSON.stringify(definition)) as ModelDefinition;
  for (const list of ["states", "equations"] as const) {
    if (!Array.isArray(copy[list]))
      throw wrongShape(list, `must be a list, got ${describe(copy[list])}`);
  }
  return modelOf(copy);
}

/** Parses JSON; errors become errors of the library. */
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

/**
 * Makes the model that a definition describes. If the core is loaded already, it checks the
 * definition at once.
 */
function modelOf(definition: ModelDefinition): Model {
  const {
    name = "model",
    kind = "flow",
    states,
    parameters = [],
    inputs = [],
    observables = [],
  } = definition;
  const spec = { definition };
  const components = componentsOf(states);
  if (isLoaded()) call((raw) => raw.describeModel(spec));
  return new DescribedModel(spec, {
    name,
    kind,
    dimension: components.length,
    states: components,
    units: states.flatMap(({ size = 1, unit = null }) => Array<string | null>(size).fill(unit)),
    parameters: parameters.map(({ name, default: value, unit, description }) => {
      const meaning =
        description === undefined
          ? (unit ?? "")
          : unit === undefined
            ? description
            : `${description} (${unit})`;
      return { name, default: value, description: meaning };
    }),
    inputs: [...inputs],
    observables: observables.map((one) => one.name),
    definition,
  });
}
