// Tests of measurements that are read from files and arrays onto the model's grid.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  defineModel,
  LeastActionError,
  type Observations,
  observations,
  readCsv,
  readNpy,
  vector,
} from "../src/index.js";
import { thrown } from "./problem.js";

/** Bytes of a .npy file: version 1.0, with a header padded to a multiple of 64 as NumPy does. */
function npy(
  descr: string,
  fortran: boolean,
  shape: readonly number[],
  data: Uint8Array,
): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dictionary =
    `{'descr': '${descr}', 'fortran_order': ${fortran ? "True" : "False"}, 'shape': ` +
    `${tuple}, }`;
  const length = Math.ceil((10 + dictionary.length + 1) / 64) * 64 - 10;
  const header = `${dictionary.padEnd(length - 1)}\n`;
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >> 8];
  return Uint8Array.of(...magic, ...Array.from(header, (c) => c.charCodeAt(0)), ...data);
}

function bytes(values: ArrayLike<number>, size: 4 | 8, littleEndian = true): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * size));
  Array.from(values).forEach((value, i) => {
    if (size === 8) view.setFloat64(i * 8, value, littleEndian);
    else view.setFloat32(i * 4, value, littleEndian);
  });
  return new Uint8Array(view.buffer);
}

/** Position in C order of every position in Fortran order, found by counting. */
function fortranPositions(shape: readonly number[]): number[] {
  const size = shape.reduce((a, b) => a * b, 1);
  return Array.from({ length: size }, (_, f) => {
    let rest = f;
    const index = shape.map((n) => {
      const i = rest % n;
      rest = Math.floor(rest / n);
      return i;
    });
    return index.reduce((sum, i, axis) => sum * (shape[axis] as number) + i, 0);
  });
}

