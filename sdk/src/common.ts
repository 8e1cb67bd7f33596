// Exports that all entries have in common: everything but `init` and the functions that use
// workers. Files are exported whole where all that they export is public. Classes
// that only the SDK makes are listed as types.
export {
  action,
  type Action,
  type ActionGradient,
  type ActionOptions,
  type ActionPoint,
  type GradientPoint,
  type GradientReport,
} from "./action.js";
export type { Noise, NoiseOfChannel } from "./anneal/noise.js";
export type { AnnealOptions, ResumableRun } from "./anneal/options.js";
export type { Progress, Watching } from "./anneal/watch.js";
export type { Climbed, Reached, Results, RungTable } from "./anneal/results.js";
export type { Best, Climb, Prediction, RefinedGrid, Run } from "./anneal/run.js";
export * from "./csv.js";
export { type ErrorCode, type ErrorFacts, LeastActionError, type SdkFacts } from "./errors.js";
export type {
  ActionLevels,
  ActionLevelsOptions,
  BoundaryValueOptions,
  BoundaryValueSolution,
} from "./mechanics/boundary.js";
export {
  type ContinuousNetwork,
  continuousNetwork,
  type ContinuousNetworkOptions,
  type InitialPathOptions,
} from "./mechanics/continuous-network.js";
export * from "./mechanics/define.js";
export type {
  LyapunovOptions,
  Mechanics,
  Orbit,
  OrbitOptions,
  OrbitStart,
} from "./mechanics/mechanics.js";
export type { LyapunovExponents } from "./mechanics/raw.js";
export {
  colpitts,
  doubleWell,
  logLotkaVolterra,
  lorenz63,
  lorenz96,
  lotkaVolterra,
  naklNeuron,
  pendulum,
} from "./models.js";
export type { EventColumns, EventRow, EventTables } from "./events.js";
export {
  type Infusion,
  infusions,
  type InputInterpolation,
  type TimedInput,
} from "./input-curves.js";
export type { Inputs, InputSeries } from "./inputs.js";
export type { EventOccurrence, Interpolation, Jump } from "./raw.js";
export * from "./model/define.js";
export type {
  EventDefinition,
  ModelDefinition,
  ParameterDefinition,
  StateDefinition,
} from "./model/definition.js";
export type { EventOptions, StateChange } from "./model/events.js";
export { type Condition, expr, type Expression, type Operand } from "./model/expression.js";
export {
  abs,
  acos,
  asin,
  atan,
  atan2,
  cos,
  cosh,
  equalTo,
  exp,
  floor,
  type Functions,
  greaterOrEqual,
  greaterThan,
  ifElse,
  lessOrEqual,
  lessThan,
  lgamma,
  log,
  log10,
  max,
  min,
  sign,
  sin,
  sinh,
  sqrt,
  tan,
  tanh,
} from "./model/functions.js";
export type { Model } from "./model/model.js";
export type {
  ComponentNames,
  Equations,
  FormulaOf,
  InitialState,
  Observables,
  ParameterDeclaration,
  ParameterDeclarations,
  Scope,
  StateDeclaration,
  StateDeclarations,
  Where,
} from "./model/types.js";
export { vector, type Vector, type VectorExpression, type VectorOptions } from "./model/vector.js";
export type { NetworkAction, NetworkActionOptions, NetworkPoint } from "./network/action.js";
export type { NetworkAnnealOptions, ResumableNetworkRun } from "./network/anneal.js";
export * from "./network/define.js";
export type { Candidate, Design, DesignOptions, DesignRow } from "./network/design.js";
export type { Network } from "./network/network.js";
export type { LayerWeights, Weights } from "./network/weights.js";
export type { LayerOrbit, LayerOrbitOptions } from "./network/orbit.js";
export {
  type CompletePairs,
  type LayerRows,
  oneHot,
  type Pairs,
  type Rows,
} from "./network/pairs.js";
export type { BestNetwork, Found, NetworkClimb, NetworkRun } from "./network/run.js";
export {
  train,
  type TrainedNetwork,
  type TrainOptions,
  type TrainProgress,
} from "./network/train.js";
export * from "./network/twin.js";
export * from "./npy.js";
export type { Dates, TimeUnit } from "./dates.js";
export {
  observations,
  type MeasuredSeries,
  type Measurements,
  type Observations,
} from "./observations.js";
export type { CoreFacts } from "./raw.js";
export type * from "../generated/public-types.js";
export type {
  Band,
  Estimated,
  Expectation,
  GaussianDraws,
  LevelUncertainty,
  Uncertainty,
  UncertaintyOptions,
} from "./statistics/uncertainty.js";
export * from "./statistics/arviz.js";
export type { ChainDivergence, ChainStep, Figure } from "./statistics/chains.js";
export type { EnsembleForecast, EnsembleOptions, EnsembleScore } from "./statistics/forecast.js";
export type {
  MeasurementBand,
  MeasurementEnsemble,
  MeasurementOptions,
} from "./statistics/measured.js";
export type {
  GaussianNoise,
  NoiseOfPosterior,
  SampledNoise,
} from "./statistics/noise-posterior.js";
export type { Profile, ProfileOptions, ProfileProgress } from "./statistics/profile.js";
export type {
  SampledChain,
  SampledDivergence,
  SampledExpectation,
  SampledPosterior,
} from "./statistics/posterior.js";
export type { SamplingOptions, SamplingProgress } from "./statistics/sample.js";
export * from "./statistics/conditional-lyapunov.js";
export type { TwinOutcome } from "./statistics/judge-twin.js";
export type * from "./statistics/observability-options.js";
export type { Observability } from "./statistics/observability-result.js";
export type { ObservedSet } from "./statistics/observed-set.js";
export {
  integrate,
  twinExperiment,
  type IntegrateOptions,
  type Twin,
  type TwinOptions,
} from "./twin.js";
