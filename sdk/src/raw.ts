// The only file that imports generated code: instances of the WebAssembly module, and types for
// what they take and give.
import { createGlue } from "../generated/glue.js";
import type {
  BoundaryProgress,
  BoundaryStatus,
  ChainState,
  ConditionalLyapunov,
  ContinuationRung,
  Drop,
  ErrorFacts,
  FailedMember,
  Finding,
  Flatness,
  GradientCheck,
  Identifiability,
  LaplaceFinding,
  Level,
  ModelDefinition,
  ModelKind,
  Parameter,
  PredictionError,
  Rung,
  SamplingFinding,
  SamplingVerdict,
  Stationary,
  Stopped,
  StopReason,
  SummaryRow,
  Verdict,
} from "../generated/types.js";
import type { NetworkWidths, RawContinuousNetwork, RawMechanics } from "./mechanics/raw.js";

// The public face gives these names to forms of its own.
export type {
  ActionOptions as CoreActionOptions,
  AnnealOptions as CoreAnnealOptions,
  BoundaryOptions as CoreBoundaryOptions,
  ConditionalLyapunovOptions as CoreConditionalLyapunovOptions,
  ContinuousNetworkOptions as CoreContinuousNetworkOptions,
  ErrorFacts as CoreFacts,
  Layer as CoreLayer,
  LyapunovExponents as CoreLyapunovExponents,
  LyapunovOptions as CoreLyapunovOptions,
  ModelDefinition as CoreModelDefinition,
  NetworkAnnealOptions as CoreNetworkAnnealOptions,
  NetworkTwin as CoreNetworkTwin,
  ParameterDefinition as CoreParameterDefinition,
  SamplingOptions as CoreSamplingOptions,
  StateDefinition as CoreStateDefinition,
  TrainOptions as CoreTrainOptions,
  TwinExperiment as CoreTwinExperiment,
  UncertaintyOptions as CoreUncertaintyOptions,
} from "../generated/types.js";
export type * from "../generated/types.js";

/** Observations without their values, which cross as a Float64Array. */
export interface Grid {
  start: number;
  timeStep: number;
  points: number;
  observed: number[];
}

/** What one starting path has come to. */
export interface Climb {
  start: number;
  rungs: Rung[];
  /** Of the estimated parameters, in the model's order; of a network all weights. */
  parameters: Float64Array;
  failure: ErrorFacts | null;
  /** Why it was not climbed to the end, if it was beaten. */
  stopped: Stopped | null;
  /** points x dimension, row-major; of a network the activations, layer by layer. */
  path: Float64Array;
}

export interface RawClimber {
  /** Undefined at the end, and once the first number of `cancel` is not zero. */
  nextRung(cancel?: Int32Array): Rung | undefined;
  climb(): Climb;
  free(): void;
}

export interface RawAnnealer {
  estimated(): string[];
  /** Parameters that change in time: the last columns of paths. */
  varying(): string[];
  starts(): number;
  /** Undefined where rungs are found on the way. */
  rungs(): number | undefined;
  /** What is to be done after these climbs, whose paths are not needed. */
  state(climbs: Climb[]): { enough: number | null; over: number[]; reprieved: number[] };
  climber(start: number): RawClimber;
  resume(climb: Climb): RawClimber;
  finish(climbs: Climb[]): {
    levels: Level[];
    gap: number | null;
    expectedLevel: number;
    drops: Drop[];
    findings: Finding[];
    verdict: Verdict;
    best: number;
    /** R_f at each rung. */
    modelPrecision: Float64Array;
    summary: string;
    diagnosis: string;
  };
  predict(climb: Climb, horizon: unknown): { times: Float64Array; path: Float64Array };
  /** `draws` are count x unknowns; `values` members x times x dimension. */
  predictEnsemble(
    draws: Float64Array,
    count: number,
    horizon: unknown,
    noise: unknown,
  ): {
    times: Float64Array;
    members: number;
    dimension: number;
    values: Float64Array;
    failed: FailedMember[];
  };
  free(): void;
}

/**
 * One minimum as it crosses; `mode` and `deviations` are the path and then the estimated
 * parameters.
 */
