/** Named curves in panels side by side, with axes that are linear or logarithmic. */
import { colours, heading, ink, toSvg, type Encoding, type Layer, type Plot, type Position } from "./style.js";

export interface Curve {
  name: string;
  x: ArrayLike<number>;
  y: ArrayLike<number>;
}

export interface Panel {
  label: string;
  xTitle: string;
  yTitle: string;
  /** Axes that are logarithmic; curves leave out what is not above zero there. Default: none. */
  log?: "x" | "y" | "both";
  curves: readonly Curve[];
  /** A level across the panel. */
  rule?: { y: number; label: string };
}

export interface CurvesPicture {
  title: string;
  subtitle: string;
  panels: readonly Panel[];
  /** Names whose curves are broken lines without dots: what is compared with. */
  broken?: readonly string[];
}

/** Okabe and Ito's, in an order in which neighbours are far apart. */
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

/** One legend for all panels: a name has the same colour everywhere. */
export async function drawCurves(picture: CurvesPicture): Promise<string> {
  const names = [...new Set(picture.panels.flatMap(({ curves }) => curves.map(({ name }) => name)))];
  const broken = new Set(picture.broken);
  const color: Encoding["color"] = {
    field: "name",
    type: "nominal",
    scale: { domain: names, range: names.map((_, k) => palette[k % palette.length] ?? ink.line) },
    legend: { symbolType: "stroke" },
  };
  const wide = picture.panels.length === 1 ? 600 : picture.panels.length === 2 ? 380 : 270;
  const hconcat = picture.panels.map((panel): Plot => {
    const isLog = (axis: "x" | "y"): boolean => panel.log === axis || panel.log === "both";
    const fits = (value: number, axis: "x" | "y"): boolean => Number.isFinite(value) && (!isLog(axis) || value > 0);
    const points = panel.curves.flatMap(({ name, x, y }) =>
      Array.from(y, (value, i) => ({ name, x: x[i] ?? NaN, y: value })).filter(
        (point) => fits(point.x, "x") && fits(point.y, "y"),
      ),
    );
    const axis = (field: "x" | "y", title: string): Position => ({
      field,
      type: "quantitative",
      title,
      scale: isLog(field) ? { type: "log", nice: false } : { nice: true, zero: false },
      axis: { grid: field === "y", format: isLog(field) ? "~e" : "~g", tickCount: 5, labelOverlap: true },
    });
    const [x, y] = [axis("x", panel.xTitle), axis("y", panel.yTitle)];
    const of = (isBroken: boolean) => points.filter(({ name }) => broken.has(name) === isBroken);
    const first = Math.min(...points.map((point) => point.x));
    const rule = panel.rule === undefined ? [] : [panel.rule];
    const layer: Layer[] = [
      heading([{ x: first, label: panel.label }], x),
      {
        data: { values: of(false) },
        mark: { type: "line", strokeWidth: 1.8, point: { size: 22 } },
        encoding: { x, y, color },
      },
      {
        data: { values: of(true) },
        mark: { type: "line", strokeWidth: 1.8, strokeDash: [6, 4] },
        encoding: { x, y, color },
      },
      { data: { values: rule }, mark: { type: "rule", strokeDash: [2, 3], color: ink.quiet }, encoding: { y } },
      {
        data: { values: rule },
        mark: { type: "text", align: "left", baseline: "bottom", dx: 6, dy: -3, color: ink.quiet, fontSize: 11 },
        encoding: { x: { value: 0 }, y, text: { field: "label" } },
      },
    ];
    return { width: wide, height: 300, layer };
  });
  return toSvg(picture, { hconcat });
}
