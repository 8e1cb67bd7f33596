/** The models of the twins, with data in which their parameters can be found. */

export interface TwinModel {
  name: string;
  states: readonly string[];
  /** Rate of change of each state. */
  equations: Readonly<Record<string, string>>;
  /** True values. */
  parameters: Readonly<Record<string, number>>;
  /** Ranges in which starting paths begin, for the parameters that are looked for. */
  estimate: Readonly<Record<string, readonly [number, number]>>;
  /** True first state, before it is varied from twin to twin. */
  first: readonly number[];
  /** Measured states. */
  observed: readonly string[];
  /** Standard deviation of the noise with which each state is measured, if it is. */
  noise: readonly number[];
  timeStep: number;
  /** Number of points, each of them measured. */
  points: number;
  /** A parameter that is fixed at `factor` times its true value. */
  wrong: { parameter: string; factor: number };
  /** A term of the truth beside the equations: `size` times `text`, in the rate of `state`. */
  term: { state: string; text: string; size: number };
  /** An input of the truth that nobody measured. */
  input: { state: string; text: string };
  /** A parameter that can be replaced by a product of two. */
  product: string;
  /** A parameter that changes in time, and its standard deviation per root of time. */
  changing: { parameter: string; size: number };
  /** Standard deviation of noise of the states' own, per root of time. */
  process: readonly number[];
  /** Step and points that are too coarse for the scheme, with parameters for which they are. */
  coarse: {
    timeStep: number;
    points: number;
    parameters?: Readonly<Record<string, number>>;
    estimate?: Readonly<Record<string, readonly [number, number]>>;
  };
  /** Number of steps from one measurement to the next where there are few of them. */
  few: number;
  /** States that are measured where the first state is known. */
  shown: readonly string[];
  /** A push of size `size` in `state` that ends at a time to be found. */
  push: { state: string; size: number; until: number };
}

const chain: TwinModel = {
  name: "chain",
  states: ["A", "B"],
  equations: { A: "-k1*A", B: "k1*A - k2*B" },
  parameters: { k1: 0.9, k2: 0.3 },
  estimate: { k1: [0.2, 3], k2: [0.05, 1] },
  first: [10, 1],
  observed: ["A", "B"],
  noise: [0.2, 0.2],
  timeStep: 0.25,
  points: 41,
  wrong: { parameter: "k2", factor: 1.4 },
  term: { state: "B", text: "-(B^2)", size: 0.15 },
  input: { state: "B", text: "1.5*exp(-((t - 5)^2))" },
  product: "k2",
  changing: { parameter: "k2", size: 0.09 },
  process: [0.3, 0.3],
  coarse: {
    timeStep: 1,
    points: 13,
    parameters: { k1: 4, k2: 0.4 },
    estimate: { k1: [0.5, 8], k2: [0.1, 2] },
  },
  few: 10,
  shown: ["B"],
  push: { state: "B", size: 1.5, until: 4.1 },
};

const epidemic: TwinModel = {
  name: "epidemic",
  states: ["S", "I"],
  equations: { S: "-beta*S*I/1000", I: "beta*S*I/1000 - gamma*I" },
  parameters: { beta: 1.6, gamma: 0.5 },
  estimate: { beta: [0.5, 3], gamma: [0.1, 1] },
  first: [950, 8],
  observed: ["I"],
  noise: [8, 8],
  timeStep: 0.2,
  points: 81,
  wrong: { parameter: "gamma", factor: 1.6 },
  term: { state: "S", text: "1000 - S - I", size: 0.12 },
  input: { state: "I", text: "120*exp(-2*((t - 10)^2))" },
  product: "gamma",
  changing: { parameter: "beta", size: 0.2 },
  // Few are infected at first: more noise would lead to less than nobody.
  process: [10, 1.5],
  coarse: { timeStep: 1.6, points: 11 },
  few: 16,
  shown: ["I"],
  push: { state: "I", size: 25, until: 7.3 },
};

const hunters: TwinModel = {
  name: "predator and prey",
  states: ["x", "y"],
  equations: { x: "alpha*x - beta*x*y", y: "delta*x*y - gamma*y" },
  parameters: { alpha: 0.55, beta: 0.028, gamma: 0.8, delta: 0.024 },
  estimate: {
    alpha: [0.2, 1],
    beta: [0.01, 0.06],
    gamma: [0.3, 1.5],
    delta: [0.01, 0.05],
  },
  first: [34, 6],
  observed: ["x", "y"],
  noise: [3, 2],
  timeStep: 0.25,
  points: 81,
  wrong: { parameter: "gamma", factor: 1.5 },
  term: { state: "x", text: "-(x^2)", size: 0.004 },
  input: { state: "y", text: "8*sin(1.7*t)" },
  product: "gamma",
  changing: { parameter: "alpha", size: 0.1 },
  process: [1, 0.6],
  coarse: { timeStep: 1.25, points: 17 },
  few: 10,
  shown: ["x"],
  push: { state: "x", size: 4, until: 8.7 },
};

const oscillator: TwinModel = {
  name: "Van der Pol",
  states: ["x", "v"],
  equations: { x: "v", v: "mu*(1 - x^2)*v - k*x" },
  parameters: { mu: 1.2, k: 1 },
  estimate: { mu: [0.3, 3], k: [0.4, 2] },
  first: [1, 0.5],
  observed: ["x"],
  noise: [0.15, 0.15],
  timeStep: 0.1,
  points: 151,
  wrong: { parameter: "k", factor: 1.25 },
  term: { state: "v", text: "x^2", size: 0.3 },
  input: { state: "v", text: "1.2*sin(2.3*t)" },
  product: "k",
  changing: { parameter: "k", size: 0.12 },
  process: [0.1, 0.2],
  coarse: {
    timeStep: 0.4,
    points: 41,
    parameters: { mu: 3, k: 1 },
    estimate: { mu: [1, 6], k: [0.4, 2] },
  },
  few: 15,
  shown: ["x"],
  push: { state: "v", size: 0.6, until: 6.3 },
};

const convection: TwinModel = {
  name: "Lorenz63",
  states: ["x", "y", "z"],
  equations: { x: "sigma*(y - x)", y: "x*(rho - z) - y", z: "x*y - b*z" },
  parameters: { sigma: 10, rho: 28, b: 8 / 3 },
  estimate: { rho: [20, 40], b: [1, 5] },
  first: [-6, -9, 20],
  observed: ["x", "z"],
  noise: [1, 1, 1],
  timeStep: 0.02,
  points: 101,
  wrong: { parameter: "b", factor: 1.15 },
  term: { state: "y", text: "1", size: 14 },
  input: { state: "y", text: "15*sin(9*t)" },
  product: "b",
  changing: { parameter: "rho", size: 3 },
  process: [2.5, 2.5, 2.5],
  coarse: { timeStep: 0.1, points: 21 },
  few: 10,
  shown: ["x"],
  push: { state: "y", size: 12, until: 0.83 },
};

export const MODELS: readonly TwinModel[] = [chain, epidemic, hunters, oscillator, convection];