export interface RawLevelUncertainty {
  start: number;
  weight: number;
  mode: Float64Array;
  deviations: Float64Array;
  parameterCovariance: Float64Array;
  value: number;
  logDeterminant: number;
  logEvidence: number;
  decrease: number;
}

export interface RawUncertainty {
  describe(): {
    modelPrecision: number;
    means: Float64Array;
    deviations: Float64Array;
    levels: RawLevelUncertainty[];
  };
  quantiles(probability: number): Float64Array;
  stateCovariances(): Float64Array;
  meanShift(): Float64Array;
  identifiability(): Identifiability;
  findings(): LaplaceFinding[];
  summary(): string;
  draws(
    count: number,
    seed: number,
    level: number | undefined,
  ): { values: Float64Array; levels: Int32Array; moved: number };
  expected(
    quantity: (unknowns: Float64Array) => number,
    corrected: boolean,
    pairs: number,
    seed: number,
  ): { value: number; error: number };
  free(): void;
}

/** How an ensemble compares with what happened. */
export interface RawScores {
  /**
   * Continuous ranked probability score, the mean over all values: in their unit, lower is better.
   */
  crps: number;
  /** The same without what is due to the number of members. */
  fairCrps: number;
  /** The share of values that lay within the band of each share. */
  coverage: Float64Array;
  /** Where values ranked among the members: flat, if they could be one of them. */
  rankHistogram: Float64Array;
  /** Whether it is flat; null where too few values are known. */
  flatness: Flatness | null;
}

/** All options of a sampling, those that were not given by their defaults. */
export interface RawSampling {
  chains: number;
  draws: number;
  warmup: number;
  annealing: { rungs: number; transitions: number } | null;
}

export interface RawChain {
  /**
   * Writes where a transition led, and its figures; 0 if there is none left, 1 of the annealing, 2
   * of the warm-up, 3 of a draw.
   */
  advance(position: Float64Array, figures: Float64Array): number;
  /** Of the last transition. */
  divergence(): { position: number[]; energyError: number; cause: ErrorFacts | null } | null;
  unknowns(): number;
  /** Of all phases. */
  transitions(): number;
  /** R_f of the next transition. */
  modelPrecision(): number;
  state(): ChainState;
  free(): void;
}

export interface RawAction {
  estimated(): string[];
  /** R_f, then the estimated parameters, from `{ modelPrecision, parameters }`. */
  point(at: unknown): Float64Array;
  /** Writes the action and its parts to `result`. */
  evaluate(path: Float64Array, point: Float64Array, result: Float64Array): void;
  /**
   * The same, then the gradient in the estimated parameters; that in the path goes to `gradient`.
   */
  checkGradient(
    path: Float64Array,
    point: Float64Array,
    sample: number | undefined,
  ): GradientCheck & { text: string };
  gradient(
    path: Float64Array,
    point: Float64Array,
    gradient: Float64Array,
    result: Float64Array,
  ): void;
  free(): void;
}

export interface RawNetworkAction {
  /** How many activations and weights there are. */
  unknowns(): number;
  /** Writes the action and its parts to `result`. */
  evaluate(modelPrecision: number, unknowns: Float64Array, result: Float64Array): void;
  /** The same with the gradient. */
  gradient(
    modelPrecision: number,
    unknowns: Float64Array,
    gradient: Float64Array,
    result: Float64Array,
  ): void;
  free(): void;
}

export interface RawTrainer {
  /** Goes on for at most so many iterations; "interrupted" where there is more to do. */
  advance(iterations: number): {
    loss: number;
    stop: StopReason;
    iterations: number;
    evaluations: number;
  };
  weights(): Float64Array;
  free(): void;
}

/** Pairs as they cross. */
export interface RawPairs {
  head: unknown;
  inputs: Float64Array | undefined;
  outputs: Float64Array | undefined;
  measurements: readonly { layer: unknown; values: Float64Array }[];
  forcing: readonly { layer: unknown; values: Float64Array }[];
}

