// Options of a study of observability: how many measurements are enough?
import type { Watching } from "../anneal/watch.js";
import type { Run } from "../anneal/run.js";
import type { Inputs } from "../inputs.js";
import type { Model } from "../models.js";
import type { CoreAnnealOptions, Coupling, Estimate, StartingPaths } from "../raw.js";
import type { TwinOutcome } from "./judge-twin.js";

/** Options of the conditional Lyapunov exponents of the sets. */
export interface ExponentOptions {
  /** Coupling of the copy to the observed components. Default: `"replacement"`. */
  coupling?: Coupling;
  /**
   * Number of points of the orbit, `timeStep` apart. Default: 10,001; for models with inputs, the
   * points of the window and of the prediction.
   */
  points?: number;
  /** Number of points at the beginning that are discarded. Default: a tenth of `points`. */
  discard?: number;
}

/**
 * Options of {@link observability}: twin experiments, the sets of components observed in them, and
 * the annealing. `P`, `S`, `I` and `O` are the names of the model's parameters, states, inputs and
 * observables, `E` those of the estimated parameters, `C` those of the sets.
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
    Omit<CoreAnnealOptions, "parameters" | "estimate" | "measurementPrecision" | "noise">,
    Omit<Watching, "onProgress"> {
  /** Model of the system. */
  model: Model<P, S, I, O>;
  /** Sets by name: the observed state components and observables, by name or by number. */
  sets: { readonly [K in C]: readonly (number | NoInfer<S | O>)[] };
  /**
   * Number of twins: each set is tried with as many truths and noises, which all sets share. The
   * truths differ only if the model is spun up, by its own `spinUp` or the one given here, and no
   * `initialState` is given. Default: 10.
   */
  twins?: number;
  /** Time between points, in the model's unit of time. */
  timeStep: number;
  /** Number of points in the window that is observed. */
  points: number;
  /** Standard deviation of the normal measurement noise, in the unit of the components. */
  noise: number;
  /** Number of points past the window that are predicted. Default: half of `points`. */
  further?: number;
  /**
   * Seed of the first twin; the next twins have the following numbers. An integer of at least 0.
   * Default: 1.
   */
  seed?: number;
  /** True values of parameters, known to annealing unless estimated. Default: the model's. */
  parameters?: { readonly [K in NoInfer<P>]?: number };
  /** Initial state of all truths; see {@link twinExperiment}. */
  initialState?: ArrayLike<number>;
  /** Time of integration before the first point of all truths; see {@link twinExperiment}. */
  spinUp?: number;
  /**
   * Inputs u(t) of models that have some, on the grid of the window and the predicted points: for
   * each a value per point or a function of time, or all in one array, points x inputs, row-major.
   */
  inputs?: Inputs<NoInfer<I>> | ArrayLike<number>;
  /** Measurement precision R_m. Default: one over the square of `noise`. */
  measurementPrecision?: number;
  /** Parameters to be estimated along with the path, with their starting values. Default: none. */
  estimate?: { readonly [K in E]: Estimate };
  /**
   * Starting paths of every twin. The defaults differ from those of {@link anneal}: 5 paths, all of
   * which are climbed to the end so that levels can be compared. Each twin has another seed.
   */
  startingPaths?: StartingPaths;
  /**
   * Largest error of the unobserved states, in standard deviations, at which the truth counts as
   * found; unrelated paths have about 1.4. Default: 0.2.
   */
  near?: number;
  /**
   * Options of the sets' conditional Lyapunov exponents; false for none. Default: the defaults of
   * {@link ExponentOptions}.
   */
  lyapunov?: ExponentOptions | false;
  /** Called after every twin. An error that it throws ends the study and rejects its promise. */
  onProgress?: (done: ObservabilityProgress<C, E, I>) => void;
  /**
   * Study that was cancelled, or the result of `JSON.parse` for one, to be continued with the same
   * options. Sets may be added.
   */
  resume?: ResumableObservability | undefined;
}

/** Progress of a study: the twin that was just annealed. */
export interface ObservabilityProgress<
  C extends string = string,
  E extends string = string,
  I extends string = string,
> {
  /** Name of the set that was observed. */
  set: C;
  /** Outcome of the twin. */
  outcome: TwinOutcome<E>;
  /** Annealing run of the twin, which the study does not keep. */
  run: Run<E, I>;
  /** Number of twins annealed, over all sets. */
  done: number;
  /** Number of twins to be annealed altogether, over all sets. */
  total: number;
}

/** Study that can be resumed: an {@link Observability}, or the result of `JSON.parse` for one. */
export interface ResumableObservability {
  /** Options on which the outcomes depend. */
  readonly settings: object;
  /** Results of the sets. */
  readonly rows: readonly {
    /** Name of the set. */
    readonly set: string;
    /** Numbers of the observed components. */
    readonly observed: readonly number[];
    /** Outcomes of the twins that were annealed. */
    readonly twins: readonly object[];
  }[];
}
