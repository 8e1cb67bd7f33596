/** A twin: what is true, what is drawn from it, and what the library is told. */
import type { Random } from "../random.js";
import { ratesOf, replaced } from "./equations.js";
import { integrate } from "./integrator.js";
import type { TwinModel } from "./models.js";

/** Estimate of a parameter as the library is told. */
export interface Told {
  initial: readonly [number, number];
  bounds?: readonly [number, number];
  prior?: { mean: number; deviation: number };
  smoothness?: number;
}

/** A stream of standardised errors of one channel. */
export type Errors = () => number;

/**
 * All that a situation can change. The fields above `truth` are what the library is told; times and
 * states are in the model's own units, whatever units the library sees.
 */
export interface Twin {
  states: readonly string[];
  equations: Record<string, string>;
  parameters: Record<string, number>;
  estimate: Record<string, Told>;
  observed: string[];
  /** Standard deviation of the noise of each observed state, as it is told. */
  deviations: number[];
  timeStep: number;
  points: number;
  /** Number of steps from one measurement to the next. */
  every: number;
  /** True if the library is told the first state. */
  isFirstKnown: boolean;
  /** Further options of `anneal`. */
  options: Record<string, unknown>;
  /** Units in which the library sees times and states; 1 for the model's own. */
  units: { time: number; states: number[] };
  truth: {
    equations: Record<string, string>;
    /** Parameters of these equations. Those that are estimated have here what is to be found. */
    parameters: Record<string, number>;
    first: number[];
    /** Times at which the equations jump. */
    jumps: number[];
    /** Standard deviation of noise of the states' own, per root of time. */
    process: readonly number[];
    /** A parameter that walks, and its standard deviation per root of time. */
    changing: { parameter: string; size: number } | null;
    /** Standard deviation of the noise of each observed state. */
    noise: number[];
    /** Standardised errors of the measurements: a stream for each channel. */
    errors: (random: Random) => Errors;
    /** Number of measurements that are off by `OUTLIER` deviations. */
    outliers: number;
    /** Shift of each observed state's measurements. */
    shift: number[];
  };
}

/** Size of an outlier, in deviations. */
export const OUTLIER = 10;

/** A twin in which all that is told is right. */
export function rightTwin(model: TwinModel, random: Random): Twin {
  const { states, equations, parameters, observed, timeStep, points } = model;
  const noise = observed.map((state) => model.noise[states.indexOf(state)] as number);
  const first = model.first.map((one) => one * (1 + 0.05 * random.normal()));
  return {
    states,
    equations: { ...equations },
    parameters: { ...parameters },
    estimate: Object.fromEntries(
      Object.entries(model.estimate).map(([name, initial]) => [name, { initial }]),
    ),
    observed: [...observed],
    deviations: [...noise],
    timeStep,
    points,
    every: 1,
    isFirstKnown: false,
    options: {},
    units: { time: 1, states: states.map(() => 1) },
    truth: {
      equations: { ...equations },
      parameters: { ...parameters },
      first,
      jumps: [],
      process: [],
      changing: null,
      noise: [...noise],
      errors: (from) => from.normal,
      outliers: 0,
      shift: observed.map(() => 0),
    },
  };
}

/** Times of the grid, in the model's own unit. */
export function timesOf({ timeStep, points }: Twin): Float64Array {
  return Float64Array.from({ length: points }, (_, n) => n * timeStep);
}

/** True path, points x states. Draws from `random` only where the truth has noise of its own. */
export function truePath(twin: Twin, random: Random): Float64Array {
  const { states, truth } = twin;
  const { first, jumps, process, changing } = truth;
  const parameters = { ...truth.parameters };
  const rates = ratesOf(states, truth.equations, parameters);
  const times = timesOf(twin);
  const width = states.length;
  const path = new Float64Array(times.length * width);
  let x: Float64Array = Float64Array.from(first);
  path.set(x);
  const root = Math.sqrt(twin.timeStep);
  let walked = changing === null ? 0 : (parameters[changing.parameter] as number);
  for (let n = 1; n < times.length; n++) {
    const [from, to] = [times[n - 1] as number, times[n] as number];
    if (changing !== null) {
      const next = walked + changing.size * root * random.normal();
      parameters[changing.parameter] = (walked + next) / 2;
      walked = next;
    }
    const stops = [from, ...jumps.filter((t) => from < t && t < to), to];
    x = integrate(rates, x, stops).subarray(-width);
    if (process.length > 0)
      x = x.map((one, k) => one + (process[k] as number) * root * random.normal());
    path.set(x, n * width);
  }
  return path;
}

/** Measurements, points x observed; NaN where nothing is measured. */
export function measured(twin: Twin, path: Float64Array, random: Random): Float64Array {
  const { states, observed, points, every, truth } = twin;
  const places = observed.map((state) => states.indexOf(state));
  const streams = observed.map(() => truth.errors(random));
  const values = new Float64Array(points * observed.length).fill(NaN);
  const at: number[] = [];
  for (let n = 0; n < points; n += every) {
    for (const [k, place] of places.entries()) {
      const i = n * observed.length + k;
      const error = (truth.noise[k] as number) * (streams[k] as Errors)();
      values[i] = (path[n * states.length + place] as number) + (truth.shift[k] as number) + error;
      at.push(i);
    }
  }
  for (const i of random.shuffled(at).slice(0, truth.outliers)) {
    const sign = random.uniform() < 0.5 ? -1 : 1;
    values[i] =
      (values[i] as number) + sign * OUTLIER * (truth.noise[i % observed.length] as number);
  }
  return values;
}

/** Equations in the units that the library sees. */
export function equationsInUnits({ states, equations, units }: Twin): Record<string, string> {
  if (units.time === 1 && units.states.every((unit) => unit === 1)) return equations;
  return Object.fromEntries(
    states.map((state, k) => {
      const inside = states.reduce(
        (text, other, j) => replaced(text, other, `${other}/${units.states[j]}`),
        replaced(equations[state] as string, "t", `t/${units.time}`),
      );
      return [state, `${(units.states[k] as number) / units.time}*(${inside})`];
    }),
  );
}
