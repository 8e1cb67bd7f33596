// Instances of the WebAssembly module, and the types of their functions. Only this file imports the
// generated bindings, and only those of the same name in other folders import generated types
// beside it; `common.ts` names what is public of them.
import { createGlue } from "../generated/glue.js";
import type {
  ConditionalLyapunov,
  GradientCheck,
  Identifiability,
  Interpolation,
  Jump,
  Level,
  ModelDefinition,
  ModelKind,
  Parameter,
  PredictionError,
  SamplingFinding,
  SamplingVerdict,
  SummaryRow,
} from "../generated/types.js";
import type { CoreClimb, RawAnnealer } from "./anneal/raw.js";
import type {
  NetworkWidths,
  RawBoundarySolver,
  RawContinuousNetwork,
  RawMechanics,
} from "./mechanics/raw.js";
import type {
  MadePairs,
  NetworkDescription,
  RawLayerOrbit,
  RawNetworkAction,
  RawPairs,
  RawTrainer,
} from "./network/raw.js";
import type {
  RawChain,
  RawProfileSearch,
  RawSampling,
  RawScores,
  RawUncertainty,
} from "./statistics/raw.js";

// The SDK exports types of its own under these names.
export type {
  ActionOptions as CoreActionOptions,
  AnnealOptions as CoreAnnealOptions,
  BoundaryOptions as CoreBoundaryOptions,
  ConditionalLyapunovOptions as CoreConditionalLyapunovOptions,
  ContinuousNetworkOptions as CoreContinuousNetworkOptions,
  ErrorFacts as CoreFacts,
  EventDefinition as CoreEventDefinition,
  Layer as CoreLayer,
  LyapunovExponents as CoreLyapunovExponents,
  LyapunovOptions as CoreLyapunovOptions,
  ModelDefinition as CoreModelDefinition,
  NetworkAnnealOptions as CoreNetworkAnnealOptions,
  NetworkTwin as CoreNetworkTwin,
  ParameterDefinition as CoreParameterDefinition,
  ProfileOptions as CoreProfileOptions,
  SamplingOptions as CoreSamplingOptions,
  StateDefinition as CoreStateDefinition,
  TrainOptions as CoreTrainOptions,
  TwinExperiment as CoreTwinExperiment,
  UncertaintyOptions as CoreUncertaintyOptions,
} from "../generated/types.js";
export type * from "../generated/types.js";

/** Observations without their values, which are passed as a Float64Array. */
export interface Grid {
  /** Time of the first point. */
  start: number;
  /** Time between points. */
  timeStep: number;
  /** Number of points. */
  points: number;
  /** Numbers of the observed components. */
  observed: number[];
}

/** Action of a path in WebAssembly's memory. */
export interface RawAction {
  /** Names of the estimated parameters. */
  estimated(): string[];
  /** Gives R_f and the estimated parameters in one array, from `{ modelPrecision, parameters }`. */
  point(at: unknown): Float64Array;
  /** Writes the action and its parts to `result`. */
  evaluate(path: Float64Array, point: Float64Array, result: Float64Array): void;
  /** Compares the gradient with differences of the action for about `sample` states, or for all. */
  checkGradient(
    path: Float64Array,
    point: Float64Array,
    sample: number | undefined,
  ): GradientCheck & { text: string };
  /**
   * Writes the action, its parts and the gradient in the estimated parameters to `result`, and the
   * gradient in the path to `gradient`.
   */
  gradient(
    path: Float64Array,
    point: Float64Array,
    gradient: Float64Array,
    result: Float64Array,
  ): void;
  /** Frees the memory of the object. */
  free(): void;
}

/** Description of a model by Rust. */
export interface ModelDescription {
  /** Name of the model. */
  name: string;
  /** Kind of the system, a flow or a map. */
  kind: ModelKind;
  /** Number of state components. */
  dimension: number;
  /** Names of the state components. */
  states: string[];
  /** Units of the state components; null for a component without one. */
  units: (string | null)[];
  /** Parameters with their names, defaults and descriptions. */
  parameters: Parameter[];
  /** Names of the inputs. */
  inputs: string[];
  /** Names of the functions of the state that can be measured. */
  observables: string[];
  /** Model as plain data. */
  definition: ModelDefinition;
}

