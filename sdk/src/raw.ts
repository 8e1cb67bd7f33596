// Instances of the WebAssembly module, and types for what they take and give. Only this file and
// those of the same name in the rooms import generated code.
import { createGlue } from "../generated/glue.js";
import type {
  ConditionalLyapunov,
  GradientCheck,
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
import type { RawChain, RawSampling, RawScores, RawUncertainty } from "./statistics/raw.js";

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
      climbs: readonly CoreClimb[],
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
