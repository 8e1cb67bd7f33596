/**
 * Components against time: data, estimate, truth where it is known, and the prediction past the
 * data.
 */
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

/** Kinds of curve in the order of drawing: later ones lie on top. */
const kinds = ["truth", "estimate", "prediction", "data"] as const;
export type Kind = (typeof kinds)[number];

export interface SeriesPicture {
  title: string;
  subtitle: string;
  xTitle: string;
  /** Format of numbers on the x axis (d3-format); years need no thousands separator. */
  xFormat?: string;
  yTitle: string;
  /** Ticks of the y axis, which makes it logarithmic. Default: a linear axis. */
  logTicks?: readonly number[];
  /** Time at which the data end and the prediction begins. */
  windowEnd: number;
  /** Label of the legend for each kind that occurs. */
  names: Readonly<Partial<Record<Kind, string>>>;
  rows: readonly {
    label: string;
    curves: readonly { kind: Kind; x: ArrayLike<number>; y: ArrayLike<number> }[];
    /** Error bars on the data: from value / factor to value * factor. */
    errorFactor?: number;
    /**
     * Bands shaded in the colour of the estimate, under everything else: the widest first, as what
     * lies in several is darker.
     */
    bands?: readonly { x: ArrayLike<number>; lower: ArrayLike<number>; upper: ArrayLike<number> }[];
  }[];
}

interface Point {
  x: number;
  y: number;
  kind: Kind;
  name: string;
}

type Row = SeriesPicture["rows"][number];

/** Components against time, one under another, with a common time axis and one legend. */
export async function drawSeries(picture: SeriesPicture): Promise<string> {
  const rows = picture.rows.map((row) => ({ ...row, points: pointsOf(row, picture.names) }));
  const points = rows.flatMap((row) => row.points);
  const times = points.map((point) => point.x);
  const span: [number, number] = [Math.min(...times), Math.max(...times)];
  const values = rows.flatMap((row) => [
    ...row.points.map((point) => point.y),
    ...barsOf(row).flatMap(({ low, high }) => [low, high]),
    ...(row.bands ?? []).flatMap(({ lower, upper }) => [
      ...Array.from(lower),
      ...Array.from(upper),
    ]),
  ]);
  const domain = withMargin(values, picture.logTicks !== undefined);
  const present = kinds.filter((kind) => points.some((point) => point.kind === kind));
  const color = colourOf(present, picture.names);
  const vconcat = rows.map((row, index): Plot => {
    const bottom = index === rows.length - 1;
    const x = (field: string): Position => ({
      field,
      type: "quantitative",
      scale: { domain: span, nice: false, zero: false },
      axis: {
        title: bottom ? picture.xTitle : null,
        labels: bottom,
        ticks: bottom,
        grid: false,
        format: picture.xFormat ?? "~g",
      },
    });
    const y = (field: string): Position => ({
      field,
      type: "quantitative",
      title: picture.yTitle,
      scale: { type: picture.logTicks ? "log" : "linear", domain, nice: false },
      axis: picture.logTicks
        ? { values: [...picture.logTicks], format: "~g" }
        : { tickCount: 4, format: "~f" },
    });
    const past = index === 0 ? [{ x: picture.windowEnd, label: "past the data" }] : [];
    const layer: Layer[] = [
      {
        data: { values: [{ from: picture.windowEnd, to: span[1] }] },
        mark: { type: "rect", color: ink.future },
        encoding: { x: x("from"), x2: { field: "to" } },
      },
      heading([{ x: span[0], label: row.label }, ...past], x("x")),
      ...(row.bands ?? []).map((band): Layer => ({
        data: {
          values: Array.from(band.lower, (low, i) => ({
            x: band.x[i] ?? NaN,
            low,
            high: band.upper[i] ?? NaN,
          })),
        },
        mark: { type: "area", color: colours.estimate, opacity: 0.18 },
        encoding: { x: x("x"), y: y("low"), y2: { field: "high" } },
      })),
      {
        data: { values: barsOf(row) },
        mark: { type: "rule", color: colours.data, opacity: 0.45 },
        encoding: { x: x("x"), y: y("low"), y2: { field: "high" } },
      },
      ...present.map((kind): Layer => ({
        data: { values: row.points.filter((point) => point.kind === kind) },
        mark: markOf(kind, row),
        encoding: { x: x("x"), y: y("y"), color },
      })),
    ];
    return { width: 700, height: rows.length > 3 ? 92 : 170, layer };
  });
  return toSvg(picture, { vconcat });
}

function pointsOf(row: Row, names: SeriesPicture["names"]): Point[] {
  return row.curves.flatMap(({ kind, x, y }) =>
    Array.from(y, (value, i) => ({
      x: x[i] ?? NaN,
      y: value,
      kind,
      name: names[kind] ?? kind,
    })).filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y)),
  );
}

function barsOf({ points, errorFactor }: { points: readonly Point[]; errorFactor?: number }) {
  if (errorFactor === undefined) return [];
  const data = points.filter((point) => point.kind === "data");
  return data.map(({ x, y }) => ({ x, low: y / errorFactor, high: y * errorFactor }));
}

function markOf(
  kind: Kind,
  { errorFactor }: Row,
): NonNullable<Extract<Layer, { mark: unknown }>["mark"]> {
  // Data with error bars are few and want large dots; dense data want small ones that leave the
  // curves visible.
  if (kind === "data")
    return {
      type: "point",
      filled: true,
      aria: false,
      ...(errorFactor ? { size: 32, opacity: 1 } : { size: 9, opacity: 0.75 }),
    };
  return {
    type: "line",
    strokeWidth: kind === "truth" ? 4 : 1.7,
    strokeDash: kind === "prediction" ? [5, 3] : [1, 0],
  };
}

/**
 * Domain of the vertical axis of all plots, so that their sizes can be compared, with a small
 * margin at both ends.
 */
function withMargin(values: readonly number[], log: boolean): [number, number] {
  const to = log ? Math.log : Number;
  const from = log ? Math.exp : Number;
  const low = Math.min(...values.map(to));
  const high = Math.max(...values.map(to));
  const margin = 0.04 * (high - low || 1);
  return [from(low - margin), from(high + margin)];
}

/**
 * Path of a circle smaller than its symbol's box: Vega uses one symbol size per legend, and the
 * lines need a wide one.
 */
const dot = "M-.4,0a.4,.4,0,1,0,.8,0a.4,.4,0,1,0,-.8,0Z";

/**
 * Colour encoding with one legend for all plots, which shows each kind as it is drawn: dots for
 * data, a broken line for the prediction, lines for the rest.
 */
function colourOf(
  present: readonly Kind[],
  names: SeriesPicture["names"],
): NonNullable<Encoding["color"]> {
  const name = (kind: Kind): string => names[kind] ?? kind;
  const when = <V>(kind: Kind, value: V, otherwise: V) => ({
    condition: { test: `datum.value === ${JSON.stringify(name(kind))}`, value },
    value: otherwise,
  });
  return {
    field: "name",
    type: "nominal",
    scale: { domain: present.map(name), range: present.map((kind) => colours[kind]) },
    legend: {
      encoding: {
        symbols: {
          shape: when("data", dot, "stroke"),
          fill: when("data", colours.data, "transparent"),
          strokeDash: when("prediction", [5, 3], [1, 0]),
        },
      },
    },
  };
}
