/** The kinds of situation, each as a change of a twin in which all is right. */
import type { Random } from "../random.js";
import { replaced } from "./equations.js";
import type { TwinModel } from "./models.js";
import type { Errors, Twin } from "./twin.js";

export interface Situation {
  kind: string;
  /** Verdict that is right. */
  expected: "consistent" | "inconsistent" | "undetermined";
  /** Verdicts that are right as well. */
  alsoRight?: readonly string[];
  /** Codes of findings that name the situation, of which one is enough; empty if none is needed. */
  codes: readonly string[];
  /** Parameters whose intervals are not counted, as they have no value to be found. */
  uncounted?: (model: TwinModel) => readonly string[];
  /** True if an error in words in place of a run is right too. */
  mayRefuse?: boolean;
  change(twin: Twin, model: TwinModel, random: Random): void;
}

/** Sets the told noise to `factor` times the true one. */
const told =
  (factor: number): Situation["change"] =>
  (twin) => {
    twin.deviations = twin.truth.noise.map((one) => factor * one);
  };

/** Errors of unit variance by Student's law with three degrees of freedom. */
const student =
  (random: Random): Errors =>
  () =>
    random.normal() / Math.hypot(random.normal(), random.normal(), random.normal());

/** Errors of unit variance, each correlated with the one before by `share`. */
const correlated =
  (share: number) =>
  (random: Random): Errors => {
    let last = random.normal();
    return () => (last = share * last + Math.sqrt(1 - share ** 2) * random.normal());
  };

const added = (equations: Record<string, string>, state: string, term: string): void => {
  equations[state] = `${equations[state]} + ${term}`;
};

/**
 * Has all states measured: with one of unknown size that is hidden, noise of the states or a
 * parameter that walks can follow any data, and there is no truth to be found.
 */
function measureAll(twin: Twin, { states, noise }: TwinModel): void {
  twin.observed = [...states];
  twin.truth.noise = [...noise];
  twin.deviations = [...noise];
  twin.truth.shift = states.map(() => 0);
}

const above = ["levelAboveExpected", "modelErrorLarge"] as const;
const below = ["levelBelowExpected"] as const;
/** Findings by which a model that is wrong is noticed. */
const misfit = [
  ...above,
  "correlatedResiduals",
  "offset",
  "changingNoise",
  "unequalNoise",
] as const;

