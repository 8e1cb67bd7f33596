// Ready-made models, written as a user would write them.
import type { PathSettings } from "./settings.js";
import { MORRIS_LECAR, ringText, STARTS } from "./starts.js";

export interface ListedModel {
  name: string;
  text: string;
  /** Settings that suit the model. */
  settings: Omit<PathSettings, "title" | "model">;
}

const settingsOf = (title: string): ListedModel["settings"] => {
  const { settings } = STARTS.find(
    ({ settings }) => settings.title === title,
  ) as (typeof STARTS)[0];
  const { title: _, model: __, ...rest } = settings as PathSettings;
  return rest;
};

const base = {
  ownPrecisions: {},
  modelWeights: {},
  starts: { count: 4, seed: 1, strategy: "automatic" },
  ladder: { initial: 1e-2, factor: 4, rungs: 12 },
} as const;

export const MODELS: ListedModel[] = [
  {
    name: "Lorenz's ring of ten sites",
    text: ringText(10),
    settings: settingsOf("Weather with hidden sites"),
  },
  {
    name: "Morris and Lecar's neuron",
    text: MORRIS_LECAR,
    settings: settingsOf("A neuron from one voltage"),
  },
  {
    name: "Lorenz's convection",
    text: `# E. N. Lorenz, Deterministic nonperiodic flow (1963)
x' = sigma*(y - x)
y' = x*(rho - z) - y
z' = x*y - beta*z
sigma = 10
rho = 28
beta = 8/3
x(0) = 1
y(0) = 3
z(0) = 20`,
    settings: {
      ...base,
      kind: "path",
      data: { from: "twin", timeStep: 0.02, points: 201, noise: 1, seed: 1, further: 80 },
      observed: ["x"],
      estimate: { rho: { low: 20, high: 40 } },
      measurementPrecision: 1,
    },
  },
  {
    name: "Prey and predator",
    text: `# Lotka (1925) and Volterra (1926), in logarithms
logPrey' = alpha - beta*exp(logPredator)
logPredator' = delta*exp(logPrey) - gamma
alpha = 0.55
beta = 0.028
gamma = 0.80
delta = 0.024
logPrey(0) = 3.5
logPredator(0) = 1.5`,
    settings: {
      ...base,
      kind: "path",
      data: { from: "twin", timeStep: 0.25, points: 81, noise: 0.25, seed: 1, further: 40 },
      observed: ["logPrey", "logPredator"],
      estimate: { alpha: { low: 0.2, high: 1 }, gamma: { low: 0.3, high: 1.5 } },
      measurementPrecision: 16,
    },
  },
  {
    name: "A pendulum with friction",
    text: `# an angle in radians
angle' = velocity
velocity' = -gravity*sin(angle) - damping*velocity
gravity = 9.81
damping = 0.1
angle(0) = 1.5`,
    settings: {
      ...base,
      kind: "path",
      data: { from: "twin", timeStep: 0.05, points: 121, noise: 0.1, seed: 1, further: 60 },
      observed: ["angle"],
      estimate: { gravity: { low: 5, high: 15 }, damping: { low: 0, high: 1, least: 0 } },
      measurementPrecision: 100,
    },
  },
];
