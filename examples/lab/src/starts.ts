// The worked examples of the first screen.
import type { NetworkSettings, PathSettings, Settings, TwinData } from "./settings.js";

export interface WorkedStart {
  name: string;
  /** Description of the example, in a sentence or two. */
  about: string;
  settings: Settings;
}

/** Text of Lorenz's model of sites on a ring (1995), as a user would write it. */
export function ringText(sites: number): string {
  const x = (i: number): string => `x${(i + sites) % sites}`;
  const equations = Array.from(
    { length: sites },
    (_, i) => `${x(i)}' = ${x(i - 1)}*(${x(i + 1)} - ${x(i - 2)}) - ${x(i)} + forcing`,
  );
  return [
    "# E. N. Lorenz's ring of sites (1995)",
    ...equations,
    "forcing = 8.17",
    "x0(0) = 1",
    "x1(0) = 3",
  ].join("\n");
}

/** Measurement precision for a noise with this standard deviation: one over its variance. */
export function precisionOf(noise: number): number {
  return Number((1 / noise ** 2).toPrecision(6));
}

/** Default settings of a twin experiment. */
export const TWIN: TwinData = {
  from: "twin",
  timeStep: 0.025,
  points: 161,
  noise: 0.5,
  seed: 2,
  further: 60,
};

const weather: PathSettings = {
  kind: "path",
  title: "Weather with hidden sites",
  model: ringText(10),
  data: TWIN,
  observed: ["x0", "x3", "x6", "x8"],
  estimate: { forcing: { low: 4, high: 12 } },
  measurementPrecision: precisionOf(TWIN.noise),
  ownPrecisions: {},
  modelWeights: {},
  ladder: { initial: 4e-4, factor: 2.5, rungs: 24 },
  starts: { count: 4, seed: 2, strategy: "random" },
};

/**
 * Model of C. Morris and H. Lecar, Biophys. J. 35 (1981), 193, with the usual values for
 * oscillations.
 */
export const MORRIS_LECAR = `# Morris and Lecar's neuron (1981), time in ms, V in mV
V' = (gCa*mInf*(120 - V) + gK*n*(-84 - V) + gL*(-60 - V) + I)/20
n' = (nInf - n)*cosh((V - 2)/60)/25
mInf = (1 + tanh((V + 1.2)/18))/2
nInf = (1 + tanh((V - 2)/30))/2
# the current that is sent in
I = 90 + 25*sin(0.11*t) + 15*sin(0.043*t)
gCa = 4.4
gK = 8
gL = 2
V(0) = -30
n(0) = 0.05`;

const neuron: PathSettings = {
  kind: "path",
  title: "A neuron from one voltage",
  model: MORRIS_LECAR,
  data: { from: "twin", timeStep: 0.5, points: 601, noise: 2, seed: 2, further: 240 },
  observed: ["V"],
  // Conductances are not negative, and a cell has not much more of them than this.
  estimate: {
    gCa: { low: 2, high: 8, least: 0, most: 20 },
    gK: { low: 4, high: 14, least: 0, most: 40 },
    gL: { low: 0.5, high: 4, least: 0, most: 10 },
  },
  measurementPrecision: 0.25,
  ownPrecisions: {},
  modelWeights: {},
  ladder: { initial: 1e-3, factor: 4, rungs: 14 },
  starts: { count: 4, seed: 1, strategy: "automatic" },
};

const layers: NetworkSettings = {
  kind: "network",
  title: "A network as layers in time",
  layers: [2, 4, 4, 2],
  pairs: 60,
  noise: 0.05,
  weightRange: 1.2,
  seed: 5,
  ladder: { initial: 10, factor: 5, rungs: 12 },
  starts: { count: 4, seed: 1 },
};

export const STARTS: WorkedStart[] = [
  {
    name: "Weather with hidden sites",
    about:
      "Ten sites on a ring, chaotic. Four are measured, with noise; the other six, and " +
      "what drives them all, are to be found. Some starting paths get lost.",
    settings: weather,
  },
  {
    name: "A neuron from one voltage",
    about:
      "A spiking nerve cell under a known current. Only its voltage is measured; its " +
      "channels and three conductances are to be found.",
    settings: neuron,
  },
  {
    name: "A network as layers in time",
    about:
      "The layers of a network are the times of a path. What happens between inputs and " +
      "outputs is to be found, and the weights with it.",
    settings: layers,
  },
];