export const SITUATIONS: readonly Situation[] = [
  { kind: "right", expected: "consistent", codes: [], change: () => undefined },
  { kind: "noise overstated by 2", expected: "inconsistent", codes: below, change: told(2) },
  { kind: "noise overstated by 4", expected: "inconsistent", codes: below, change: told(4) },
  { kind: "noise understated by 2", expected: "inconsistent", codes: above, change: told(1 / 2) },
  { kind: "noise understated by 4", expected: "inconsistent", codes: above, change: told(1 / 4) },
  {
    kind: "outliers",
    expected: "inconsistent",
    codes: ["outliers"],
    change: ({ truth }) => (truth.outliers = 3),
  },
  {
    kind: "heavy tails",
    expected: "inconsistent",
    codes: ["heavyTails", "outliers"],
    change: ({ truth }) => (truth.errors = student),
  },
  {
    kind: "correlated noise",
    expected: "inconsistent",
    codes: ["correlatedResiduals"],
    change: ({ truth }) => (truth.errors = correlated(0.7)),
  },
  {
    kind: "wrong fixed parameter",
    expected: "inconsistent",
    codes: misfit,
    change(twin, { wrong }) {
      const { [wrong.parameter]: _, ...others } = twin.estimate;
      twin.estimate = others;
      twin.parameters[wrong.parameter] =
        wrong.factor * (twin.parameters[wrong.parameter] as number);
    },
  },
  {
    kind: "missing term",
    expected: "inconsistent",
    codes: misfit,
    change({ truth }, { term }) {
      added(truth.equations, term.state, `${term.size}*(${term.text})`);
    },
  },
  {
    kind: "unmodelled input",
    expected: "inconsistent",
    codes: misfit,
    change({ truth }, { input }) {
      added(truth.equations, input.state, input.text);
    },
  },
  {
    kind: "too coarse a step",
    expected: "consistent",
    codes: [],
    change(twin, { coarse, estimate }) {
      twin.timeStep = coarse.timeStep;
      twin.points = coarse.points;
      Object.assign(twin.parameters, coarse.parameters);
      Object.assign(twin.truth.parameters, coarse.parameters);
      const ranges = Object.entries(coarse.estimate ?? estimate);
      twin.estimate = Object.fromEntries(ranges.map(([name, initial]) => [name, { initial }]));
    },
  },
  {
    kind: "unidentifiable",
    expected: "undetermined",
    alsoRight: ["consistent"],
    codes: ["parametersOpen"],
    uncounted: () => ["f", "g"],
    change(twin, { product }) {
      const { [product]: one, ...others } = twin.estimate;
      for (const state of twin.states)
        twin.equations[state] = replaced(twin.equations[state] as string, product, "f*g");
      twin.estimate = {
        ...others,
        f: { initial: [0.5, 2] },
        g: one as { initial: [number, number] },
      };
      const { [product]: value, ...rest } = twin.parameters;
      twin.parameters = { ...rest, f: 1, g: value as number };
      Object.assign(twin.truth.parameters, { f: 1, g: value as number });
    },
  },
  {
    kind: "active bound",
    expected: "consistent",
    codes: [],
    // The truth is on the bound, where no interval has its nominal share.
    uncounted: () => ["c"],
    change(twin, { term }) {
      added(twin.equations, term.state, `c*(${term.text})`);
      twin.parameters.c = 0;
      twin.truth.parameters.c = 0;
      twin.estimate.c = { initial: [0, term.size], bounds: [0, Infinity] };
    },
  },
  {
    kind: "stated process noise",
    expected: "consistent",
    codes: [],
    change(twin, model) {
      const { process } = model;
      measureAll(twin, model);
      twin.truth.process = process;
      const [first] = process as readonly [number];
      twin.options = {
        normalization: "posterior",
        // Steps are explicit, so exp(-A) is the density of a model with errors.
        discretization: "rk4",
        modelPrecision: { final: 1 / (first ** 2 * twin.timeStep) },
        modelWeights: process.map((one) => (first / one) ** 2),
      };
    },
  },
  {
    kind: "hidden process noise",
    expected: "inconsistent",
    codes: misfit,
    change: ({ truth }, { process }) => (truth.process = process),
  },
  {
    kind: "stated changing parameter",
    expected: "consistent",
    codes: [],
    uncounted: ({ changing }) => [changing.parameter],
    change(twin, model) {
      const { changing } = model;
      measureAll(twin, model);
      twin.truth.changing = changing;
      const one = twin.estimate[changing.parameter];
      if (one !== undefined) one.smoothness = 1 / (changing.size ** 2 * twin.timeStep);
    },
  },
  {
    kind: "hidden changing parameter",
    expected: "inconsistent",
    codes: misfit,
    uncounted: ({ changing }) => [changing.parameter],
    change: ({ truth }, { changing }) => (truth.changing = changing),
  },
  {
    kind: "few data",
    expected: "consistent",
    codes: [],
    change: (twin, { few }) => (twin.every = few),
  },
  {
    kind: "known first state",
    expected: "consistent",
    codes: [],
    change(twin, { states, shown, noise }) {
      twin.observed = [...shown];
      twin.truth.noise = shown.map((state) => noise[states.indexOf(state)] as number);
      twin.deviations = [...twin.truth.noise];
      twin.truth.shift = shown.map(() => 0);
      twin.isFirstKnown = true;
    },
  },
  {
    kind: "switch time",
    expected: "consistent",
    codes: [],
    mayRefuse: true,
    change(twin, { push }) {
      for (const equations of [twin.equations, twin.truth.equations])
        added(equations, push.state, `if(t < until, ${push.size}, 0)`);
      twin.parameters.until = push.until;
      twin.truth.parameters.until = push.until;
      twin.truth.jumps = [push.until];
      twin.estimate.until = { initial: [0.7 * push.until, 1.3 * push.until] };
    },
  },
  {
    kind: "offset",
    expected: "inconsistent",
    codes: misfit,
    change({ truth }) {
      truth.shift = truth.noise.map((one, k) => (k === 0 ? 1.5 * one : 0));
    },
  },
  {
    kind: "odd units",
    expected: "consistent",
    codes: [],
    change(twin) {
      const odd = [1e6, 1e-3, 1e3];
      twin.units = { time: 1e6, states: twin.states.map((_, k) => odd[k % 3] as number) };
    },
  },
  {
    kind: "unequal channels",
    expected: "inconsistent",
    codes: ["unequalNoise"],
    change(twin, { states, noise }) {
      twin.observed = states.slice(0, 2);
      twin.deviations = noise.slice(0, 2);
      // The two variances have the mean of the stated ones.
      twin.truth.noise = [1.38 * (noise[0] as number), 0.2 * (noise[1] as number)];
      twin.truth.shift = [0, 0];
    },
  },
  {
    kind: "prior in conflict",
    expected: "inconsistent",
    codes: ["priorConflict"],
    change(twin, { estimate }) {
      const name = Object.keys(estimate)[0] as string;
      const value = twin.truth.parameters[name] as number;
      const prior = { mean: 1.3 * value, deviation: 0.03 * value };
      twin.estimate[name] = { ...(twin.estimate[name] as Twin["estimate"][string]), prior };
    },
  },
];
