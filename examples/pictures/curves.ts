/** Named curves in panels side by side, with axes that are linear or logarithmic. */
import {
  colours,
  heading,
  ink,
  toSvg,
  type Encoding,
  type Layer,
  type Plot,
  type Position,
} from "./style.js";

export interface Curve {
  name: string;
  x: ArrayLike<number>;
  y: ArrayLike<number>;
}

export interface Panel {
  label: string;
  xTitle: string;
  yTitle: string;
  /** Logarithmic axes, on which curves leave out values that are not positive. Default: none. */
  log?: "x" | "y" | "both";
  /**
   * Set for curves in the plane: drawn in the order of their points, without dots, with axes of the
   * same scale.
   */
  plane?: boolean;
  curves: readonly Curve[];
  /** Horizontal line across the panel. */
  rule?: { y: number; label: string };
}

export interface CurvesPicture {
  title: string;
  subtitle: string;
  panels: readonly Panel[];
  /** Number of panels in a row. Default: all of them. */
  columns?: number;
  /** Names of the curves for comparison, drawn as broken lines without dots. */
  broken?: readonly string[];
}

/** Colours of Okabe and Ito, in an order in which neighbours differ much. */
const palette = [
  colours.estimate,
  colours.data,
  colours.prediction,
  "#cc79a7",
  "#56b4e9",
  "#e69f00",
  ink.quiet,
  "#000000",
];

/** Draws the curves with one legend for all panels: a name has the same colour everywhere. */
export async function drawCurves(picture: CurvesPicture): Promise<string> {
  const names = [
    ...new Set(picture.panels.flatMap(({ curves }) => curves.map(({ name }) => name))),
  ];
  const broken = new Set(picture.broken);
  const color: Encoding["color"] = {
    field: "name",
    type: "nominal",
    scale: { domain: names, range: names.map((_, k) => palette[k % palette.length] ?? ink.line) },
    legend: { symbolType: "stroke" },
  };
  const columns = picture.columns ?? picture.panels.length;
  const wide = [600, 600, 380][columns] ?? 270;
  const plots = picture.panels.map((panel): Plot => {
    const isLog = (axis: "x" | "y"): boolean => panel.log === axis || panel.log === "both";
    const fits = (value: number, axis: "x" | "y"): boolean =>
      Number.isFinite(value) && (!isLog(axis) || value > 0);
    const points = panel.curves.flatMap(({ name, x, y }) =>
      Array.from(y, (value, i) => ({
        name,
        x: x[i] ?? NaN,
        y: value,
        ...(panel.plane && { i }),
      })).filter((point) => fits(point.x, "x") && fits(point.y, "y")),
    );
    const height = columns < picture.panels.length ? 220 : 300;
    const domains = panel.plane ? sameScale(points, wide, height) : undefined;
    const axis = (field: "x" | "y", title: string): Position => ({
      field,
      type: "quantitative",
      title,
      scale: isLog(field)
        ? { type: "log", nice: false }
        : domains === undefined
          ? { nice: true, zero: false }
          : { domain: domains[field], nice: false },
      axis: {
        grid: field === "y",
        ...(isLog(field) && { format: "~e" }),
        tickCount: 5,
        labelOverlap: true,
      },
    });
    const [x, y] = [axis("x", panel.xTitle), axis("y", panel.yTitle)];
    const of = (isBroken: boolean) => points.filter(({ name }) => broken.has(name) === isBroken);
    const first = domains?.x[0] ?? Math.min(...points.map((point) => point.x));
    const order = panel.plane ? { order: { field: "i", type: "quantitative" as const } } : {};
    const rule = panel.rule === undefined ? [] : [panel.rule];
    const layer: Layer[] = [
      heading([{ x: first, label: panel.label }], x),
      {
        data: { values: of(false) },
        mark: { type: "line", strokeWidth: 1.8, ...(!panel.plane && { point: { size: 22 } }) },
        encoding: { x, y, color, ...order },
      },
      {
        data: { values: of(true) },
        mark: { type: "line", strokeWidth: 1.8, strokeDash: [6, 4] },
        encoding: { x, y, color, ...order },
      },
      {
        data: { values: rule },
        mark: { type: "rule", strokeDash: [2, 3], color: ink.quiet },
        encoding: { y },
      },
      {
        data: { values: rule },
        mark: {
          type: "text",
          align: "left",
          baseline: "bottom",
          dx: 6,
          dy: -3,
          color: ink.quiet,
          fontSize: 11,
        },
        encoding: { x: { value: 0 }, y, text: { field: "label" } },
      },
    ];
    return { width: wide, height, layer };
  });
  const rows = Array.from({ length: Math.ceil(plots.length / columns) }, (_, k) =>
    plots.slice(k * columns, (k + 1) * columns),
  );
  const [only] = rows;
  return only !== undefined && rows.length === 1
    ? toSvg(picture, { hconcat: only })
    : toSvg(picture, { vconcat: rows.map((hconcat) => ({ hconcat })) });
}

/** Domains around all points, with a margin, in which a unit is as long on both axes. */
function sameScale(points: readonly { x: number; y: number }[], width: number, height: number) {
  const range = (field: "x" | "y"): [number, number] => {
    const values = points.map((point) => point[field]);
    return [Math.min(...values), Math.max(...values)];
  };
  const [x, y] = [range("x"), range("y")];
  const unit = 1.08 * Math.max((x[1] - x[0]) / width, (y[1] - y[0]) / height);
  const around = ([low, high]: [number, number], length: number): [number, number] => [
    (low + high - unit * length) / 2,
    (low + high + unit * length) / 2,
  ];
  return { x: around(x, width), y: around(y, height) };
}
