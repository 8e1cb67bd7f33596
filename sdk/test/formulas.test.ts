// Laws of formulas: any formula is printed as a text that means the same, to the bit.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as language from "../src/index.js";
import {
  type Condition,
  defineModel,
  expr,
  type Expression,
  type Operand,
  vector,
} from "../src/index.js";
import { evaluate, evaluateAll } from "./evaluator.js";

interface Pair {
  expression: Operand;
  value: number;
}

const { abs, equalTo, greaterOrEqual, greaterThan, ifElse, lessOrEqual, lessThan, max, min } =
  language;

/** The names in the formulas. */
const values = { a: 0.7, b: -1.3, c: 2.5, d: 1e-3 };
type Names = Record<keyof typeof values, Expression>;

/** A function that builds a formula from the names, and its value. */
type Recipe = (names: Names) => Pair;

// Methods need an expression on their left, functions do not.
const both = (f: (x: Operand, y: Operand) => Operand, value: (x: number, y: number) => number) => ({
  f,
  value,
});
const method = (
  name: "plus" | "minus" | "times" | "dividedBy" | "pow",
  value: (x: number, y: number) => number,
) => both((x, y) => (typeof x === "number" ? expr`${x}`[name](y) : x[name](y)), value);
const choose = (
  compare: (x: Operand, y: Operand) => Condition,
  value: (x: number, y: number) => boolean,
): ReturnType<typeof both> =>
  both(
    (x, y) => ifElse(compare(x, y), x, y),
    (x, y) => (value(x, y) ? x : y),
  );

const binary = [
  method("plus", (x, y) => x + y),
  method("minus", (x, y) => x - y),
  method("times", (x, y) => x * y),
  method("dividedBy", (x, y) => x / y),
  method("pow", (x, y) => x ** y),
  both(min, Math.min),
  both(max, Math.max),
  both(language.atan2, Math.atan2),
  choose(lessThan, (x, y) => x < y),
  choose(lessOrEqual, (x, y) => x <= y),
  choose(greaterThan, (x, y) => x > y),
  choose(greaterOrEqual, (x, y) => x >= y),
  choose(equalTo, (x, y) => x === y),
  // In templates, an inserted expression stays one operand.
  both(
    (x, y) => expr`${x}+${y}`,
    (x, y) => x + y,
  ),
  both(
    (x, y) => expr`${x} - ${y}`,
    (x, y) => x - y,
  ),
  both(
    (x, y) => expr`${x} * ${y}`,
    (x, y) => x * y,
  ),
  both(
    (x, y) => expr`${x}/ ${y}`,
    (x, y) => x / y,
  ),
  both(
    (x, y) => expr`${x} ^ ${y}`,
    (x, y) => x ** y,
  ),
  both(
    (x, y) => expr`-${x} * ${y}`,
    (x, y) => -x * y,
  ),
  both(
    (x, y) => expr`-${x}^2 - -${y}`,
    (x, y) => -(x ** 2) - -y,
  ),
  both(
    (x, y) => expr`2 - ${x} / ${y} * 3`,
    (x, y) => 2 - (x / y) * 3,
  ),
  both(
    (x, y) => expr`(${x})*abs(${y}) + max(${x}, ${y})`,
    (x, y) => x * Math.abs(y) + Math.max(x, y),
  ),
  both(
    (x, y) => expr`if(${x} < ${y}, ${x}, -${y})`,
    (x, y) => (x < y ? x : -y),
  ),
  both(
    (x, y) => expr`${"a + b"} * ${x} ^ ${"c"} / ${y}`,
    (x, y) => ((values.a + values.b) * x ** values.c) / y,
  ),
];

const unary = [
  {
    f: (x: Operand) => (typeof x === "number" ? expr`${x}` : x).negated(),
    value: (x: number) => -x,
  },
  { f: abs, value: Math.abs },
  { f: language.exp, value: Math.exp },
  { f: language.tanh, value: Math.tanh },
  { f: language.floor, value: Math.floor },
  { f: (x: Operand) => expr`${x}`, value: (x: number) => x },
  { f: (x: Operand) => expr` - ${x} `, value: (x: number) => -x },
  { f: (x: Operand) => expr`sin(${x})`, value: Math.sin },
];

