// The action of a path by itself, for users with a minimiser of their own.
import { outOfRange, wrongShape } from "./errors.js";
import { type Observations, setsOf } from "./observations.js";
import { type Model, specOf } from "./models.js";
import { Held } from "./instance.js";
import type { ActionValue, CoreActionOptions, GradientCheck, RawAction } from "./raw.js";
import { NetworkAction, type NetworkActionOptions } from "./network/action.js";
import { isNetwork } from "./network/network.js";
import { actionValueOf, arrayFor, describe, fields, float64Array, plain, record } from "./shape.js";

/** Options of {@link action} for a path through data. */
export interface ActionOptions<P extends string = string, E extends P = P> extends Omit<
  CoreActionOptions,
  "parameters" | "estimate"
> {
  /** Model that the path is compared with. */
  model: Model<P>;
  /**
   * Measurements: one data set, or several that share the parameters and have paths of their own,
   * one after the other.
   */
  data: Observations | readonly Observations[];
  /** Values of known parameters by name. Default: those of the model. */
  parameters?: { readonly [K in NoInfer<P>]?: number };
  /** Names of the parameters that the gradient is computed in too. Default: none. */
  estimate?: readonly E[];
}

/** Point at which an action is evaluated: R_f, the path and the estimated parameters. */
export interface ActionPoint<E extends string> {
  /** States of the path: points x dimension, row-major. */
  path: ArrayLike<number>;
  /** Model precision R_f. */
  modelPrecision: number;
  /**
   * Values of the estimated parameters by name. Default: those of the action's option `parameters`,
   * or else of the model.
   */
  parameters?: { readonly [K in E]?: number };
}

/** Point at which an action and its gradient are evaluated. */
export interface GradientPoint<E extends string> extends ActionPoint<E> {
  /** Array that the gradient in the path is written to, as long as the path. Default: a new one. */
  into?: Float64Array;
}

/** Result of a comparison of the gradient with differences of the action. */
export interface GradientReport extends GradientCheck {
  /** Report in words. */
  text: string;
}

/** Value of an action, its parts and its gradient. */
export interface ActionGradient<E extends string> extends ActionValue {
  /** Gradient in the path, dA/dx: points x dimension, row-major. */
  path: Float64Array;
  /** Gradient in the estimated parameters, dA/d(parameter), by name. */
  parameters: Record<E, number>;
}

/** Number of values that precede the gradient in the parameters: the action and its parts. */
const PARTS = 4;

/** Action of one model and its data, as a function of path and parameters; see {@link action}. */
export class Action<E extends string> {
  readonly #held: Held<RawAction>;
  readonly #estimated: readonly E[];
  // Buffers for arguments and results, made once because evaluations are frequent.
  readonly #point: Float64Array;
  readonly #result: Float64Array;

  /** @internal */
  constructor(options: unknown) {
    const { model, data, ...rest } = fields("options", options);
    const spec = specOf(model);
    const sets = setsOf(data);
    const given = plain("options", rest);
    this.#held = new Held("action", (raw) => new raw.Action(spec, sets, given));
    this.#estimated = this.#held.use((raw) => raw.estimated() as E[]);
    this.#point = new Float64Array(1 + this.#estimated.length);
    this.#result = new Float64Array(PARTS + this.#estimated.length);
  }

