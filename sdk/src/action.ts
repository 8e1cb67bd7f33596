// The action of a path, by itself: for people with their own minimiser.
import { outOfRange, wrongShape } from "./errors.js";
import { type Observations, setsOf } from "./observations.js";
import { type Model, specOf } from "./models.js";
import { Held } from "./instance.js";
import type { ActionValue, CoreActionOptions, GradientCheck, RawAction } from "./raw.js";
import { NetworkAction, type NetworkActionOptions } from "./network/action.js";
import { isNetwork } from "./network/network.js";
import { actionValueOf, arrayFor, describe, fields, float64Array, plain, record } from "./shape.js";

/** How an action is formed. */
export interface ActionOptions<P extends string = string, E extends P = P> extends Omit<
  CoreActionOptions,
  "parameters" | "estimate"
> {
  model: Model<P>;
  /**
   * One data set, or several that share the parameters and have paths of their own, one after the
   * other.
   */
  data: Observations | readonly Observations[];
  /** Values of parameters that are known; the model's defaults where none is given. */
  parameters?: { readonly [K in NoInfer<P>]?: number };
  /** Parameters that the gradient is also wanted in. Default: none. */
  estimate?: readonly E[];
}

/** Where an action is evaluated. */
export interface ActionPoint<E extends string> {
  /** points x dimension, row-major. */
  path: ArrayLike<number>;
  /** R_f. */
  modelPrecision: number;
  /** Values of estimated parameters. Default: those that the action was made with. */
  parameters?: { readonly [K in E]?: number };
}

/** Where an action and its gradient are evaluated. */
export interface GradientPoint<E extends string> extends ActionPoint<E> {
  /** Array to write the gradient in the path to, as long as the path. Default: a new one. */
  into?: Float64Array;
}

/** What a check of the gradient found. */
export interface GradientReport extends GradientCheck {
  /** The report in words. */
  text: string;
}

/** An action and its gradient. */
export interface ActionGradient<E extends string> extends ActionValue {
  /** dA/dx, points x dimension, row-major. */
  path: Float64Array;
  /** dA/d(parameter), of the estimated ones. */
  parameters: Record<E, number>;
}

/** Numbers before the gradient in the parameters: the action and its parts. */
const PARTS = 4;

/** The action of one model and its data; see {@link action}. */
export class Action<E extends string> {
  readonly #held: Held<RawAction>;
  readonly #estimated: readonly E[];
  // For numbers on their way in and out: this is called often.
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

  /** The action and its parts, which are weighted and sum to it. */
  evaluate(at: ActionPoint<E>): ActionValue {
    const { path, ...rest } = fields("options", at);
    const values = float64Array("path", path);
    const result = this.#result.subarray(0, PARTS);
    this.#held.use((raw) => raw.evaluate(values, this.#pointOf(raw, rest), result));
    return actionValueOf(this.#result);
  }

  /** The same with the exact gradient. */
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
   * Compares the gradient with differences of the action: a test of a model's derivatives, for
   * instance of one with kinks. `text` of the report says it in words.
   *
   * @param at where; a random path shows more than a solution does. `sample`: about how many states
   *   to look at, spread over components and times (default: 200; `Infinity`: all of them).
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
   * The usual case by hand, because crossing would take as long as a small action; Rust looks at
   * all others.
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

  /** Gives WebAssembly's memory back at once instead of some day. */
  free(): void {
    this.#held.free();
  }
}

/** The action of a network: activations of all pairs and the weights are its unknowns. */
export function action(options: NetworkActionOptions): NetworkAction;
/**
 * How far a path is from the data and from the model: `R_m` times the squared measurement errors
 * plus `R_f` times the squared residuals of the discretised model; see `normalization` for what
 * they are divided by.
 *
 * @example
 * const a = action({ model, data, measurementPrecision: 4, estimate: ["forcing"] });
 * const { action: value, path: gradient } = a.gradient({ path, modelPrecision: 100 });
 */
export function action<P extends string, E extends P = never>(
  options: ActionOptions<P, E>,
): Action<E>;
export function action(options: unknown): Action<string> | NetworkAction {
  const given = record("options", options);
  return isNetwork(given.model) ? new NetworkAction(given) : new Action(given);
}
