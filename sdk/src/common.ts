// What all entries have in common: everything but init and anneal.
export {
  action,
  type Action,
  type ActionGradient,
  type ActionOptions,
  type ActionPoint,
  type GradientPoint,
} from "./action.js";
export type { AnnealOptions, Progress, ResumableRun } from "./anneal/options.js";
export type { Best, Levels, Prediction, Run, Start } from "./anneal/run.js";
export { readCsv, type CsvOptions, type CsvTable } from "./csv.js";
export { type ErrorCode, type ErrorFacts, LeastActionError, type SdkFacts } from "./errors.js";
export { logLotkaVolterra, lorenz63, lorenz96, lotkaVolterra, type Model } from "./models.js";
export { readNpy, type NpyArray } from "./npy.js";
export { observations, type Measurements, type Observations } from "./observations.js";
export type {
  ActionValue,
  ConjugateGradient,
  CoreFacts,
  Discretization,
  Drop,
  Estimate,
  Finding,
  FindingCode,
  Hessian,
  Ladder,
  Lbfgs,
  Level,
  MinimizerOptions,
  ModelKind,
  ModelParameters,
  ModelSpec,
  NewtonCg,
  Normalization,
  ObservedStart,
  Parameter,
  Precision,
  Prior,
  Rung,
  Severity,
  StartingPaths,
  StopReason,
  Structured,
  TrustRegion,
  Verdict,
} from "./raw.js";
export { integrate, twinExperiment, type IntegrateOptions, type Twin, type TwinOptions } from "./twin.js";