describe("npy", () => {
  test("C and Fortran order of a 2 x 3 array", () => {
    expect(readNpy(npy("<f8", false, [2, 3], bytes([1, 2, 3, 4, 5, 6], 8)))).toEqual({
      shape: [2, 3],
      values: Float64Array.of(1, 2, 3, 4, 5, 6),
    });
    expect(readNpy(npy("<f8", true, [2, 3], bytes([1, 4, 2, 5, 3, 6], 8))).values).toEqual(
      Float64Array.of(1, 2, 3, 4, 5, 6),
    );
  });

  test("any array comes back as it was written", () => {
    const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 0, maxLength: 4 });
    fc.assert(
      fc.property(
        shapes,
        fc.boolean(),
        fc.constantFrom<4 | 8>(4, 8),
        fc.infiniteStream(fc.double()),
        (shape, fortran, size, stream) => {
          const count = shape.reduce((a, b) => a * b, 1);
          const drawn = Float64Array.from({ length: count }, () => stream.next().value as number);
          const values = size === 4 ? Float64Array.from(Float32Array.from(drawn)) : drawn;
          const order = fortranPositions(shape);
          const stored = fortran
            ? Float64Array.from({ length: count }, (_, f) => values[order[f] as number] as number)
            : values;
          // The bytes are in the middle of a larger buffer, as small Buffers of Node are.
          const file = npy(size === 4 ? "<f4" : "<f8", fortran, shape, bytes(stored, size));
          const window = new Uint8Array(file.length + 24).subarray(3, 3 + file.length);
          window.set(file);
          expect(readNpy(window)).toEqual({ shape, values });
          expect(readNpy(file.buffer as ArrayBuffer)).toEqual({ shape, values });
        },
      ),
    );
  });

  test.each([
    ["not an array file", new Uint8Array(100), /Not an .npy file/],
    ["nothing", new Uint8Array(0), /npy: /],
    ["cut off", npy("<f8", false, [3], bytes([1, 2], 8)), /needs 3 values, but it has 2/],
    ["cut off within a number", npy("<f8", false, [1], bytes([1], 8).slice(0, 5)), /npy: /],
    ["whole numbers", npy("<i4", false, [1], bytes([1], 4)), /float64 or float32/],
    ["complex numbers", npy("<c16", false, [1], bytes([1, 2], 8)), /float64 or float32/],
    ["text", npy("<U1", false, [1], bytes([1], 4)), /npy: /],
    ["big-endian numbers", npy(">f8", false, [1], bytes([1], 8, false)), />f8/],
  ])("%s: an error", (_name, file, message) => {
    const error = thrown(() => readNpy(file));
    expect(error).toBeInstanceOf(LeastActionError);
    expect(error).toMatchObject({ code: "unreadable", path: "npy" });
    expect((error as Error).message).toMatch(message);
  });

  test("any bytes give an array or an error of ours", () => {
    const file = npy("<f8", false, [2, 2], bytes([1, 2, 3, 4], 8));
    const broken = fc
      .tuple(fc.nat(file.length - 1), fc.nat(255), fc.nat(file.length))
      .map(([at, byte, length]) => {
        const copy = file.slice(0, length);
        if (at < length) copy[at] = byte;
        return copy;
      });
    fc.assert(
      fc.property(fc.oneof(broken, fc.uint8Array({ maxLength: 200 })), (given) => {
        try {
          readNpy(given);
        } catch (error) {
          expect(error).toBeInstanceOf(LeastActionError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe("csv", () => {
  test("columns by name; missing cells and NaN; comments, quotes, spaces and CRLF", () => {
    const table = readCsv(
      '# pelts, in thousands\r\n"year", hare ,lynx,remark\r\n1900,30,4.0,"a, b"\r\n\r\n' +
        "1901,,NaN,\r\n1902,-7.5e1,.5,x\r\n",
    );
    expect(table.columns).toEqual(["year", "hare", "lynx", "remark"]);
    expect(table.rows).toBe(3);
    expect(table.column("year")).toEqual(Float64Array.of(1900, 1901, 1902));
    expect(table.column("hare")).toEqual(Float64Array.of(30, NaN, -75));
    expect(table.column("lynx")).toEqual(Float64Array.of(4, NaN, 0.5));
  });

  test("another delimiter, and the mark that some editors put first", () => {
    const table = readCsv("\ufefft;x\n0;1\n", { delimiter: ";" });
    expect(table.columns).toEqual(["t", "x"]);
    expect(table.column("x")).toEqual(Float64Array.of(1));
  });

  test("any numbers come back as they were written", () => {
    const cell = fc.oneof(fc.double({ noDefaultInfinity: true }), fc.constant(NaN));
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (rows) => {
        const text = (value: number) =>
          Object.is(value, -0) ? "-0" : Number.isNaN(value) ? "" : String(value);
        const table = readCsv(["a,b", ...rows.map((row) => row.map(text).join(","))].join("\n"));
        expect(table.column("a")).toEqual(Float64Array.from(rows, ([a]) => a));
        expect(table.column("b")).toEqual(Float64Array.from(rows, ([, b]) => b));
      }),
    );
  });

  test.each([
    [
      "a cell that is not a number",
      "t,x\n0,1\n1,one\n",
      /row 2, column "x": "one" is not a number/,
      { row: 2, column: "x" },
    ],
    [
      "a number in hexadecimal",
      "t,x\n0,0x10\n",
      /row 1, column "x": "0x10"/,
      { row: 1, column: "x" },
    ],
    ["no header", "0,1\n1,2\n", /header is missing/, {}],
    ["nothing", "", /empty/, {}],
    ["the same name twice", "x,x\n1,2\n", /"x" twice/, { column: "x" }],
    ["a column without name", "x,\n1,2\n", /no name for column 2/, {}],
    ["too few cells", "t,x\n0,1\n1\n", /row 2: 1 cells, but the header has 2/, { row: 2 }],
    ["an open quote", 't,x\n0,"1\n', /row 1: /, { row: 1 }],
  ])("%s: an error", (_name, text, message, facts) => {
    const error = thrown(() => readCsv(text).column("x"));
    expect(error).toMatchObject({
      name: "LeastActionError",
      code: "unreadable",
      path: "csv",
      facts,
    });
    expect((error as Error).message).toMatch(message);
  });

  test("an unknown column: an error with those that there are", () => {
    const error = thrown(() => readCsv("t,Lynx\n0,1\n").column("lynx"));
    expect(error).toMatchObject({
      code: "unknownName",
      facts: { nearest: "Lynx", known: ["t", "Lynx"] },
    });
  });
});

describe("observations", () => {
  test("series on a finer grid, with gaps between", () => {
    const data = observations({
      times: [1, 2, 4],
      values: { 2: [10, 20, 40], 0: [1, NaN, 3] },
      timeStep: 0.5,
    });
    expect(data).toEqual({
      start: 1,
      timeStep: 0.5,
      points: 7,
      observed: [0, 2],
      // prettier-ignore
      values: Float64Array.of(1, 10, NaN, NaN, NaN, 20, NaN, NaN, NaN, NaN, NaN, NaN, 3, 40),
    });
  });

  test("the three forms of values are the same", () => {
    const times = [0, 1, 2];
    const byName = observations({ times, values: { 1: [1, 3, 5], 4: [2, 4, 6] } });
    const bySeries = { observed: [1, 4], values: [[1, 3, 5], Float32Array.of(2, 4, 6)] };
    expect(observations({ times, values: bySeries })).toEqual(byName);
    expect(
      observations({ times, values: { observed: [1, 4], values: [1, 2, 3, 4, 5, 6] } }),
    ).toEqual(byName);
    expect(byName).toMatchObject({
      timeStep: 1,
      points: 3,
      values: Float64Array.of(1, 2, 3, 4, 5, 6),
    });
  });

  test("times that lie on no grid are the points themselves, in order and each once", () => {
    const data = observations({
      times: [2.02, 0.25, 1.12, 1.12, 0.57, 24.37],
      values: { 0: [4, 1, 3, 3.5, 2, 5], 1: [9, NaN, 8, NaN, 7, 6] },
      errors: { 0: [0.4, 0.1, 0.3, 0.35, 0.2, 0.5], 1: 1 },
    });
    expect(data).toEqual({
      start: 0.25,
      timeStep: expect.closeTo(0.9),
      points: 5,
      times: Float64Array.of(0.25, 0.57, 1.12, 2.02, 24.37),
      observed: [0, 0, 1],
      // prettier-ignore
      values: Float64Array.of(1, NaN, NaN, 2, NaN, 7, 3, 3.5, 8, 4, NaN, 9, 5, NaN, 6),
      // prettier-ignore
      errors: Float64Array.of(0.1, NaN, NaN, 0.2, NaN, 1, 0.3, 0.35, 1, 0.4, NaN, 1, 0.5, NaN, 1),
    });
  });

  test("repeated measurements of a grid stay on it", () => {
    const data = observations({ times: [0, 1, 1, 2], values: { 0: [1, 2, 3, 4] } });
    expect(data).toMatchObject({ timeStep: 1, points: 3, observed: [0, 0] });
    expect(data.values).toEqual(Float64Array.of(1, NaN, 2, 3, 4, NaN));
  });

  test("inputs at times of their own are points of the data, and functions divide gaps", () => {
    const times = [0, 0.3, 2];
    const values = { 0: [1, 2, 3] };
    const I = { times: [-1, 0.3, 0.31, 5], values: [0, 0, 1, 1] };
    const data = observations({ times, values, inputs: { I } });
    expect(data.times).toEqual(Float64Array.of(0, 0.3, 0.31, 2));
    expect(data.inputs).toEqual(Float64Array.of(0, 0, 1, 1));
    const smooth = observations({ times, values, inputs: { I: (t) => t }, timeStep: 0.5 });
    expect(smooth.points).toBe(1 + 1 + 4);
    expect(smooth.inputs).toEqual(smooth.times);
    const listed = observations({ times, values, inputs: { I: [0, 3, 5] } });
    expect(listed.inputs).toEqual(Float64Array.of(0, 3, 5));
    const onGrid = observations({
      times: [0, 1, 2],
      values: { 0: [1, 2, 3] },
      inputs: { I: { times: [0, 2], values: [0, 4] } },
    });
    expect(onGrid.times).toBeUndefined();
    expect(onGrid.inputs).toEqual(Float64Array.of(0, 2, 4));
  });

  test("dates in the model's unit of time, from the earliest or from an origin", () => {
    const values = { 0: [1, 2, 3] };
    const days = ["2024-02-28", "2024-03-01T12:00", "2024-03-02 00:00:00+00:00"];
    /** Times at which something was measured. */
    const at = ({ start, timeStep, values }: Observations): number[] =>
      Array.from(values, (y, n) => (Number.isNaN(y) ? NaN : start + n * timeStep)).filter(
        (time) => !Number.isNaN(time),
      );
    const expected = [0, 2.5, 3];
    const unit = "days";
    expect(at(observations({ times: days, unit, values }))).toEqual(expected);
    const dates = days.map(
      (day) => new Date(day.length > 20 ? day : day.padEnd(16, "T00:00") + "Z"),
    );
    expect(at(observations({ times: dates, unit, values }))).toEqual(expected);
    const hours = observations({ times: days, unit: "hours", origin: "2024-02-27", values });
    expect(at(hours)).toEqual([24, 84, 96]);
    const zoned = ["2024-03-01T12:00+0200", "2024-03-01T11:00:00.5Z"];
    const seconds = observations({ times: zoned, unit: "seconds", values: { 0: [1, 2] } });
    expect([seconds.start, seconds.timeStep, seconds.points]).toEqual([0, 3600.5, 2]);
  });

  test.each([
    [{ times: ["2024-02-30", "2024-03-01"] }, "unit", /is missing: times are dates/],
    [{ times: ["yesterday", "2024-03-01"], unit: "days" }, "times[0]", /is no date/],
    [{ times: ["2024-03-01", "2024-13-01"], unit: "days" }, "times[1]", /is no date/],
    [{ times: [new Date(Number.NaN), "2024-03-01"], unit: "days" }, "times[0]", /valid/],
    [{ times: ["2024-03-01", 3], unit: "days" }, "times[1]", /must be a date/],
    [{ times: ["2024-03-01", "2024-03-02"], unit: "moons" }, "unit", /"weeks"/],
    [{ times: [0, 1], unit: "days" }, "unit", /numbers are in the model's unit/],
    [{ times: [0, 1], origin: "2024-03-01" }, "origin", /numbers are in the model's unit/],
  ])("dates that are wrong: %j", (change, path, message) => {
    const given = { values: { 0: [1, 2] }, ...change };
    const error = thrown(() => observations(given as Parameters<typeof observations>[0]));
    expect(error).toMatchObject({ name: "LeastActionError", path });
    expect((error as Error).message).toMatch(message);
  });

  test("times that were rounded when they were written down are on the grid", () => {
    const times = Array.from({ length: 50 }, (_, i) => Number((i / 3).toFixed(4)));
    const data = observations({ times, values: { 0: times }, timeStep: 1 / 3 });
    expect(data.points).toBe(50);
    expect(data.values).toEqual(Float64Array.from(times));
  });

  const model = defineModel({
    states: ["V", "m", vector("x", 2)],
    inputs: ["I", "J"],
    equations: { V: "I", m: "J", x: "0" },
  });

  test("components by name, with the model", () => {
    const times = [0, 1];
    const byNumber = observations({ times, values: { 3: [1, 2], 0: [3, 4] } });
    expect(observations({ model, times, values: { V: [3, 4], x1: [1, 2] } })).toEqual(byNumber);
    const listed = { observed: ["V", 3], values: [3, 1, 4, 2] } as const;
    expect(observations({ model, times, values: listed })).toEqual(byNumber);
  });

  test("inputs as values on the grid, or as functions of time, in the model's order", () => {
    const J = (t: number) => 10 * t;
    const data = observations({
      model,
      times: [1, 2],
      values: { V: [0, 0] },
      inputs: { J, I: [1, 2, 3] },
      timeStep: 0.5,
    });
    expect(data.inputs).toEqual(Float64Array.of(1, 10, 2, 15, 3, 20));
    const alone = observations({ times: [1, 2], values: { 0: [0, 0] }, inputs: { J } });
    expect(alone.inputs).toEqual(Float64Array.of(10, 20));
  });

  const given = { times: [0, 1], values: { 0: [1, 2] } };
  test.each([
    [
      "a name without model",
      { values: { V: [1, 2] } },
      "wrongShape",
      "values.V",
      /give the model too/,
    ],
    [
      "an unknown name",
      { model, values: { v: [1, 2] } },
      "unknownName",
      "values.v",
      /did you mean "V"/,
    ],
    [
      "an unknown name in a list",
      { model, values: { observed: ["q"], values: [1, 2] } },
      "unknownName",
      "values.observed[0]",
      /known: V/,
    ],
    [
      "a component twice",
      { model, values: { 0: [1, 2], V: [1, 2] } },
      "duplicate",
      "values.V",
      /twice/,
    ],
    ["a model that is none", { model: 7 }, "wrongShape", "model", /object, got 7/],
    [
      "two inputs without model",
      { inputs: { I: [1, 2], J: [1, 2] } },
      "wrongShape",
      "inputs",
      /give the model too/,
    ],
    ["a missing input", { model, inputs: { I: [1, 2] } }, "wrongShape", "inputs.J", /is missing/],
    [
      "an unknown input",
      { model, inputs: { I: [1, 2], J: [1, 2], K: [1] } },
      "unknownName",
      "inputs.K",
      /known: I, J/,
    ],
    [
      "too short an input",
      { inputs: { I: [1] } },
      "wrongLength",
      "inputs.I",
      /or a function of time/,
    ],
    [
      "an input that is not finite",
      { inputs: { I: [1, NaN] } },
      "outOfRange",
      "inputs.I[1]",
      /finite, got NaN/,
    ],
    [
      "a function that gives no number",
      { inputs: { I: () => "1" } },
      "wrongShape",
      "inputs.I",
      /gave "1" at time 0/,
    ],
  ])("%s: an error", (_name, change, code, path, message) => {
    const error = thrown(() =>
      observations({ ...given, ...change } as Parameters<typeof observations>[0]),
    );
    expect(error).toMatchObject({ name: "LeastActionError", code, path });
    expect((error as Error).message).toMatch(message);
  });
});
