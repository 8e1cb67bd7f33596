// Tests of orbits through the layers of a network: the numbers of formulas by hand, their ends, and
// wrong input.
import { beforeAll, describe, expect, test } from "vitest";
import {
  action,
  defineModel,
  feedforward,
  init,
  LeastActionError,
  type LayerOrbitOptions,
  recurrent,
} from "../src/index.js";
import { expectError, thrown } from "./problem.js";

beforeAll(() => init());

function square() {
  const network = feedforward({
    layers: [2, 2, { width: 2, residual: 0.5 }, 2],
    activation: "tanh",
  });
  const weights = network.randomWeights({ range: [-1, 1], seed: 3 });
  return { network, options: { weights, x0: [0.3, -0.2], p0: [0.1, 0.4], modelPrecision: 50 } };
}

describe("an orbit through layers", () => {
  test("is the map by hand", () => {
    const network = feedforward({ layers: [1, 1, 1], activation: "tanh", bias: "none" });
    const { activations, momenta, modelError, failure, tangent, symplecticDefect } = network.orbit({
      weights: [0.7, -1.2],
      x0: [0.3],
      p0: [0.2],
      modelPrecision: 10,
    });
    let [x, p, cost] = [0.3, 0.2, 0];
    [0.7, -1.2].forEach((w, l) => {
      const f = Math.tanh(w * x);
      p /= w * (1 - f * f);
      x = f + p / 10;
      cost += (p * p) / 20;
      expect(activations[l + 1]?.[0]).toBeCloseTo(x, 14);
      expect(momenta[l + 1]?.[0]).toBeCloseTo(p, 14);
    });
    expect(modelError).toBeCloseTo(cost, 14);
    expect([activations[0], momenta[0]]).toEqual([Float64Array.of(0.3), Float64Array.of(0.2)]);
    expect([failure, tangent, symplecticDefect]).toEqual([null, null, null]);
  });

  test("is symplectic, and a stationary path of the network's action", () => {
    const { network, options } = square();
    const { activations, momenta, symplecticDefect, tangent } = network.orbit({
      ...options,
      tangent: true,
    });
    expect(tangent).toHaveLength(16);
    const size = Math.max(...Array.from(tangent ?? [], Math.abs));
    expect(symplecticDefect).toBeLessThan(1e-15 * size * size);
    // Data at both ends that this orbit satisfies: p_0 = R_m (x_0 - y_0), p_F = -R_m (x_F - y_F).
    const [last, precision] = [network.depth, 4];
    const data = (l: number, sign: number) =>
      (activations[l] as Float64Array).map(
        (x, k) => x + (sign * (momenta[l]?.[k] as number)) / precision,
      );
    const a = action({
      model: network,
      pairs: { inputs: data(0, -1), outputs: data(last, 1) },
      measurementPrecision: precision,
      normalization: "posterior",
    });
    const unknowns = a.join(activations, options.weights);
    const { gradient } = a.gradient({ unknowns, modelPrecision: options.modelPrecision });
    a.split(gradient).activations.forEach((layer) =>
      layer.forEach((slope) => expect(slope).toBeCloseTo(0, 11)),
    );
  });

  test("without model error has the network's activations, and takes inputs", () => {
    const network = recurrent({ width: 2, steps: 3, activation: "softplus", forcing: 1 });
    const weights = network.splitWeights(network.randomWeights({ seed: 1 }));
    const forcing = [0, 1, 2].map((layer) => ({ layer, values: [layer - 1] }));
    const { activations, modelError, failure } = network.orbit({
      weights,
      x0: [0.1, 0.2],
      p0: [1, -1],
      modelPrecision: Infinity,
      forcing,
    });
    expect(failure).toBeNull();
    expect(activations).toEqual(network.activations(weights, [0.1, 0.2], { forcing }));
    expect(modelError).toBe(0);
  });

  test("ends where there is no map, and says at which layer", () => {
    const network = feedforward({ layers: [2, 2, 3, 1], activation: "tanh" });
    const weights = network.randomWeights({ seed: 1 });
    const { activations, momenta, failure, tangent } = network.orbit({
      weights,
      x0: [0.3, 0.1],
      p0: [1, 1],
      modelPrecision: 10,
      tangent: true,
    });
    expect([activations.length, momenta.length, tangent?.length]).toEqual([2, 2, 16]);
    expect(failure).toBeInstanceOf(LeastActionError);
    expect(failure).toMatchObject({ code: "singular", path: "layers[2]" });
    expect(failure?.message).toMatch(/D1 D2 L_d .* 2 x 3 .* at time 1; .*boundary-value problem/);
    // A neuron of the first layer that is saturated.
    const { options, network: other } = square();
    const saturated = other.splitWeights(options.weights);
    (saturated[0]?.bias as Float64Array)[1] = 40;
    const stopped = other.orbit({ ...options, weights: saturated });
    expect(stopped.failure).toMatchObject({ code: "singular", path: "layers[1]" });
    expect(stopped.failure?.message).toMatch(/neuron 1 of layer 1 is saturated/);
    expect(stopped.activations).toHaveLength(1);
    // A map that leaves its values.
    const map = defineModel({
      name: "square",
      kind: "map",
      states: ["x"],
      equations: { x: "x^2" },
    });
    const large = feedforward({ layers: [1, { map }, { map }] });
    const { failure: overflow } = large.orbit({
      weights: [],
      x0: [1e70],
      p0: [1],
      modelPrecision: 1,
    });
    expect(overflow).toBeNull();
    const { failure: infinite } = large.orbit({
      weights: [],
      x0: [1e200],
      p0: [1],
      modelPrecision: 1,
    });
    expect(infinite).toMatchObject({ code: "notFiniteInLayer", path: "layers[1]" });
  });
});

describe("input that is wrong", () => {
  test.each<[Partial<Record<keyof LayerOrbitOptions | "momentum", unknown>>, string, RegExp]>([
    [{ weights: [1, 2] }, "weights", /one per weight/],
    [{ weights: undefined }, "weights", /array/],
    [{ x0: [1] }, "x0", /expected 2/],
    [{ x0: [1, NaN] }, "x0[1]", /finite/],
    [{ p0: undefined }, "p0", /array of numbers/],
    [{ p0: [0, Infinity] }, "p0[1]", /finite/],
    [{ modelPrecision: undefined }, "modelPrecision", /missing/],
    [{ modelPrecision: 0 }, "modelPrecision", /between .* or infinite, got 0/],
    [{ modelPrecision: "large" }, "modelPrecision", /number/],
    [{ tangent: 1 }, "tangent", /true or false, got 1/],
    [{ forcing: [{ layer: 0, values: [1] }] }, "forcing[0].values", /./],
    [{ momentum: [0, 0] }, "momentum", /unknown name/],
  ])("%#: %j", (change, path, message) => {
    const { network, options } = square();
    const error = thrown(() => network.orbit({ ...options, ...change } as never));
    expectError(error, path, message);
  });
});
