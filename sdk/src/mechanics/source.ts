// Sources of mechanics: functions by which Rust makes them.
import { unknownName, wrongShape } from "../errors.js";
import { specOf } from "../models.js";
import { type Observations, setsOf } from "../observations.js";
import type { Raw } from "../raw.js";
import { describe, fields, plain } from "../shape.js";
import type { RawMechanics } from "./raw.js";

/** Gives the time grid of the data, if there are any. The options must have been checked before. */
export function pointsOf(options: unknown): { start: number; timeStep: number } | undefined {
  const { data } = options as { data?: Observations };
  if (data === undefined) return undefined;
  const { start, timeStep } = data;
  return { start, timeStep };
}

/** Function by which Rust makes mechanics. */
type Source = (raw: Raw) => RawMechanics;

/**
 * Gives the function by which Rust makes the mechanics of the options. Their fields are read once.
 *
 * @throws LeastActionError by field.
 */
export function sourceOf(options: unknown): Source {
  const given = fields("options", options);
  if (given.model !== undefined) {
    const { model, data, ...rest } = given;
    const [spec, sets, own] = [
      specOf(model),
      data === undefined ? [] : setsOf(data),
      plain("options", rest),
    ];
    if (sets.length > 1)
      throw wrongShape("data", "must be one data set: a path through several has joints");
    return (raw) => raw.Mechanics.ofAction(spec, sets, own);
  }
  if (given.system !== undefined) {
    only(given, ["system", "parameters"]);
    const { system, ...values } = plain("options", given) as Record<string, unknown>;
    return (raw) => raw.Mechanics.ofSystem(system, values);
  }
  if (given.network !== undefined) {
    only(given, ["network"]);
    return networkSource(given.network);
  }
  const kind = given.lagrangian !== undefined ? "lagrangian" : "hamiltonian";
  if (given[kind] === undefined) {
    throw wrongShape(
      "options",
      "must have a model, a system, a lagrangian, a hamiltonian or a network",
    );
  }
  const others = kind === "lagrangian" ? "velocities" : "momenta";
  only(given, [kind, "coordinates", others, "parameters", "where"]);
  const { parameters, where, ...rest } = plain("options", given) as Record<string, unknown>;
  const definition = {
    ...rest,
    ...(parameters === undefined ? {} : { parameters: numbers(parameters) }),
    ...(where === undefined ? {} : { where: texts(where) }),
  };
  return (raw) =>
    kind === "lagrangian"
      ? raw.Mechanics.ofLagrangian(definition, {})
      : raw.Mechanics.ofHamiltonian(definition, {});
}

/**
 * Sources of networks of this library. An object that merely has a function `source` is not a
 * network.
 */
const ownSources = new WeakSet<Source>();

/** @internal Registers a function as the source of a network of this library. */
export function ownSource(source: Source): Source {
  ownSources.add(source);
  return source;
}

/** Gives the source of a network of continuous depth. */
function networkSource(network: unknown): Source {
  const source: unknown =
    typeof network === "object" && network !== null && Reflect.get(network, "source");
  if (typeof source === "function" && ownSources.has(source as Source)) {
    return source as Source;
  }
  throw wrongShape("network", `must be what continuousNetwork() gives, got ${describe(network)}`);
}

/** Refuses fields that are not among the known ones. */
function only(given: Record<string, unknown>, known: readonly string[]): void {
  const odd = Object.keys(given).find((name) => !known.includes(name));
  if (odd !== undefined) throw unknownName(odd, odd, known);
}

/** Gives parameters by name in the list form of Rust. */
function numbers(given: unknown): { name: string; default: number }[] {
  return Object.entries(fields("parameters", given)).map(([name, value]) => {
    if (typeof value === "number") return { name, default: value };
    throw wrongShape(`parameters.${name}`, `must be a number, got ${describe(value)}`);
  });
}

/** Gives named formulas in the list form of Rust. */
function texts(given: unknown): { name: string; expression: string }[] {
  return Object.entries(fields("where", given)).map(([name, expression]) => {
    if (typeof expression === "string") return { name, expression };
    throw wrongShape(`where.${name}`, `must be text, got ${describe(expression)}`);
  });
}
