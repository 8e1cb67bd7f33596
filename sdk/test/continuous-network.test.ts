// Tests of networks of continuous depth: trained as boundary-value problems, and messages about
// wrong input.
import { beforeAll, describe, expect, test } from "vitest";
import {
  continuousNetwork,
  type ContinuousNetwork,
  type ContinuousNetworkOptions,
  init,
  mechanics,
} from "../src/index.js";
import { expectError, thrown } from "./problem.js";

beforeAll(() => init());

const INPUTS = [
  [0.3, -0.7],
  [1.1, 0.4],
];
const OUTPUTS = [
  [0.9, -0.2],
  [0.2, 0.6],
];
const LAYERS = 20;
/** Weights of both networks: W, row-major, then b. */
const WEIGHTS = [0.4, -0.3, 0.2, 0.5, 0.1, -0.1];

function small(options: Partial<ContinuousNetworkOptions> = {}): ContinuousNetwork {
  return continuousNetwork({
    width: 2,
    weights: "smooth",
    inputPrecision: 1e4,
    outputPrecision: 100,
    inputs: INPUTS,
    outputs: OUTPUTS,
    ...options,
  });
}

const squares = (values: ArrayLike<number>, targets: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value, i) => sum + (value - (targets[i] as number)) ** 2, 0);
const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0);

