// Whether a copy of a system that is shown some of its components falls into step with it.
import { wrongShape } from "../errors.js";
import { call } from "../instance.js";
import type { Inputs } from "../inputs.js";
import { type Model, specOf } from "../models.js";
import type { ConditionalLyapunov, CoreConditionalLyapunovOptions } from "../raw.js";
import { describe, fields, plain, record } from "../shape.js";
import { inputsOnPath, numbered } from "../twin.js";

/** Which system, what of it is shown, and for how long. */
export interface ConditionalLyapunovOptions<
  P extends string,
  S extends string = string,
  I extends string = string,
> extends Omit<CoreConditionalLyapunovOptions, "parameters" | "observed" | "inputs"> {
  model: Model<P, S, I>;
  /** The model's defaults where none is given. */
  parameters?: { readonly [K in NoInfer<P>]?: number };
  /**
   * State components that the response is shown, by name or by number. None of them: the largest
   * Lyapunov exponent of the system itself.
   */
  observed: readonly (number | NoInfer<S>)[];
  /**
   * u(t) for models with inputs: for each a value per point or a function of time; or all in one
   * array, points x inputs, row-major. In between they are straight lines.
   */
  inputs?: Inputs<NoInfer<I>> | ArrayLike<number>;
}

/** What `points` is where it is not said. */
const POINTS = 10_001;

/**
 * The largest conditional Lyapunov exponent: the rate at which a small difference grows between a
 * system and a copy of it that is held to the observed components, by complete replacement (Pecora
 * and Carroll 1990) or by a coupling, `dx/dt = F(x) + coupling (y - x)`. Below zero the copy falls
 * into step with the system: what is observed determines the rest, given time. One component more
 * need not make it lower.
 *
 * @throws LeastActionError for whatever is wrong with the options, by field, and for orbits that
 *   are not finite.
 *
 * @example
 * const { value, standardError } = conditionalLyapunov({ model: lorenz63(), observed: ["x"], timeStep: 0.02 }); // about -1.8
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
