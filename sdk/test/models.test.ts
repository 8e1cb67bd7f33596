// Tests of user-defined models: three ways to write them, and errors in them.
import { describe, expect, test } from "vitest";
import { defineModel, exp, expr, type Expression, modelFromJSON, vector } from "../src/index.js";
import { evaluateAll } from "./evaluator.js";
import { thrown } from "./problem.js";

const parameters = { gNa: 120, ENa: 50, gL: 0.3, EL: -54, Vm: -40, dVm: 15, t1: 0.1, t2: 0.4 };
const common = {
  name: "neuron",
  states: { V: "mV", m: { initial: 0.5 } },
  inputs: ["I"],
  parameters,
  spinUp: 5,
} as const;

describe("a neuron", () => {
  const asText = defineModel({
    ...common,
    where: {
      mInf: "(1 + tanh((V - Vm)/dVm))/2",
      tauM: "t1 + t2*(1 - tanh((V - Vm)/dVm)^2)",
    },
    equations: { V: "gNa*m^3*(ENa - V) + gL*(EL - V) + I", m: "(mInf - m)/tauM" },
  });
  const asTemplates = defineModel({
    ...common,
    where: ({ V, Vm, dVm, t1, t2 }) => {
      const bend = expr`tanh(${V.minus(Vm)}/${dVm})`;
      return {
        mInf: expr`(1 + ${bend.toString()})/2`,
        tauM: expr`${t1} + ${t2}*(1 - ${bend.toString()}^2)`,
      };
    },
    equations: {
      V: ({ V, m, gNa, ENa, EL, I }) =>
        expr`${gNa}*${m}^3*${ENa.minus(V)} + gL*(${EL} - ${V}) + ${I}`,
      m: expr`(mInf - m)/${"tauM"}`,
    },
  });
  const asFunctions = defineModel({
    ...common,
    where: {
      mInf: ({ V, Vm, dVm, tanh }) => tanh(V.minus(Vm).dividedBy(dVm)).plus(1).dividedBy(2),
      tauM: ({ V, Vm, dVm, t1, t2 }) => {
        const bend = V.minus(Vm).dividedBy(dVm).tanh();
        return t1.plus(t2.times(expr`1`.minus(bend.pow(2))));
      },
    },
    equations: ({ V, m, gNa, ENa, gL, EL, I, mInf, tauM }) => ({
      V: gNa
        .times(m.pow(3))
        .times(ENa.minus(V))
        .plus(gL.times(EL.minus(V)))
        .plus(I),
      m: mInf.minus(m).dividedBy(tauM),
    }),
  });

  test("as text, as templates and as functions is the same definition", () => {
    expect(asText.definition).toEqual({
      name: "neuron",
      states: [
        { name: "V", unit: "mV" },
        { name: "m", initial: 0.5 },
      ],
      inputs: ["I"],
      parameters: Object.entries(parameters).map(([name, value]) => ({ name, default: value })),
      where: [
        { name: "mInf", expression: "(1 + tanh((V - Vm)/dVm))/2" },
        { name: "tauM", expression: "t1 + t2*(1 - tanh((V - Vm)/dVm)^2)" },
      ],
      equations: [
        { state: "V", expression: "gNa*m^3*(ENa - V) + gL*(EL - V) + I" },
        { state: "m", expression: "(mInf - m)/tauM" },
      ],
      spinUp: 5,
    });
    expect(asTemplates.definition).toEqual(asText.definition);
    // The order of the first sum differs from that of the named system.
    const traced = JSON.stringify(asFunctions.definition).replace(
      "(tanh((V - Vm)/dVm) + 1)",
      "(1 + tanh((V - Vm)/dVm))",
    );
    expect(JSON.parse(traced)).toEqual(asText.definition);
  });

  test("says what it is made of", () => {
    expect(asText).toMatchObject({
      name: "neuron",
      kind: "flow",
      dimension: 2,
      states: ["V", "m"],
      units: ["mV", null],
      inputs: ["I"],
    });
    expect(asText.parameters[0]).toEqual({ name: "gNa", default: 120, description: "" });
  });

  test("comes back from JSON", () => {
    const again = modelFromJSON(JSON.stringify(asText.definition));
    expect(again.definition).toEqual(asText.definition);
    expect(again.states).toEqual(asText.states);
    expect(modelFromJSON(asText.definition).spec).toEqual(asText.spec);
  });
});