  /**
   * Evaluates the action and its parts, which are weighted and sum to it.
   *
   * @throws LeastActionError by field.
   */
  evaluate(at: ActionPoint<E>): ActionValue {
    const { path, ...rest } = fields("options", at);
    const values = float64Array("path", path);
    const result = this.#result.subarray(0, PARTS);
    this.#held.use((raw) => raw.evaluate(values, this.#pointOf(raw, rest), result));
    return actionValueOf(this.#result);
  }

  /**
   * Evaluates the action, its parts and its exact gradient in the path and the estimated
   * parameters.
   *
   * @throws LeastActionError by field.
   */
  gradient(at: GradientPoint<E>): ActionGradient<E> {
    const { path, into, ...rest } = fields("options", at);
    const values = float64Array("path", path);
    const gradient = arrayFor(into, values.length);
    this.#held.use((raw) => raw.gradient(values, this.#pointOf(raw, rest), gradient, this.#result));
    const parameters = {} as Record<E, number>;
    this.#estimated.forEach((name, i) => (parameters[name] = this.#result[PARTS + i] as number));
    return { ...actionValueOf(this.#result), path: gradient, parameters };
  }

  /**
   * Compares the gradient with differences of the action. It tests the derivatives of a model, for
   * instance of one with kinks. `text` of the report gives the result in words.
   *
   * @param at the point; a random path shows more than a solution does. `sample`: about the number
   *   of states that are compared, spread over components and times; default: 200; `Infinity`: all
   *   of them.
   * @throws LeastActionError by field.
   */
  checkGradient(at: ActionPoint<E> & { sample?: number }): GradientReport {
    const { path, sample = 200, ...rest } = fields("options", at);
    if (typeof sample !== "number")
      throw wrongShape("sample", `must be a number, got ${describe(sample)}`);
    if (!(sample >= 1)) throw outOfRange("sample", sample, "at least 1");
    const values = float64Array("path", path);
    const most = sample >= values.length ? undefined : Math.round(sample);
    return this.#held.use((raw) => raw.checkGradient(values, this.#pointOf(raw, rest), most));
  }

  /**
   * Gives R_f and the estimated parameters as one array. The usual form is read here, because a
   * call of WebAssembly takes as long as a small action; Rust reads all others.
   */
  #pointOf(raw: RawAction, at: Record<string, unknown>): Float64Array {
    const { modelPrecision, parameters, ...others } = at;
    const given = (typeof parameters === "object" ? (parameters ?? {}) : {}) as Record<
      string,
      unknown
    >;
    const isUsual =
      (parameters === undefined || parameters === given) &&
      typeof modelPrecision === "number" &&
      Object.keys(others).length === 0 &&
      Object.keys(given).length === this.#estimated.length &&
      this.#estimated.every((name) => typeof given[name] === "number");
    if (!isUsual) return raw.point(plain("options", at));
    this.#point[0] = modelPrecision;
    this.#estimated.forEach((name, i) => (this.#point[1 + i] = given[name] as number));
    return this.#point;
  }

  /**
   * Frees the memory of WebAssembly at once, instead of when the garbage collector runs. Any later
   * use throws an error of code `freed`.
   */
  free(): void {
    this.#held.free();
  }
}

/**
 * Makes the action of a network as a function of its unknowns: the activations of all pairs and the
 * weights.
 *
 * @throws LeastActionError by field.
 *
 * @example
 * const a = action({ model: network, pairs, measurementPrecision: 100 });
 * const unknowns = a.join(network.activations(weights, pairs.inputs), weights);
 * const { action: value, gradient } = a.gradient({ unknowns, modelPrecision: 10 });
 */
export function action(options: NetworkActionOptions): NetworkAction;
/**
 * Makes the action of a path: `R_m` times the squared measurement errors plus `R_f` times the
 * squared residuals of the discretised model. The option `normalization` sets the factors of these
 * sums.
 *
 * @throws LeastActionError by field.
 *
 * @example
 * const a = action({ model, data, measurementPrecision: 4, estimate: ["forcing"] });
 * const { action: value, path: gradient } = a.gradient({ path, modelPrecision: 100 });
 */
export function action<P extends string, E extends P = never>(
  options: ActionOptions<P, E>,
): Action<E>;
/** Makes the action of a path through data or of a network. */
export function action(options: unknown): Action<string> | NetworkAction {
  const given = record("options", options);
  return isNetwork(given.model) ? new NetworkAction(given) : new Action(given);
}
