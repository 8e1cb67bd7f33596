// Conditional Lyapunov exponent: does a copy of a system that is shown some of its components
// synchronise with it?
import { wrongShape } from "../errors.js";
import { call } from "../instance.js";
import type { Inputs } from "../inputs.js";
import { type Model, specOf } from "../models.js";
import type { ConditionalLyapunov, CoreConditionalLyapunovOptions } from "../raw.js";
import { describe, fields, plain, record } from "../shape.js";
import { inputsOnPath, numbered } from "../twin.js";

/**
 * Options of {@link conditionalLyapunov}: a system, its observed components and the length of its
 * orbit. `P`, `S` and `I` are the names of its parameters, states and inputs.
 */
export interface ConditionalLyapunovOptions<
  P extends string,
  S extends string = string,
  I extends string = string,
> extends Omit<CoreConditionalLyapunovOptions, "parameters" | "observed" | "inputs"> {
  /** Model of the system. */
  model: Model<P, S, I>;
  /** Values of parameters. Default: the model's. */
  parameters?: { readonly [K in NoInfer<P>]?: number };
  /**
   * State components that the copy is shown, by name or by number. With an empty list the result is
   * the largest Lyapunov exponent of the system itself.
   */
  observed: readonly (number | NoInfer<S>)[];
  /**
   * Inputs u(t) of models that have some: for each a value per point or a function of time, or all
   * in one array, points x inputs, row-major. Between points they are interpolated linearly.
   */
  inputs?: Inputs<NoInfer<I>> | ArrayLike<number>;
}

/** Default of `points`. */
const POINTS = 10_001;

/**
 * Computes the largest conditional Lyapunov exponent, per unit of time: the rate at which a small
 * difference grows between a system and a copy of it that receives the observed components, by
 * complete replacement (Pecora and Carroll 1990) or by a coupling, `dx/dt = F(x) + coupling (y -
 * x)`. Below zero the copy synchronises with the system: in the long run the observed components
 * determine the others. More observed components do not always make it lower.
 *
 * @throws LeastActionError for whatever is wrong with the options, by field, and if the orbit does
 *   not stay finite.
 *
 * @example
 * const { value, standardError } = conditionalLyapunov({
 *   model: lorenz63(),
 *   observed: ["x"],
 *   timeStep: 0.02,
 * });
 * value; // about -1.8
 */
export function conditionalLyapunov<P extends string, S extends string, I extends string>(
  options: ConditionalLyapunovOptions<P, S, I>,
): ConditionalLyapunov {
  const { model, inputs, ...rest } = record("options", options);
  const spec = specOf(model);
  const given = fields("options", plain("options", rest));
  const { observed } = given;
  if (!Array.isArray(observed))
    throw wrongShape("observed", `must be a list of components, got ${describe(observed)}`);
  given.observed = numbered("observed", model, observed);
  if (inputs !== undefined) {
    given.inputs = inputsOnPath(model, inputs, 0, given.timeStep, given.points ?? POINTS);
  }
  return call((raw) => raw.conditionalLyapunov(spec, given));
}
