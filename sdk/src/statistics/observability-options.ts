// What a user says of a study of how many measurements are enough.
import type { Watching } from "../anneal/options.js";
import type { Run } from "../anneal/run.js";
import type { Inputs } from "../inputs.js";
import type { Model } from "../models.js";
import type { CoreAnnealOptions, Coupling, Estimate, StartingPaths } from "../raw.js";
import type { TwinOutcome } from "./judge-twin.js";

/** How the conditional Lyapunov exponents of the sets are computed. */
export interface ExponentOptions {
  /** Default: `"replacement"`. */
  coupling?: Coupling;
  /**
   * Of the orbit, `timeStep` apart. Default: 10,001; of models with inputs those of the window and
   * what is predicted.
   */
  points?: number;
  /** Points at the beginning that do not count. Default: a tenth of them. */
  discard?: number;
}

/**
 * Twins, what is observed of them, and how they are annealed. `E` are the estimated parameters, `C`
 * the names of the sets.
 */
export interface ObservabilityOptions<
  P extends string = string,
  E extends P = P,
  S extends string = string,
  I extends string = string,
  O extends string = string,
  C extends string = string,
>
  extends
    Omit<CoreAnnealOptions, "parameters" | "estimate" | "measurementPrecision">,
    Omit<Watching, "onProgress"> {
  model: Model<P, S, I, O>;
  /**
   * What is observed, by the name of the set: state components and observables, by name or by
   * number.
   */
  sets: { readonly [K in C]: readonly (number | NoInfer<S | O>)[] };
  /**
   * How often each set is tried: with as many truths (where the model is spun up; else there is one
   * truth) and noises, which all sets share. Default: 10.
   */
  twins?: number;
  /** Between points, in the model's unit of time. */
  timeStep: number;
  /** Points in the window that is observed. */
  points: number;
  /** Standard deviation of the normal measurement noise. */
  noise: number;
  /** Points past the window that are predicted. Default: half as many as in the window. */
  further?: number;
  /**
   * Of the first twin; the next ones have those that follow. A whole number from 0 on. Default: 1.
   */
  seed?: number;
  /** True values, known where they are not estimated; the model's defaults where none is given. */
  parameters?: { readonly [K in NoInfer<P>]?: number };
  /** Of all truths; see {@link twinExperiment}. */
  initialState?: ArrayLike<number>;
  /** Of all truths; see {@link twinExperiment}. */
  spinUp?: number;
  /**
   * u(t) for models with inputs, on the grid of the points and of those further on: for each a
   * value per point or a function of time; or all in one array, points x inputs, row-major.
   */
  inputs?: Inputs<NoInfer<I>> | ArrayLike<number>;
  /** R_m. Default: one over the square of the noise. */
  measurementPrecision?: number;
  /** Parameters to be estimated along with the path. Default: none. */
  estimate?: { readonly [K in E]: Estimate };
  /**
   * How every twin is climbed. Here the defaults are 5 starts, all of which are climbed to their
   * end, so that there are levels to be compared, and another seed for each twin.
   */
  startingPaths?: StartingPaths;
  /**
   * The largest error of the states that are not observed, relative to how much they vary, at which
   * the truth counts as found; unrelated paths have about 1.4. Default: 0.2.
   */
  near?: number;
  /** Of the sets' conditional Lyapunov exponents; false for none. */
  lyapunov?: ExponentOptions | false;
  /** Told of every twin that is annealed. What it throws ends the study and rejects its promise. */
  onProgress?: (done: ObservabilityProgress<C, E, I>) => void;
  /**
   * A study that was cancelled, or `JSON.parse` of one, to be continued with the same options; sets
   * may have been added.
   */
  resume?: ResumableObservability | undefined;
}

/** A twin has been annealed. */
export interface ObservabilityProgress<
  C extends string = string,
  E extends string = string,
  I extends string = string,
> {
  set: C;
  outcome: TwinOutcome<E>;
  /** All its climbs, which the study does not keep. */
  run: Run<E, I>;
  /** Twins annealed, over all sets. */
  done: number;
  total: number;
}

/** As much of a study as is needed to go on with it. */
export interface ResumableObservability {
  readonly settings: object;
  readonly rows: readonly {
    readonly set: string;
    readonly observed: readonly number[];
    readonly twins: readonly object[];
  }[];
}