/** Exports of the WebAssembly module. Options are checked in Rust, so they are `unknown` here. */
export interface Raw {
  /** Describes the model of a specification. */
  describeModel(spec: unknown): ModelDescription;
  /**
   * Gives the equations of a model as `text`, one line each, and the cost of evaluating them as
   * `explanation`.
   */
  explainModel(spec: unknown): { text: string; explanation: string };
  /** Makes the data and the truth of a twin experiment. */
  twinExperiment(
    spec: unknown,
    options: unknown,
  ): {
    data: Grid & {
      values: Float64Array;
      inputs: Float64Array;
      interpolation: Interpolation[];
      jumps: Jump[];
    };
    truth: Float64Array;
    future: Float64Array;
    parameters: Record<string, number>;
  };
  /** Integrates a model forward: points x dimension, row-major. */
  integrate(spec: unknown, options: unknown): Float64Array;
  /** Computes the largest conditional Lyapunov exponent of a model. */
  conditionalLyapunov(spec: unknown, options: unknown): ConditionalLyapunov;
  /** Constructor of actions of paths. */
  Action: new (spec: unknown, data: readonly unknown[], options: unknown) => RawAction;
  /** Constructors of annealers, for paths and for networks. */
  Annealer: {
    new (spec: unknown, data: readonly unknown[], options: unknown): RawAnnealer;
    ofNetwork(spec: unknown, pairs: RawPairs, action: unknown, options: unknown): RawAnnealer;
  };
  /** Constructors of chains: at a climb of a run, or from a saved state. */
  Chain: {
    begin(
      annealer: RawAnnealer,
      climb: CoreClimb,
      modelPrecision: number,
      number: number,
      start: Float64Array | undefined,
      options: unknown,
    ): RawChain;
    resume(
      annealer: RawAnnealer,
      modelPrecision: number,
      state: unknown,
      options: unknown,
    ): RawChain;
  };
  /** Constructor of profiles of parameters. */
  ProfileSearch: {
    /** Begins a profile about a climb's end; undefined for networks. */
    of(
      annealer: RawAnnealer,
      climb: CoreClimb,
      parameter: string,
      options: unknown,
    ): RawProfileSearch | undefined;
  };
  /** R_f at which the posterior about a climb's end is looked at if none is given. */
  defaultModelPrecision(annealer: RawAnnealer, climb: CoreClimb): number;
  /** Checks the options of the sampling and gives their complete form. */
  checkSampling(annealer: RawAnnealer, modelPrecision: number, options: unknown): RawSampling;
  /** Summarises draws, which are chains x draws x quantities, row-major. */
  summarizeDraws(
    names: string[],
    values: Float64Array,
    chains: number,
  ): { rows: SummaryRow[]; table: string };
  /**
   * Judges draws, which are chains x draws x quantities, row-major, with the statistics of the
   * chains.
   */
  diagnoseDraws(
    names: string[],
    values: Float64Array,
    chains: number,
    statistics: unknown,
    divergent: Float64Array,
    known: number,
    options: unknown,
  ): { findings: SamplingFinding[]; verdict: SamplingVerdict };
  /** Gives a quantile of each column of an ensemble, which is members x size, row-major. */
  ensembleQuantile(values: Float64Array, members: number, probability: number): Float64Array;
  /** Scores an ensemble, which is members x size, row-major, against the truth. */
  ensembleScores(
    values: Float64Array,
    members: number,
    truth: Float64Array,
    bins: number,
    shares: Float64Array,
  ): RawScores;
  /** Constructor of the uncertainty of a run. */
  Uncertainty: {
    /** Makes the uncertainty of the minima of a run; undefined for networks. */
    of(
      annealer: RawAnnealer,
      climbs: readonly CoreClimb[],
      options: unknown,
    ): RawUncertainty | undefined;
    /**
     * Combinations of parameters about the lowest minimum of a run, whether or not some are
     * entirely free; undefined for networks.
     */
    identifiabilityOf(
      annealer: RawAnnealer,
      climbs: readonly CoreClimb[],
      options: unknown,
    ): Identifiability | undefined;
  };
  /** Describes the network of a specification. */
  describeNetwork(spec: unknown): NetworkDescription;
  /** Draws all weights of a network at random. */
  randomWeights(spec: unknown, options: unknown): Float64Array;
  /** Computes the activations of all layers, one after the other. */
  networkActivations(
    spec: unknown,
    weights: Float64Array,
    inputs: Float64Array,
    forcing: RawPairs["forcing"],
  ): Float64Array;
  /** Follows an orbit through the layers of a network. */
  followLayers(
    spec: unknown,
    weights: Float64Array,
    x0: Float64Array,
    p0: Float64Array,
    forcing: RawPairs["forcing"],
    options: unknown,
  ): RawLayerOrbit;
  /** Compares predictions with fresh pairs. */
  predictionError(
    spec: unknown,
    weights: Float64Array,
    fresh: RawPairs,
    trained: RawPairs,
  ): PredictionError;
  /** Makes the pairs and the truth of a twin experiment of a network. */
  networkTwin(
    spec: unknown,
    weights: Float64Array,
    options: unknown,
  ): { pairs: MadePairs; fresh: MadePairs; truth: Float64Array };
  /** Constructors of mechanics, by their source. */
  Mechanics: {
    ofAction(spec: unknown, data: readonly unknown[], options: unknown): RawMechanics;
    ofSystem(system: unknown, values: unknown): RawMechanics;
    ofLagrangian(definition: unknown, values: unknown): RawMechanics;
    ofHamiltonian(definition: unknown, values: unknown): RawMechanics;
  };
  /** Constructor of networks of continuous depth, and their widths. */
  ContinuousNetwork: {
    new (options: unknown, inputs: Float64Array, outputs: Float64Array): RawContinuousNetwork;
    widths(options: unknown): NetworkWidths;
  };
  /** Constructor of solvers of boundary-value problems. */
  BoundarySolver: new (
    mechanics: RawMechanics,
    initialPath: Float64Array,
    initialMomentum: Float64Array | undefined,
    options: unknown,
  ) => RawBoundarySolver;
  /** Groups actions into levels; NaN belongs to none. */
  actionLevels(actions: Float64Array): Level[];
  /** Constructor of actions of networks. */
  NetworkAction: new (spec: unknown, pairs: RawPairs, options: unknown) => RawNetworkAction;
  /** Constructor of plain trainings of networks. */
  Trainer: new (spec: unknown, pairs: RawPairs, action: unknown, options: unknown) => RawTrainer;
  /** Gives the message of the last panic, once. */
  takePanicMessage(): string | undefined;
  /** Panics, for tests. */
  __panic(message: string): void;
}

/** Makes a new instance of the module. Instances share nothing. */
export function instantiate(module: WebAssembly.Module): Raw {
  const glue = createGlue();
  glue.initSync({ module });
  return glue as unknown as Raw;
}