describe("declarations", () => {
  test("states as a list, with vectors and scalars", () => {
    const model = defineModel({
      kind: "map",
      states: ["a", vector("x", 3, { unit: "K", initial: [1, 2, 3] })],
      equations: { a: "a/2", x: "x[i+1] + a" },
    });
    expect(model.definition).toEqual({
      name: "model",
      kind: "map",
      states: [{ name: "a" }, { name: "x", size: 3, unit: "K", initial: [1, 2, 3] }],
      equations: [
        { state: "a", expression: "a/2" },
        { state: "x", expression: "x[i+1] + a" },
      ],
    });
    expect(model.states).toEqual(["a", "x0", "x1", "x2"]);
    expect(model.units).toEqual([null, "K", "K", "K"]);
    expect(evaluateAll(model.definition, { a: 4, x: [1, 2, 3] })).toEqual([2, 6, 7, 5]);
  });

  test("the initial state by state, or all in order", () => {
    const states = { a: 1, x: vector(2), y: vector(2) } as const;
    const equations = { a: "0", x: "0", y: "0" };
    const byName = defineModel({ states, equations, initialState: { a: 1, x: [2, 3], y: 4 } });
    expect(byName.definition.states.map(({ initial }) => initial)).toEqual([1, [2, 3], 4]);
    const all = defineModel({ states, equations, initialState: [1, 2, 3, 4, 4] });
    expect(all.definition.states.map(({ initial }) => initial)).toEqual([1, [2, 3], [4, 4]]);
  });

  test("parameters with units and descriptions", () => {
    const g = { default: 1, unit: "mS", description: "of the leak" } as const;
    const model = defineModel({
      states: ["x"],
      parameters: { g, k: { default: 2, unit: 1 } },
      equations: { x: "g*k" },
    });
    expect(model.definition.parameters).toEqual([
      { name: "g", ...g },
      { name: "k", default: 2 },
    ]);
  });

  test("a name of the model goes before a function of the language", () => {
    const model = defineModel({
      states: ["x"],
      parameters: { sign: 1 },
      equations: ({ x, sign, exp: e }) => ({ x: sign.times(e(x)) }),
    });
    expect(model.definition.equations[0]?.expression).toBe("sign*exp(x)");
  });
});

