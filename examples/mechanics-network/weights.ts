/** Weights that are the same in all layers, change from piece to piece, or change smoothly. */
import type { ContinuousNetworkOptions } from "least-action";
import { apart, type Outcome } from "../outcome.js";
import { drawCurves } from "../pictures/curves.js";
import { heading, table } from "../terminal.js";
import { networkOf, points, precisions, short, trained, weightNames } from "./network.js";

const layers = 16;
const pieces = 4;
const held = points(64, 0.5);

/** Compares the forms of weights. `rates` are values of R_w, the largest first. */
export async function weights(rates: readonly number[], signal?: AbortSignal) {
  const forms: [string, Partial<ContinuousNetworkOptions>][] = [
    ["constant", { weights: "constant" }],
    // Every piece has its own prior; with this one, equal pieces cost as much as a single one.
    [
      `${pieces} pieces`,
      { weights: "piecewise", pieces, weightPrecision: precisions.weightPrecision / pieces },
    ],
    ...rates.map((rate): [string, Partial<ContinuousNetworkOptions>] => [
      `smooth, R_w = ${rate}`,
      { weights: "smooth", weightRatePrecision: rate },
    ]),
  ];
  const rows: Row[] = [];
  for (const [name, form] of forms) {
    const network = networkOf({ layerStep: "rk4", ...form });
    const { action, path, iterations } = await trained(network, {
      layers,
      method: "collocation",
      integrator: "gauss-legendre-4",
      signal,
    });
    const w = network.weights(path);
    const errors = [points(8), held].map(({ inputs, outputs }) => {
      const predicted = network.predict(path, inputs);
      return Math.sqrt(
        predicted.reduce((sum, y, i) => sum + (y - (outputs.flat()[i] ?? NaN)) ** 2, 0) /
          predicted.length,
      );
    });
    const unknown =
      form.weights === "constant" ? 1 : form.weights === "piecewise" ? pieces : layers + 1;
    rows.push({ name, form, action, iterations, w, errors, unknown: unknown * weightNames.length });
    network.free();
  }
  heading(`Weights along ${layers} layers, by Gauss' method of order 4`);
  table(
    ["weights", "numbers", "action", "rms error, training", "between the points", "iterations"],
    rows.map(({ name, unknown, action, errors, iterations }) => [
      name,
      String(unknown),
      action.toFixed(6),
      ...errors.map((error) => error.toFixed(4)),
      String(iterations),
    ]),
  );
  const [constant, piecewise, ...smooth] = rows as [Row, Row, ...Row[]];
  const stiff = smooth[0] as Row;
  const falls = smooth.every(({ action }, k) => action < (smooth[k - 1]?.action ?? Infinity));
  const same = { action: stiff.action / constant.action - 1, weights: apart(stiff.w, constant.w) };
  const drawn = smooth.find(({ form }) => form.weightRatePrecision === 1) ?? stiff;
  return {
    pictures: {
      "mechanics-network-weights.svg": await drawCurves({
        title: "Weights along the layers",
        subtitle: `Constant, in ${pieces} pieces, or smooth, each the path of least action`,
        columns: 3,
        panels: weightNames.map((label, k) => ({
          label,
          xTitle: "layer l",
          yTitle: "weight",
          curves: [constant, piecewise, drawn].map(({ name, form, w }) => {
            const values = w.filter((_, i) => i % weightNames.length === k);
            return {
              name,
              ...(form.weights === "piecewise" ? stairs(values) : { x: grid(values), y: values }),
            };
          }),
        })),
      }),
    },
    checks: [
      {
        claim:
          `weights that may change cost less: ${constant.action.toFixed(3)} constant, ` +
          `${piecewise.action.toFixed(3)} in pieces, ${drawn.action.toFixed(3)} smooth`,
        holds: piecewise.action < constant.action && drawn.action < constant.action,
      },
      {
        claim:
          "as R_w grows smooth weights tend to the constant ones (at " +
          `${String(stiff.form.weightRatePrecision)} the action is ${short(-same.action)} ` +
          `lower, weights differ by ${short(same.weights)})`,
        holds: falls && same.action < 0 && same.action > -1e-3 && same.weights < 1e-2,
      },
    ] satisfies Outcome["checks"],
  };
}

interface Row {
  name: string;
  form: Partial<ContinuousNetworkOptions>;
  action: number;
  iterations: number;
  w: Float64Array;
  errors: number[];
  unknown: number;
}

const grid = (values: ArrayLike<number>): Float64Array =>
  Float64Array.from({ length: values.length }, (_, n) => n / (values.length - 1));

/** A curve of steps, with both values at every jump. */
function stairs(values: Float64Array): { x: number[]; y: number[] } {
  const [x, y]: [number[], number[]] = [[], []];
  grid(values).forEach((l, n) => {
    const [before, now] = [values[n - 1] ?? NaN, values[n] ?? NaN];
    if (n > 0 && before !== now) {
      x.push(l);
      y.push(before);
    }
    x.push(l);
    y.push(now);
  });
  return { x, y };
}