/** The solution of a boundary-value problem as it crosses. */
export interface RawBoundarySolution {
  /**
   * `"converged"` if it is a stationary path of the problem in continuous time, to `meshTolerance`.
   */
  status: BoundaryStatus;
  /** One per point. */
  times: Float64Array;
  /** x: points x coordinates, row-major. */
  path: Float64Array;
  /**
   * p, of the same form: before the impulse, at points that have one, so that at a free first end
   * it is 0. An orbit from the first state and momentum on is this path, if its mesh was not
   * refined.
   */
  momentum: Float64Array;
  /** What impulses add to p, of the same form; empty where there are none. */
  jumps: Float64Array;
  /**
   * H at each point, before the impulse: from after one impulse to before the next it is constant,
   * where H does not depend on time.
   */
  energy: Float64Array;
  /** Times of the mesh on which the path was found. */
  mesh: Float64Array;
  /**
   * The discrete action of the steps, which tends to the integral of L, and what impulses cost. Of
   * a path that is no solution it may be below the minimum.
   */
  action: number;
  /**
   * By how much the canonical equations of the steps are missed, at most, relative to the largest
   * state and momentum.
   */
  residual: number;
  /** By how much the conditions at the ends are missed, at most, relative to the same. */
  boundaryError: number;
  /** The largest error of one step, relative to the same. */
  meshError: number;
  iterations: number;
  /** Of the matrix of the whole problem. */
  factorizations: number;
  /** Of the integrator. */
  steps: number;
  /** Rungs of the climb in R_f; empty without one. */
  continuation: ContinuationRung[];
  failure: { message: string; facts: ErrorFacts } | null;
  /**
   * What the path is by its second variation; null, as the three that follow, where that was not
   * asked for, the path is no solution, or L does not exist: where an R_f is infinite.
   */
  kind: Stationary | null;
  /** The Morse index: in how many directions the action falls. */
  negativeDirections: number | null;
  /**
   * Times of points conjugate to the first end (focal points, where that end is free), one per
   * multiplicity.
   */
  conjugatePoints: Float64Array | null;
  /**
   * Of each state, points x coordinates x coordinates, where the action is a negative log
   * posterior, the path a minimum, and the covariance was asked for.
   */
  covariance: Float64Array | null;
}

export interface RawBoundarySolver {
  /** One iteration; false once there is nothing left to do. */
  advance(): boolean;
  progress(): BoundaryProgress;
  /** To be called once. */
  finish(): RawBoundarySolution;
  free(): void;
}

/** Where the weights of one layer lie among all: from, to. */
export interface Places {
  outputs: number;
  inputs: number;
  forcing: number;
  matrix: [number, number];
  forcingMatrix: [number, number];
  biases: [number, number];
  parameters: [number, number];
  /** Biases that are known. */
  fixed: number[] | null;
  /** Of a model's parameters. */
  names: string[];
}

/** What Rust says of a network. */
export interface NetworkDescription {
  widths: number[];
  weightCount: number;
  /** Known numbers that come in from outside, at each layer after the inputs. */
  forcing: number[];
  places: Places[];
  text: string;
}

/** An orbit through layers as it crosses: those that were reached, one after the other. */
export interface RawLayerOrbit {
  activations: Float64Array;
  momenta: Float64Array;
  modelError: number;
  tangent: Float64Array | null;
  symplecticDefect: number | null;
  failure: { message: string; facts: ErrorFacts } | null;
}

/** What Rust says of a model. */
export interface ModelDescription {
  name: string;
  kind: ModelKind;
  dimension: number;
  states: string[];
  /** Null where there is none. */
  units: (string | null)[];
  parameters: Parameter[];
  inputs: string[];
  /** Names of the functions of the state that can be measured. */
  observables: string[];
  definition: ModelDefinition;
}

/** Pairs that Rust has made. */
export interface MadePairs {
  count: number;
  inputs: Float64Array;
  outputs: Float64Array;
  forcing: { layer: number; values: Float64Array }[];
}