const leaf: fc.Arbitrary<Recipe> = fc.oneof(
  fc.constantFrom("a", "b", "c", "d").map((name): Recipe => {
    return (names) => ({
      expression: names[name as keyof Names],
      value: values[name as keyof Names],
    });
  }),
  fc
    .oneof(fc.integer({ min: -9, max: 9 }), fc.double({ noNaN: true, noDefaultInfinity: true }))
    .map((value): Recipe => () => ({ expression: value, value })),
);

const { tree } = fc.letrec<{ tree: Recipe }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    leaf,
    fc
      .tuple(fc.constantFrom(...binary), tie("tree"), tie("tree"))
      .map(([{ f, value }, left, right]): Recipe => {
        return (names) => {
          const [x, y] = [left(names), right(names)];
          return { expression: f(x.expression, y.expression), value: value(x.value, y.value) };
        };
      }),
    fc.tuple(fc.constantFrom(...unary), tie("tree")).map(([{ f, value }, of]): Recipe => {
      return (names) => {
        const x = of(names);
        return { expression: f(x.expression), value: value(x.value) };
      };
    }),
  ),
}));

const parameters = { a: 1, b: 1, c: 1, d: 1 };
const lookup = (name: string) => values[name as keyof Names];

describe("printing", () => {
  test("a formula's text has the formula's value", () => {
    fc.assert(
      fc.property(tree, (recipe) => {
        let value = NaN;
        const model = defineModel({
          states: ["x"],
          parameters,
          equations: (names) => {
            const pair = recipe(names);
            value = pair.value;
            return { x: pair.expression };
          },
        });
        expect(evaluateAll(model.definition, values)).toEqual([value]);
      }),
      { numRuns: 2000 },
    );
  });

  test("no parentheses can be left out", () => {
    const plainTree = fc.letrec<{ tree: (names: Names) => Expression }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc
          .constantFrom("a", "b", "c", "d")
          .map((name) => (names: Names) => names[name as keyof Names]),
        fc
          .tuple(
            fc.constantFrom("plus", "minus", "times", "dividedBy", "pow"),
            tie("tree"),
            tie("tree"),
          )
          .map(
            ([name, left, right]) =>
              (names: Names) =>
                left(names)[name](right(names)),
          ),
      ),
    })).tree;
    const pairs = /\(([^()]*)\)/g;
    fc.assert(
      fc.property(plainTree, (make) => {
        const names = { a: expr`a`, b: expr`b`, c: expr`c`, d: expr`d` };
        const text = make(names).toString();
        const value = shape(text);
        // Removing any innermost pair of parentheses gives a formula of another structure.
        for (const found of text.matchAll(pairs)) {
          const without =
            text.slice(0, found.index) + found[1] + text.slice(found.index + found[0].length);
          expect(shape(without)).not.toBe(value);
        }
      }),
    );
  });

  test("numbers are read back as the same double", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const { equations } = defineModel({ states: ["x"], equations: { x: value } }).definition;
        expect(Object.is(evaluate(equations[0]?.expression ?? "", lookup), value)).toBe(true);
      }),
    );
    const text = (value: number) => expr`a * ${value}`.toString();
    expect([1e-300, 1e21, 0.1, -2, 5e-324].map(text)).toEqual([
      "a * 1e-300",
      "a * 1e21",
      "a * 0.1",
      "a * (-2)",
      "a * 5e-324",
    ]);
  });

  test.each([
    ["a + (b + c)", (n: Names) => n.a.plus(n.b.plus(n.c))],
    ["a + b + c", (n: Names) => n.a.plus(n.b).plus(n.c)],
    ["a - (b - c)", (n: Names) => n.a.minus(n.b.minus(n.c))],
    ["a*b/c", (n: Names) => n.a.times(n.b).dividedBy(n.c)],
    ["a/(b*c)", (n: Names) => n.a.dividedBy(n.b.times(n.c))],
    ["a^b^c", (n: Names) => n.a.pow(n.b.pow(n.c))],
    ["(a^b)^c", (n: Names) => n.a.pow(n.b).pow(n.c)],
    ["-a^2", (n: Names) => n.a.pow(2).negated()],
    ["(-a)^2", (n: Names) => n.a.negated().pow(2)],
    ["a^(-2)", (n: Names) => n.a.pow(-2)],
    ["a*(-b)", (n: Names) => n.a.times(n.b.negated())],
    ["-(a + b)", (n: Names) => n.a.plus(n.b).negated()],
    ["if(a < -1, min(a, b, c), 0)", (n: Names) => ifElse(n.a.lessThan(-1), min(n.a, n.b, n.c), 0)],
    ["(a + b) * c", (n: Names) => expr`${n.a.plus(n.b)} * ${n.c}`],
    ["a + b - c", (n: Names) => expr`${n.a.plus(n.b)} - ${n.c}`],
    ["exp(a + b)", (n: Names) => expr`exp(${n.a.plus(n.b)})`],
    ["2 * (a - b)", () => expr`2 * ${expr`a - b`}`],
    ["a*(2 * b)", (n: Names) => n.a.times(expr`2 * b`)],
  ])("%s", (text, make) => {
    expect(make({ a: expr`a`, b: expr`b`, c: expr`c`, d: expr`d` }).toString()).toBe(text);
  });
});

