// The named systems.
import { call } from "./instance.js";
import { DescribedModel, type Model } from "./model/model.js";
import type { ModelParameters, ModelSpec } from "./raw.js";
import { plain } from "./shape.js";

export { type Model, specOf } from "./model/model.js";

/** Whatever a system is named by: Rust knows the rest. */
function model<P extends string, S extends string, I extends string = never>(
  given: ModelSpec,
): Model<P, S, I, never> {
  const spec = plain("options", given) as ModelSpec;
  const description = call((raw) => raw.describeModel(spec));
  return new DescribedModel(spec, description) as Model as Model<P, S, I, never>;
}

/**
 * Lorenz's three-variable convection model (1963): states `x`, `y`, `z`; parameters `sigma` (10),
 * `rho` (28), `beta` (8/3).
 */
export function lorenz63(): Model<ModelParameters["lorenz63"], "x" | "y" | "z", never, never> {
  return model({ name: "lorenz63" });
}

/**
 * Lorenz's ring of `dimension` sites (1995), at least 4: states `x0`, `x1`, ...; parameter
 * `forcing` (8.17).
 */
export function lorenz96(options: {
  dimension: number;
}): Model<ModelParameters["lorenz96"], `x${number}`, never, never> {
  return model({ ...options, name: "lorenz96" });
}

/**
 * Prey and predator (Lotka 1925, Volterra 1926): states `prey`, `predator`; parameters `alpha`
 * (growth of the prey), `beta` (loss of prey per predator), `gamma` (decline of the predators),
 * `delta` (growth of predators per prey).
 */
export function lotkaVolterra(): Model<
  ModelParameters["lotkaVolterra"],
  "prey" | "predator",
  never,
  never
> {
  return model({ name: "lotkaVolterra" });
}

/**
 * The same in logarithms, where populations stay positive and errors are relative: states
 * `logPrey`, `logPredator`.
 */
export function logLotkaVolterra(): Model<
  ModelParameters["logLotkaVolterra"],
  "logPrey" | "logPredator",
  never,
  never
> {
  return model({ name: "logLotkaVolterra" });
}

/**
 * A neuron with sodium, potassium and leak currents (after Hodgkin and Huxley 1952), time in ms:
 * states `V` (mV) and the gates `m`, `h`, `n`; input `I`, the stimulus; 18 parameters: `gNa` (120),
 * `ENa` (50), `gK` (20), `EK` (-77), `gL` (0.3), `EL` (-54), and for each gate half activation,
 * width and two times, `Vm`, `dVm`, `t1m`, `t2m` and so on.
 */
export function naklNeuron(): Model<
  ModelParameters["naklNeuron"],
  "V" | "m" | "h" | "n",
  "I",
  never
> {
  return model({ name: "naklNeuron" });
}

/**
 * The Colpitts oscillator, an electronic circuit that can be chaotic, in dimensionless form: states
 * `x1`, `x2`, `x3`; parameters `alpha` (5), `gamma` (0.0797), `q` (0.6898), `eta` (6.2723).
 */
export function colpitts(): Model<ModelParameters["colpitts"], "x1" | "x2" | "x3", never, never> {
  return model({ name: "colpitts" });
}

/**
 * The plane pendulum with friction: states `angle` (radians, not wrapped), `velocity`; parameters
 * `gravity` (9.81, over the length), `damping` (0.1).
 */
export function pendulum(): Model<ModelParameters["pendulum"], "angle" | "velocity", never, never> {
  return model({ name: "pendulum" });
}

/**
 * Motion down the slope of a potential with two wells: state `x`, `dx/dt = slope x - cubic x^3`;
 * parameters `slope` (4), `cubic` (4).
 */
export function doubleWell(): Model<ModelParameters["doubleWell"], "x", never, never> {
  return model({ name: "doubleWell" });
}
