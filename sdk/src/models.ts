// The named systems.
import { call } from "./instance.js";
import type { Model } from "./model/model.js";
import type { ModelParameters, ModelSpec } from "./raw.js";
import { plain } from "./shape.js";

export { type Model, specOf } from "./model/model.js";

/** Whatever a system is named by: Rust knows the rest. */
function model<P extends string, S extends string = string, I extends string = never>(
  given: ModelSpec,
): Model<P, S, I> {
  const spec = plain("options", given) as ModelSpec;
  const explained = () => call((raw) => raw.explainModel(spec));
  return {
    spec,
    ...call((raw) => raw.describeModel(spec)),
    toString: () => explained().text,
    explain: () => explained().explanation,
  } as unknown as Model<P, S, I>;
}

/**
 * Lorenz's three-variable convection model (1963): states `x`, `y`, `z`; parameters `sigma` (10), `rho` (28), `beta` (8/3).
 */
export function lorenz63(): Model<ModelParameters["lorenz63"], "x" | "y" | "z", never> {
  return model({ name: "lorenz63" });
}

/**
 * Lorenz's ring of `dimension` sites (1995), at least 4: states `x0`, `x1`, ...; parameter `forcing` (8.17).
 */
export function lorenz96(options: { dimension: number }): Model<ModelParameters["lorenz96"], `x${number}`, never> {
  return model({ ...options, name: "lorenz96" });
}

/**
 * Prey and predator (Lotka 1925, Volterra 1926): states `prey`, `predator`; parameters `alpha` (growth of the prey), `beta` (loss of prey per
 * predator), `gamma` (decline of the predators), `delta` (growth of predators per prey).
 */
export function lotkaVolterra(): Model<ModelParameters["lotkaVolterra"], "prey" | "predator", never> {
  return model({ name: "lotkaVolterra" });
}

/** The same in logarithms, where populations stay positive and errors are relative: states `logPrey`, `logPredator`. */
export function logLotkaVolterra(): Model<ModelParameters["logLotkaVolterra"], "logPrey" | "logPredator", never> {
  return model({ name: "logLotkaVolterra" });
}
