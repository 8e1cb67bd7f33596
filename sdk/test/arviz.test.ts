// Tests of draws in the files of other programs.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ArvizContent, arvizJson, LeastActionError, readNpy, writeNpy } from "../src/index.js";
import { thrown } from "./problem.js";

describe("npy", () => {
  test("a header of version 1.0 that ends at a multiple of 64", () => {
    const bytes = writeNpy({ shape: [2, 1], values: [0.5, -1] });
    expect(bytes.length).toBe(128 + 16);
    const text = Array.from(bytes.subarray(0, 128), (byte) => String.fromCharCode(byte)).join("");
    expect(text.slice(1, 6)).toBe("NUMPY");
    expect([...bytes.subarray(6, 10)]).toEqual([1, 0, 118, 0]);
    expect(text.slice(10).trimEnd()).toBe(
      "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1), }",
    );
    expect(text.at(-1)).toBe("\n");
  });

  test("any array comes back as it was written", () => {
    const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 0, maxLength: 4 });
    fc.assert(
      fc.property(shapes, fc.infiniteStream(fc.double()), (shape, stream) => {
        const length = shape.reduce((a, b) => a * b, 1);
        const values = Float64Array.from({ length }, () => stream.next().value as number);
        const bytes = writeNpy({ shape, values });
        expect((bytes.length - 8 * length) % 64).toBe(0);
        expect(readNpy(bytes)).toEqual({ shape, values });
      }),
    );
  });

  test.each([
    ["a shape that does not fit", { shape: [2, 2], values: [1, 2, 3] }, "npy.values"],
    ["half an axis", { shape: [1.5, 2], values: [1, 2, 3] }, "npy.shape[0]"],
    ["text", { shape: [1], values: ["a"] }, "npy.values[0]"],
    ["another field", { shape: [1], values: [1], order: "F" }, "npy.order"],
    ["too many axes", { shape: Array.from({ length: 65 }, () => 1), values: [1] }, "npy.shape"],
    ["nothing", undefined, "npy"],
  ])("%s: an error", (_name, content, path) => {
    const error = thrown(() => writeNpy(content as never));
    expect(error).toBeInstanceOf(LeastActionError);
    expect(error).toMatchObject({ path });
  });
});

const content: ArvizContent = {
  chains: 2,
  draws: 2,
  posterior: [
    { name: "alpha", values: [1, 2.5, NaN, -Infinity] },
    {
      name: "path",
      shape: [1, 2],
      dims: ["time", "state"],
      values: Float64Array.of(0, 1, 2, 3, 4, 5, 6, 1e20),
    },
  ],
  sampleStats: {
    diverging: [true, false, false, false],
    steps: [3, 7, 7, 1],
    logDensity: [-1.5, -0, 2, 3],
  },
  observed: [{ name: "y", shape: [1, 1], dims: ["time", "component"], values: [NaN] }],
  coords: { time: Float64Array.of(0.25), state: ["x", 'y"'] },
  attrs: { seed: 3 },
};

describe("ArviZ", () => {
  test("groups, names of the schema and numbers as Python writes them", () => {
    expect(arvizJson(content)).toMatchInlineSnapshot(`
      "{"posterior":{"alpha":[[1,2.5],[NaN,-Infinity]],"path":[[[[0,1]],[[2,3]]],[[[4,5]],[[6,1e+20]]]]},
      "sample_stats":{"lp":[[-1.5,-0.0],[2,3]],"diverging":[[true,false],[false,false]],"n_steps":[[3,7],[7,1]]},
      "observed_data":{"y":[[NaN]]},
      "coords":{"time":[0.25],"state":["x","y\\""]},
      "dims":{"path":["time","state"],"y":["time","component"]},
      "attrs":{"inference_library":"least-action","seed":3}}
      "
    `);
  });

  test("finite numbers are JSON that gives the same bits", () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1 }), (values) => {
        const text = arvizJson({
          chains: 1,
          draws: values.length,
          posterior: [{ name: "x", values }],
        });
        const read = JSON.parse(text).posterior.x[0] as number[];
        expect(Float64Array.from(read)).toEqual(Float64Array.from(values));
      }),
    );
  });

  test.each<[string, (content: ArvizContent) => unknown, string]>([
    ["too few draws", (c) => ({ ...c, draws: 3 }), "posterior[0].values"],
    ["no chain", (c) => ({ ...c, chains: 0 }), "chains"],
    [
      "a name twice",
      (c) => ({ ...c, posterior: [c.posterior[0], c.posterior[0]] }),
      "posterior[1].name",
    ],
    [
      "the name of an axis",
      (c) => ({ ...c, posterior: [{ ...c.posterior[0], name: "draw" }] }),
      "posterior[0].name",
    ],
    [
      "a missing dim",
      (c) => ({ ...c, posterior: [{ ...c.posterior[1], dims: ["time"] }] }),
      "posterior[0].dims",
    ],
    [
      "a dim twice",
      (c) => ({ ...c, posterior: [{ ...c.posterior[1], dims: ["t", "t"] }] }),
      "posterior[0].dims",
    ],
    [
      "an axis of two lengths",
      (c) => ({ ...c, observed: [{ name: "y", shape: [3], dims: ["time"], values: [1, 2, 3] }] }),
      "observed[0].dims[0]",
    ],
    [
      "one name with two lists of dims",
      (c) => ({ ...c, observed: [{ name: "path", shape: [3], values: [1, 2, 3] }] }),
      "observed[0].dims",
    ],
    [
      "too few flags",
      (c) => ({ ...c, sampleStats: { diverging: [true] } }),
      "sampleStats.diverging",
    ],
    [
      "no flag",
      (c) => ({ ...c, sampleStats: { diverging: [2, 0, 0, 0] } }),
      "sampleStats.diverging[0]",
    ],
    [
      "a misspelt statistic",
      (c) => ({ ...c, sampleStats: { lp: [1, 2, 3, 4] } }),
      "sampleStats.lp",
    ],
    ["too few labels", (c) => ({ ...c, coords: { state: ["x"] } }), "coords.state"],
    ["labels of no axis", (c) => ({ ...c, coords: { stat: ["x", "y"] } }), "coords.stat"],
    ["an attribute that is no text", (c) => ({ ...c, attrs: { a: {} } }), "attrs.a"],
  ])("%s: an error", (_name, change, path) => {
    const error = thrown(() => arvizJson(change(content) as ArvizContent));
    expect(error).toBeInstanceOf(LeastActionError);
    expect(error).toMatchObject({ path });
  });
});
