// The named systems: models that are built in.
import { call } from "./instance.js";
import { DescribedModel, type Model } from "./model/model.js";
import type { ModelParameters, ModelSpec } from "./raw.js";
import { plain } from "./shape.js";

export { type Model, specOf } from "./model/model.js";

/** Makes the model of a named system, which Rust describes. */
function model<P extends string, S extends string, I extends string = never>(
  given: ModelSpec,
): Model<P, S, I, never> {
  const spec = plain("options", given) as ModelSpec;
  const description = call((raw) => raw.describeModel(spec));
  return new DescribedModel(spec, description) as Model as Model<P, S, I, never>;
}

/**
 * Makes Lorenz's model of convection with three variables (1963): states `x`, `y`, `z`; parameters
 * `sigma` (10), `rho` (28), `beta` (8/3), which are dimensionless.
 *
 * @example
 * const model = lorenz63();
 */
export function lorenz63(): Model<ModelParameters["lorenz63"], "x" | "y" | "z", never, never> {
  return model({ name: "lorenz63" });
}

/**
 * Makes Lorenz's ring of sites (1995): states `x0`, `x1` and so on; parameter `forcing` (8.17).
 *
 * @param options `dimension`: number of sites, at least 4.
 *
 * @example
 * const model = lorenz96({ dimension: 11 });
 */
export function lorenz96(options: {
  dimension: number;
}): Model<ModelParameters["lorenz96"], `x${number}`, never, never> {
  return model({ ...options, name: "lorenz96" });
}

/**
 * Makes the model of prey and predator (Lotka 1925, Volterra 1926): states `prey`, `predator`;
 * parameters `alpha` (0.55, growth of the prey), `beta` (0.028, loss of prey per predator), `gamma`
 * (0.8, decline of the predators), `delta` (0.024, growth of predators per prey).
 *
 * @example
 * const model = lotkaVolterra();
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
 * Makes the model of prey and predator (Lotka 1925, Volterra 1926) in logarithms, where populations
 * stay positive and errors are relative: states `logPrey`, `logPredator`; parameters as in {@link
 * lotkaVolterra}.
 *
 * @example
 * const model = logLotkaVolterra();
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
 * Makes the model of a neuron with sodium, potassium and leak currents (after Hodgkin and Huxley
 * 1952), with time in ms: states `V` (mV) and the gates `m`, `h`, `n`; input `I`, the stimulus
 * current; 18 parameters: `gNa` (120), `ENa` (50), `gK` (20), `EK` (-77), `gL` (0.3), `EL` (-54),
 * and for each gate half activation, width and two times, `Vm`, `dVm`, `t1m`, `t2m` and so on.
 *
 * @example
 * const model = naklNeuron();
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
 * Makes the model of the Colpitts oscillator, an electronic circuit that can be chaotic, in
 * dimensionless form: states `x1`, `x2`, `x3`; parameters `alpha` (5), `gamma` (0.0797), `q`
 * (0.6898), `eta` (6.2723).
 *
 * @example
 * const model = colpitts();
 */
export function colpitts(): Model<ModelParameters["colpitts"], "x1" | "x2" | "x3", never, never> {
  return model({ name: "colpitts" });
}

/**
 * Makes the model of the plane pendulum with friction: states `angle` (radians, not wrapped),
 * `velocity`; parameters `gravity` (9.81, divided by the length), `damping` (0.1).
 *
 * @example
 * const model = pendulum();
 */
export function pendulum(): Model<ModelParameters["pendulum"], "angle" | "velocity", never, never> {
  return model({ name: "pendulum" });
}

/**
 * Makes the model of motion down the slope of a potential with two wells: state `x`, `dx/dt = slope
 * x - cubic x^3`; parameters `slope` (4), `cubic` (4).
 *
 * @example
 * const model = doubleWell();
 */
export function doubleWell(): Model<ModelParameters["doubleWell"], "x", never, never> {
  return model({ name: "doubleWell" });
}
