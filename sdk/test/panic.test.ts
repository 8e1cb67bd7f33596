// A panic of the core is a bug, but one that the SDK survives.
import { beforeAll, expect, test } from "vitest";
import { action, init, integrate, LeastActionError, lorenz63 } from "../src/index.js";
import { call, Held } from "../src/instance.js";
import { thrown } from "./problem.js";

beforeAll(() => init());

const panic = (text: string) => thrown(() => call((raw) => raw.__panic(text)));

test("the text of a panic is reported, and the next call gets a new instance", () => {
  const model = lorenz63();
  for (let i = 0; i < 3; i += 1) {
    const error = panic(`number ${i}`);
    expect(error).toBeInstanceOf(LeastActionError);
    expect(error).toMatchObject({
      code: "panic",
      facts: { reason: expect.stringContaining(`number ${i}`) as string },
    });
    expect((error as Error).cause).toBeInstanceOf(WebAssembly.RuntimeError);
    const { path } = integrate({ model, initialState: [1, 1, 25], timeStep: 0.01, points: 3 });
    expect(path.every(Number.isFinite)).toBe(true);
  }
});

test("an action outlives the instance that it was made in", () => {
  const data = {
    start: 0,
    timeStep: 0.1,
    points: 3,
    observed: [0],
    values: Float64Array.of(1, NaN, 2),
  };
  const a = action({ model: lorenz63(), data, measurementPrecision: 4 });
  const at = { path: new Float64Array(9), modelPrecision: 100 };
  const before = a.evaluate(at);
  panic("in between");
  expect(a.evaluate(at)).toEqual(before);
  panic("once more");
  a.free();
  a.free();
  expect(thrown(() => a.evaluate(at))).toMatchObject({ code: "freed", path: "action" });
});

test("a trap without a panic is one too", () => {
  const held = new Held("bomb", () => ({
    free: () => undefined,
    explode() {
      throw new WebAssembly.RuntimeError("out of bounds memory access");
    },
  }));
  const error = thrown(() => held.use((bomb) => bomb.explode()));
  expect(error).toMatchObject({ code: "panic", facts: { reason: "out of bounds memory access" } });
  expect(lorenz63().dimension).toBe(3);
});