// What options are is decided in Rust, so they cross unchecked: unknown here.
export interface Raw {
  describeModel(spec: unknown): ModelDescription;
  /** `text`: the equations, one line each; `explanation`: what computing them takes. */
  explainModel(spec: unknown): { text: string; explanation: string };
  twinExperiment(
    spec: unknown,
    options: unknown,
  ): {
    data: Grid & { values: Float64Array; inputs: Float64Array };
    truth: Float64Array;
    future: Float64Array;
    parameters: Record<string, number>;
  };
  integrate(spec: unknown, options: unknown): Float64Array;
  conditionalLyapunov(spec: unknown, options: unknown): ConditionalLyapunov;
  Action: new (spec: unknown, data: readonly unknown[], options: unknown) => RawAction;
  Annealer: {
    new (spec: unknown, data: readonly unknown[], options: unknown): RawAnnealer;
    ofNetwork(spec: unknown, pairs: RawPairs, action: unknown, options: unknown): RawAnnealer;
  };
  Chain: {
    begin(
      annealer: RawAnnealer,
      climb: Climb,
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
  checkSampling(annealer: RawAnnealer, modelPrecision: number, options: unknown): RawSampling;
  /** Of chains x draws x quantities. */
  summarizeDraws(
    names: string[],
    values: Float64Array,
    chains: number,
  ): { rows: SummaryRow[]; table: string };
  diagnoseDraws(
    names: string[],
    values: Float64Array,
    chains: number,
    statistics: unknown,
    divergent: Float64Array,
    known: number,
    options: unknown,
  ): { findings: SamplingFinding[]; verdict: SamplingVerdict };
  /** Of each column of members x size. */
  ensembleQuantile(values: Float64Array, members: number, probability: number): Float64Array;
  ensembleScores(
    values: Float64Array,
    members: number,
    truth: Float64Array,
    bins: number,
    shares: Float64Array,
  ): RawScores;
  Uncertainty: {
    /** Undefined for networks. */
    of(
      annealer: RawAnnealer,
      climbs: readonly Climb[],
      options: unknown,
    ): RawUncertainty | undefined;
  };
  describeNetwork(spec: unknown): NetworkDescription;
  randomWeights(spec: unknown, options: unknown): Float64Array;
  /** Of all layers, one after the other. */
  networkActivations(
    spec: unknown,
    weights: Float64Array,
    inputs: Float64Array,
    forcing: RawPairs["forcing"],
  ): Float64Array;
  followLayers(
    spec: unknown,
    weights: Float64Array,
    x0: Float64Array,
    p0: Float64Array,
    forcing: RawPairs["forcing"],
    options: unknown,
  ): RawLayerOrbit;
  predictionError(
    spec: unknown,
    weights: Float64Array,
    fresh: RawPairs,
    trained: RawPairs,
  ): PredictionError;
  networkTwin(
    spec: unknown,
    weights: Float64Array,
    options: unknown,
  ): { pairs: MadePairs; fresh: MadePairs; truth: Float64Array };
  Mechanics: {
    ofAction(spec: unknown, data: readonly unknown[], options: unknown): RawMechanics;
    ofSystem(system: unknown, values: unknown): RawMechanics;
    ofLagrangian(definition: unknown, values: unknown): RawMechanics;
    ofHamiltonian(definition: unknown, values: unknown): RawMechanics;
  };
  ContinuousNetwork: {
    new (options: unknown, inputs: Float64Array, outputs: Float64Array): RawContinuousNetwork;
    widths(options: unknown): NetworkWidths;
  };
  BoundarySolver: new (
    mechanics: RawMechanics,
    initialPath: Float64Array,
    initialMomentum: Float64Array | undefined,
    options: unknown,
  ) => RawBoundarySolver;
  actionLevels(actions: Float64Array): Level[];
  NetworkAction: new (spec: unknown, pairs: RawPairs, options: unknown) => RawNetworkAction;
  Trainer: new (spec: unknown, pairs: RawPairs, action: unknown, options: unknown) => RawTrainer;
  takePanicMessage(): string | undefined;
  __panic(message: string): void;
}

/** A fresh instance: instances share nothing. */
export function instantiate(module: WebAssembly.Module): Raw {
  const glue = createGlue();
  glue.initSync({ module });
  return glue as unknown as Raw;
}