describe("a continuous network", () => {
  test.each([
    {
      layerStep: "euler",
      how: {
        method: "multiple-shooting",
        integrator: "symplectic-euler",
        pointsPerSegment: 1,
        meshTolerance: 0.01,
      },
      exact: 1e-9,
    },
    // The weights between layers differ from straight lines by O(h^2).
    { layerStep: "rk4", how: { method: "collocation" }, exact: 1e-3 },
  ] as const)("is trained by $how.method", async ({ layerStep, how, exact }) => {
    const network = small({ layerStep });
    expect([network.dimension, network.pairs, network.depth]).toEqual([2 * 2 + 4 + 2, 2, 1]);
    const initialPath = network.initialPath({ layers: LAYERS, weights: WEIGHTS });
    const system = network.mechanics();
    const timeStep = network.depth / LAYERS;
    const solution = await system.solveBoundaryValueProblem({
      initialPath,
      boundary: "free",
      timeStep,
      ...how,
    });
    expect(solution.failure).toBeNull();
    expect(solution.status).toBe("converged");

    // Along the initial path layers hold, inputs are met and weights stay constant, so the action
    // consists of the outputs and the prior.
    const end = initialPath.slice(-network.dimension).slice(0, 4);
    const prior = 0.5 * WEIGHTS.reduce((sum, weight) => sum + weight * weight, 0);
    const initial = 50 * squares(end, OUTPUTS.flat()) + prior;
    expect(solution.action).toBeLessThan(0.5 * initial);

    const { path } = solution;
    const [trained, begin] = [path.slice(-network.dimension).slice(0, 4), path.slice(0, 4)];
    expect(apart(network.predict(path, begin), trained)).toBeLessThan(exact);
    expect(apart(network.predict(path, INPUTS), trained)).toBeLessThan(0.02);
    expect(apart(trained, OUTPUTS.flat())).toBeLessThan(0.1 * apart(end, OUTPUTS.flat()));
    expect(apart(network.activations(path, 1).slice(-2), trained.slice(2))).toBe(0);
    expect(network.activations(path, 1)).toHaveLength((LAYERS + 1) * 2);
    expect(network.weights(path)).toHaveLength((LAYERS + 1) * 6);
    expect(apart(network.weights(path).slice(-6), path.slice(-6))).toBe(0);
    // The errors that backpropagation begins with.
    const p = solution.momentum.slice(-network.dimension);
    trained.forEach((x, i) =>
      expect(p[i]).toBeCloseTo(-100 * (x - (OUTPUTS.flat()[i] as number)), 6),
    );
  });

  test("whose layers need not hold is found by a climb up to their precision", async () => {
    const network = small({ modelPrecision: 1000 });
    const solution = await network.mechanics().solveBoundaryValueProblem({
      initialPath: network.initialPath({ layers: LAYERS, weights: WEIGHTS }),
      timeStep: network.depth / LAYERS,
      continuation: { from: 1e-3, factor: 10 },
    });
    expect(solution.status).toBe("converged");
    const actions = solution.continuation.map(({ action }) => action);
    expect(actions).toHaveLength(4);
    expect(actions).toEqual([...actions].sort((a, b) => a - b));
    // Layers that hold cost more than those that need not.
    const exact = small();
    const trained = await exact.mechanics().solveBoundaryValueProblem({
      initialPath: solution.path,
      timeStep: exact.depth / LAYERS,
    });
    expect(trained.action).toBeGreaterThan(solution.action);
    expect(trained.action).toBeLessThan(1.1 * solution.action);
  });

  test("has a Hamiltonian, and a Lagrangian where no precision is infinite", () => {
    const x = Float64Array.from([...INPUTS.flat(), ...WEIGHTS]);
    const p = Float64Array.from({ length: 10 }, (_, i) => 0.1 * (i - 4));
    const rates = INPUTS.flatMap(([a, b]) => [
      Math.tanh(0.4 * (a as number) - 0.3 * (b as number) + 0.1),
      Math.tanh(0.2 * (a as number) + 0.5 * (b as number) - 0.1),
    ]);
    const product = rates.reduce((sum, rate, i) => sum + rate * (p[i] as number), 0);
    const half = (values: Float64Array): number =>
      0.5 * squares(values, new Float64Array(values.length));
    const network = small({ weightRatePrecision: 4 });
    const exact = network.mechanics();
    expect(exact.hamiltonian(x, p)).toBeCloseTo(product + half(p.slice(4)) / 4, 12);
    expect(thrown(() => exact.lagrangian(x, x))).toMatchObject({ path: "modelPrecision" });
    expect(thrown(() => exact.momentum(x, x))).toMatchObject({ path: "modelPrecision" });
    // The default, stated, gives the same result.
    const said = mechanics({
      network: small({ weightRatePrecision: 4, modelPrecision: Infinity }),
    });
    expect(said.hamiltonian(x, p)).toBe(exact.hamiltonian(x, p));
    network.free();
    expect(exact.hamiltonian(x, p)).toBe(said.hamiltonian(x, p));
    expect(thrown(() => network.initialPath({ layers: 3 }))).toMatchObject({ code: "freed" });
    const soft = small({ modelPrecision: 5 }).mechanics();
    const v = Float64Array.from({ length: 10 }, (_, i) => 0.2 * i - 1);
    const missed = v.map((v, i) => v - (rates[i] ?? 0));
    expect(soft.lagrangian(x, v)).toBeCloseTo(
      5 * half(missed.slice(0, 4)) + half(missed.slice(4)),
      12,
    );
  });

  test("begins with weights that are given, by pieces or for all, or drawn", () => {
    const network = small({ weights: "piecewise", pieces: 2, layerStep: "euler" });
    const other = WEIGHTS.map((weight) => -weight);
    const path = network.initialPath({ layers: 4, weights: [...WEIGHTS, ...other] });
    expect(path).toHaveLength(5 * (4 + 12));
    const rows = network.weights(path);
    expect(Array.from(rows.slice(0, 6))).toEqual(WEIGHTS);
    expect(Array.from(rows.slice(-6))).toEqual(other);
    const x = network.activations(path, 0);
    expect(x[2]).toBeCloseTo(0.3 + 0.25 * Math.tanh(0.4 * 0.3 - 0.3 * -0.7 + 0.1), 14);
    const drawn = network.initialPath({ layers: 4 });
    expect(drawn).toEqual(network.initialPath({ layers: 4, seed: 0, deviation: 1 / Math.sqrt(2) }));
    expect(drawn).not.toEqual(network.initialPath({ layers: 4, seed: 1 }));
    expect(
      apart(
        network.weights(network.initialPath({ layers: 2, deviation: 0 })),
        new Float64Array(18),
      ),
    ).toBe(0);
  });

  test("may be wider than inputs and outputs, which may have gaps and be flat", () => {
    const network = continuousNetwork({
      width: 3,
      inputWidth: 2,
      outputWidth: 1,
      inputs: Float64Array.from(INPUTS.flat()),
      outputs: [[0.5], [NaN]],
    });
    expect([network.dimension, network.pairs]).toEqual([2 * 3 + 9 + 3, 2]);
    const path = network.initialPath({ layers: 5 });
    expect(network.predict(path, [[1, 2], [3, 4], [5, 6]])).toHaveLength(3); // prettier-ignore
    const orbit = network.mechanics().integrate({
      x0: path.slice(0, 18),
      p0: new Float64Array(18),
      timeStep: 0.2,
      points: 6,
      method: "gauss-legendre-4",
    });
    expect(apart(orbit.x.slice(-18), path.slice(-18))).toBeLessThan(1e-3);
    // Only one of the outputs was measured.
    expect(orbit.jumps.slice(-18).filter((jump) => jump !== 0)).toHaveLength(1);
  });
});