/** The structure of a sum of products of powers, fully parenthesised. */
function shape(text: string): string {
  const tokens = [...text.matchAll(/\w+|\S/g)].map(([token]) => token);
  let at = 0;
  const level = (operators: string, inner: () => string) => () => {
    let left = inner();
    while (operators.includes(tokens[at] ?? "none")) left = `(${left}${tokens[at++]}${inner()})`;
    return left;
  };
  const atom = (): string => {
    const token = tokens[at++] as string;
    if (token !== "(") return token;
    const inner = sum();
    at += 1;
    return inner;
  };
  const power = (): string => {
    const base = atom();
    if (tokens[at] !== "^") return base;
    at += 1;
    return `(${base}^${power()})`;
  };
  const sum: () => string = level("+-", level("*/", power));
  return sum();
}

describe("sharing", () => {
  test("what is used twice is defined once, under a name that nothing has", () => {
    const { definition } = defineModel({
      states: ["x", "shared1"],
      parameters: { k: 1 },
      equations: ({ x, shared1, k }) => {
        const both = x.times(shared1);
        return { x: both.plus(both), shared1: both.minus(k) };
      },
    });
    expect(definition.where).toEqual([{ name: "shared_1", expression: "x*shared1" }]);
    expect(definition.equations).toEqual([
      { state: "x", expression: "shared_1 + shared_1" },
      { state: "shared1", expression: "shared_1 - k" },
    ]);
  });

  test("a definition that is used as an object is used by its name", () => {
    const drive = expr`k * ${expr`x`}`;
    const { definition } = defineModel({
      states: ["x"],
      parameters: { k: 1 },
      where: { drive },
      equations: { x: drive.minus(1) },
    });
    expect(definition.where).toEqual([{ name: "drive", expression: "k * x" }]);
    expect(definition.equations).toEqual([{ state: "x", expression: "drive - 1" }]);
  });

  test("text does not grow exponentially, and depth is cut", () => {
    const deep = defineModel({
      states: ["x"],
      equations: ({ x }) => {
        let doubled = x;
        for (let i = 0; i < 500; i += 1) doubled = doubled.plus(doubled).dividedBy(2);
        let sum = doubled;
        for (let i = 0; i < 20_000; i += 1) sum = sum.plus(x);
        return { x: sum };
      },
    });
    expect(JSON.stringify(deep.definition).length).toBeLessThan(200_000);
    expect(evaluateAll(deep.definition, { x: 0.5 })).toEqual([10_000.5]);
  });

  test("any graph with sharing has the values of its nodes", () => {
    const step = fc.tuple(fc.nat(4), fc.nat(), fc.nat());
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
        let expected: number[] = [];
        const { definition } = defineModel({
          states: ["x", "y"],
          parameters,
          equations: ({ a, b, c, d }) => {
            const nodes: Pair[] = [a, b, c, d].map((expression, i) => ({
              expression,
              value: Object.values(values)[i] as number,
            }));
            for (const [kind, first, second] of steps) {
              const [x, y] = [nodes[first % nodes.length], nodes[second % nodes.length]] as [
                Pair,
                Pair,
              ];
              const { f, value } = [binary[0], binary[1], binary[2], binary[5], binary[20]][
                kind
              ] as (typeof binary)[0];
              nodes.push({
                expression: f(x.expression, y.expression),
                value: value(x.value, y.value),
              });
            }
            const ends = [nodes.at(-1), nodes.at(-2)] as [Pair, Pair];
            expected = ends.map(({ value }) => value);
            return { x: ends[0].expression, y: ends[1].expression };
          },
        });
        expect(evaluateAll(definition, values)).toEqual(expected);
      }),
    );
  });
});