describe("JavaScript's own operators", () => {
  test("are refused, but an untagged template is text", () => {
    const x = expr`x`;
    const sum = x.plus(1);
    expect(() => Number(x)).toThrow(/a\.plus\(b\).*expr`/);
    expect(() => ((sum as never) > 1 ? 1 : 2)).toThrow(/lessThan/);
    expect(`${sum} * ${x}`).toBe("(x + 1) * x");
    expect(exp(sum).toString()).toBe("exp(x + 1)");
  });
});

describe("what is wrong", () => {
  const define = (given: object) => () =>
    defineModel({ states: ["x"], equations: { x: "x" }, ...given } as unknown as Parameters<
      typeof defineModel
    >[0]);
  const formula = (make: (names: Record<string, Expression>) => unknown) =>
    define({ equations: { x: make } });

  test.each([
    [
      "no options",
      () => defineModel(undefined as never),
      "wrongShape",
      "options",
      /is missing: it must be an object/,
    ],
    [
      "no states",
      define({ states: undefined }),
      "wrongShape",
      "states",
      /is missing: name them, as in states: \{/,
    ],
    [
      "an empty list of states",
      define({ states: [] }),
      "wrongLength",
      "states",
      /expected 1 values \(at least\), got 0/,
    ],
    [
      "a state without name",
      define({ states: [7] }),
      "wrongShape",
      "states[0]",
      /name or a vector, got 7/,
    ],
    [
      "a vector without name",
      define({ states: [vector(3)] }),
      "wrongShape",
      "states[0]",
      /write vector\("x", 20\)/,
    ],
    [
      "a vector with two names",
      define({ states: { y: vector("x", 3) } }),
      "wrongShape",
      "states.y",
      /leave that out/,
    ],
    [
      "a number for a unit",
      define({ states: { x: 2 } }),
      "wrongShape",
      "states.x",
      /"mV", or 1 for none, got 2/,
    ],
    [
      "null for a unit",
      define({ states: { x: null } }),
      "wrongShape",
      "states.x",
      /must be an object, got null/,
    ],
    [
      "a misspelt option of a state",
      define({ states: { x: { inital: 1 } } }),
      "unknownName",
      "states.x.inital",
      /"initial"/,
    ],
    [
      "an initial value of NaN",
      define({ states: { x: { initial: NaN } } }),
      "outOfRange",
      "states.x.initial",
      /finite, got NaN/,
    ],
    [
      "a vector of no components",
      () => vector("x", 0),
      "outOfRange",
      "vector.size",
      /at least 1, got 0/,
    ],
    [
      "a vector of half a component",
      () => vector(2.5),
      "outOfRange",
      "vector.size",
      /whole number.*2\.5/,
    ],
    [
      "a vector of text",
      () => vector("x", "3" as never),
      "wrongShape",
      "vector.size",
      /number, got "3"/,
    ],
    [
      "too few initial values",
      define({ states: vector("x", 3, { initial: [1] }), equations: "0" }),
      "wrongLength",
      "states.x.initial",
      /expected 3 values \(one per component\), got 1/,
    ],
    [
      "a misspelt option",
      define({ paramters: {} }),
      "unknownName",
      "paramters",
      /did you mean "parameters"\? \(known: name, kind/,
    ],
    ["another kind", define({ kind: "ode" }), "wrongShape", "kind", /"flow" or "map", got "ode"/],
    ["a name that is none", define({ name: 7 }), "wrongShape", "name", /text, got 7/],
    [
      "inputs without list",
      define({ inputs: "I" }),
      "wrongShape",
      "inputs",
      /list of names, got "I"/,
    ],
    ["an input that is no name", define({ inputs: [7] }), "wrongShape", "inputs[0]", /text, got 7/],
    [
      "parameters in a list",
      define({ parameters: ["k"] }),
      "wrongShape",
      "parameters",
      /field per name, got an array/,
    ],
    [
      "parameters in a Map",
      define({ parameters: new Map() }),
      "wrongShape",
      "parameters",
      /not a Map/,
    ],
    [
      "a parameter of text",
      define({ parameters: { k: "1" } }),
      "wrongShape",
      "parameters.k",
      /number, or an object with its default, got "1"/,
    ],
    [
      "a parameter without default",
      define({ parameters: { k: {} } }),
      "wrongShape",
      "parameters.k.default",
      /is missing: give a number/,
    ],
    [
      "a parameter of Infinity",
      define({ parameters: { k: Infinity } }),
      "outOfRange",
      "parameters.k",
      /finite, got Infinity/,
    ],
    [
      "a misspelt option of a parameter",
      define({ parameters: { k: { defualt: 1 } } }),
      "unknownName",
      "parameters.k.defualt",
      /"default"/,
    ],
    [
      "an initial state for a state that there is not",
      define({ initialState: { y: 1 } }),
      "unknownName",
      "initialState.y",
      /known: x/,
    ],
    [
      "an initial state too long",
      define({ initialState: [1, 2] }),
      "wrongLength",
      "initialState",
      /expected 1 values/,
    ],
    [
      "two initial states",
      define({ states: { x: { initial: 1 } }, initialState: { x: 1 } }),
      "duplicate",
      "initialState",
      /states\.x\.initial says it already/,
    ],
    ["a spin-up of text", define({ spinUp: "20" }), "wrongShape", "spinUp", /number, got "20"/],
    [
      "no equations",
      define({ equations: undefined }),
      "wrongShape",
      "equations",
      /is missing: give one for each state/,
    ],
    [
      "a missing equation",
      define({ states: ["x", "y"] }),
      "wrongShape",
      "equations.y",
      /is missing: give the equation of y/,
    ],
    [
      "an equation for no state",
      define({ equations: { x: "1", V: "1" } }),
      "unknownName",
      "equations.V",
      /known: x/,
    ],
    [
      "an equation that is none",
      define({ equations: { x: [1] } }),
      "wrongShape",
      "equations.x",
      /text, a number, expr`\.\.\.`.*got an array/,
    ],
    [
      "an equation of NaN",
      define({ equations: { x: NaN } }),
      "outOfRange",
      "equations.x",
      /finite numbers, got NaN/,
    ],
    [
      "nothing returned",
      formula(() => undefined),
      "wrongShape",
      "equations.x",
      /gives one, got undefined/,
    ],
    [
      "an infinite number within",
      formula(({ x }) => x?.times(Infinity)),
      "outOfRange",
      "equations.x",
      /finite numbers, got Infinity/,
    ],
    [
      "NaN in a template",
      formula(({ x }) => expr`${x ?? 0} + ${NaN}`),
      "outOfRange",
      "equations.x",
      /finite numbers, got NaN/,
    ],
    [
      "an unknown name in a function",
      formula(({ X }) => X),
      "unknownName",
      "equations.x",
      /unknown name "X"; did you mean "x"/,
    ],
    [
      "text as an operand",
      formula(({ x }) => x?.times("k" as never)),
      "wrongShape",
      "equations.x",
      /got "k"; text goes into expr`/,
    ],
    [
      "nothing as an operand",
      formula(({ x }) => x?.times(undefined as never)),
      "wrongShape",
      "equations.x",
      /expression or a number, got undefined/,
    ],
    [
      "an operator of JavaScript",
      formula(({ x }) => (x as never) * 2),
      "wrongShape",
      "equations.x",
      /write a\.plus\(b\)/,
    ],
    [
      "a definition that is none",
      define({ where: { a: null } }),
      "wrongShape",
      "where.a",
      /must be a formula.*got null/,
    ],
    [
      "a vector's equations too few",
      define({ states: { x: vector(3) }, equations: { x: ["1"] } }),
      "wrongLength",
      "equations.x",
      /expected 3 values \(a formula per component\), got 1/,
    ],
    [
      "half an index",
      define({
        states: vector("x", 3),
        equations: (({ x }: { x: { at(i: number): unknown } }, i: number) => x.at(i / 2)) as never,
      }),
      "wrongShape",
      "equations[1]",
      /x\.at: needs a whole number, got 0\.5/,
    ],
    [
      "a file that is not JSON",
      () => modelFromJSON("{"),
      "unreadable",
      "definition",
      /is not JSON/,
    ],
    [
      "a definition without states",
      () => modelFromJSON("{}"),
      "wrongShape",
      "states",
      /must be a list, got undefined/,
    ],
  ])("%s", (_name, what, code, path, message) => {
    const error = thrown(what);
    expect(error).toMatchObject({ name: "LeastActionError", code, path });
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message.startsWith(`${path}: `)).toBe(true);
  });

  test("an error of the user's own function is left as it is", () => {
    const own = new RangeError("mine");
    expect(
      thrown(
        formula(() => {
          throw own;
        }),
      ),
    ).toBe(own);
  });
});