describe("input that is wrong", () => {
  const path = () => small().initialPath({ layers: 4, weights: WEIGHTS });
  test.each([
    [() => continuousNetwork(undefined as never), "options", /object/],
    [() => small({ width: 0 }), "width", /at least 1/],
    [() => small({ width: undefined as never }), "width", /./],
    [() => small({ wide: 2 } as never), "wide", /did you mean "width"/],
    [() => small({ inputWidth: 3 }), "inputWidth", /2/],
    [() => small({ activation: "softmax" }), "activation", /tanh/],
    [() => small({ activation: "sine" } as never), "activation", /tanh/],
    [() => small({ weights: "free" } as never), "weights", /piecewise/],
    [() => small({ weights: "piecewise" }), "pieces", /at least 1/],
    [() => small({ pieces: 2 }), "pieces", /belongs to weights "piecewise"/],
    [() => small({ modelPrecision: -Infinity }), "modelPrecision", /-inf/i],
    [() => small({ outputPrecision: Infinity }), "outputPrecision", /inf/i],
    [() => small({ layerStep: "midpoint" } as never), "layerStep", /rk4/],
    [() => small({ inputs: [[1, 2, 3]] }), "inputs[0]", /expected 2/],
    [() => small({ inputs: [1, 2, 3] }), "inputs", /rows of 2 inputs/],
    [() => small({ inputs: [] }), "inputs", /at least 1/],
    [() => small({ inputs: undefined as never }), "inputs", /array/],
    [() => small({ inputs: [[1, NaN], [1, 2]] }), "inputs[1]", /finite/], // prettier-ignore
    [() => small({ outputs: [[1, 2]] }), "outputs", /2 pairs x 2 outputs/],
    [() => small({ outputs: [NaN, NaN, NaN, NaN] }), "outputs", /./],
    [() => small().initialPath({} as never), "layers", /./],
    [() => small().initialPath({ layers: 0 }), "layers", /at least 1/],
    [() => small().initialPath({ layers: 1.5 }), "layers", /whole/],
    [
      () => small({ weights: "piecewise", pieces: 2 }).initialPath({ layers: 3 }),
      "layers",
      /multiple of 2/,
    ],
    [() => small().initialPath({ layers: 3, weights: [1] }), "weights", /expected 6/],
    [() => small().initialPath({ layers: 3, weights: WEIGHTS, seed: 1 }), "seed", /leave one out/],
    [() => small().initialPath({ layers: 3, deviation: -1 }), "deviation", /-1/],
    [() => small().initialPath({ layers: 3, seed: -1 }), "seed", /./],
    [() => small().initialPath({ layers: 3, sead: 1 } as never), "sead", /did you mean "seed"/],
    [() => small().activations(path(), 2), "pair", /2/],
    [() => small().activations(path(), -1), "pair", /./],
    [() => small().activations(path().slice(1), 0), "path", /points x 10 states/],
    [() => small().weights([]), "path", /at least two points/],
    [() => small().predict(path(), [[1]]), "inputs[0]", /expected 2/],
    [() => mechanics({ network: {} } as never), "network", /continuousNetwork/],
    [() => mechanics({ network: small(), parameters: {} } as never), "parameters", /unknown name/],
  ])("%#: %s", (what, path, message) => {
    expectError(thrown(what), path, message);
  });

  test("a boundary-value problem needs to know how far layers are apart", async () => {
    await expect(
      small().mechanics().solveBoundaryValueProblem({ initialPath: path() }),
    ).rejects.toMatchObject({
      path: "timeStep",
    });
  });
});