describe("vectors", () => {
  const x = [0.3, -1.1, 2.7, 0.9, -0.4];
  const at = (i: number) => x.at(i % x.length) as number;
  const first = (definition: { equations: readonly { expression: string }[] }) =>
    definition.equations[0]?.expression;

  test("sites that follow one rule get one equation, however the index is written", () => {
    const ways = [
      defineModel({
        states: vector("x", 5),
        equations: ({ x }, i) =>
          x
            .at(i - 1)
            .times(x.at(i + 2))
            .minus(x.at(i)),
      }),
      defineModel({
        states: vector("x", 5),
        equations: ({ x }, i) =>
          x
            .at((i + 4) % 5)
            .times(x.at((i + 2) % 5))
            .minus(x.at(i)),
      }),
      defineModel({ states: [vector("x", 5)], equations: { x: "x[i-1]*x[i+2] - x[i]" } }),
      defineModel({
        states: { x: vector(5) },
        equations: { x: ({ x }, i) => expr`${x.at(i - 1)}*${x.at(i + 2)} - ${x.at(i)}` },
      }),
      defineModel({
        states: { x: vector(5) },
        equations: ({ x }) => ({
          x: (i) =>
            x
              .at(i - 1)
              .times(x.at(i + 2))
              .minus(x.at(i)),
        }),
      }),
    ];
    for (const model of ways) expect(model.definition).toEqual(ways[0]?.definition);
    expect(first(ways[0]?.definition as never)).toBe("x[i-1]*x[i+2] - x[i]");
    const expected = x.map((own, i) => at(i + 4) * at(i + 2) - own);
    expect(evaluateAll((ways[0] as (typeof ways)[0]).definition, { x })).toEqual(expected);
  });

  test("one component for all sites keeps its number", () => {
    const { definition } = defineModel({
      states: vector("x", 5),
      equations: ({ x }, i) => x.at(2).minus(x.at(i)),
    });
    expect(definition.equations).toEqual([{ state: "x", expression: "x[2] - x[i]" }]);
  });

  test("sites that differ have an equation each", () => {
    const { definition } = defineModel({
      states: vector("x", 5),
      equations: ({ x }, i) => (i === 0 ? x.at(1) : x.at(i - 1).times(i)),
    });
    expect(definition.equations.map(({ state }) => state)).toEqual(["x0", "x1", "x2", "x3", "x4"]);
    expect(evaluateAll(definition, { x })).toEqual(
      x.map((_, i) => (i === 0 ? at(1) : at(i - 1) * i)),
    );
  });

  test("any rule at any site has the values of the rule", () => {
    const rule = fc.record({
      offsets: fc.array(fc.integer({ min: -7, max: 7 }), { minLength: 1, maxLength: 4 }),
      fixed: fc.option(fc.integer({ min: -7, max: 7 })),
      shares: fc.boolean(),
      own: fc.boolean(),
    });
    fc.assert(
      fc.property(rule, ({ offsets, fixed, shares, own }) => {
        const { definition } = defineModel({
          states: { x: vector(5), z: 1 },
          equations: ({ x, z }) => {
            const mean = x.at(0).plus(x.at(1)).times(z);
            return {
              z: shares ? mean : z,
              x: (i) => {
                const sum = offsets.reduce(
                  (so, offset) => so.plus(x.at(i + offset)),
                  shares ? mean : z,
                );
                const scaled = own && i % 2 === 0 ? sum.times(sum) : sum.plus(sum);
                return fixed === null ? scaled : scaled.minus(x.at(fixed));
              },
            };
          },
        });
        const mean = (at(0) + at(1)) * 2;
        const expected = x.map((_, i) => {
          const sum = offsets.reduce((so, offset) => so + at(i + offset + 10), shares ? mean : 2);
          const scaled = own && i % 2 === 0 ? sum * sum : sum + sum;
          return fixed === null ? scaled : scaled - at(fixed + 10);
        });
        expect(evaluateAll(definition, { x, z: 2 })).toEqual([...expected, shares ? mean : 2]);
        expect(definition.equations).toHaveLength(own ? 6 : 2);
      }),
    );
  });
});
