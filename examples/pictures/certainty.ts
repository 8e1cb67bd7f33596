/**
 * Laplace's method and Monte Carlo of one posterior in one picture: deviations of all states, the
 * density of a parameter, and bands of one state.
 */
import { colours, heading, ink, toSvg, type Encoding, type Layer, type Position } from "./style.js";

export interface CertaintyPicture {
  title: string;
  subtitle: string;
  /** Standard deviations by both methods, one entry per state and time. */
  deviations: readonly { laplace: number; sampled: number; group: string }[];
  parameter: {
    label: string;
    name: string;
    mean: number;
    deviation: number;
    draws: Float64Array;
    truth: number;
  };
  bands: {
    label: string;
    times: Float64Array;
    truth: Float64Array;
    laplace: Ends;
    sampled: Ends;
  };
}

interface Ends {
  lower: Float64Array;
  upper: Float64Array;
}

const names = { laplace: "Laplace", sampled: "Monte Carlo", truth: "truth" };
/** Number of bins of the histogram of draws. */
const BINS = 30;

export function drawCertainty(picture: CertaintyPicture): Promise<string> {
  const above = { hconcat: [scatter(picture), density(picture)] };
  return toSvg(picture, { vconcat: [above, bands(picture)] });
}

/**
 * Colours of the kinds of curve, the same in all panels. The scatter plot has its own legend, of
 * groups.
 */
const kinds: NonNullable<Encoding["color"]> = {
  field: "kind",
  type: "nominal",
  scale: { domain: Object.values(names), range: [colours.estimate, colours.data, "#000000"] },
  legend: { symbolType: "stroke" },
};

const axis = (field: string, title: string, more: Partial<Position> = {}): Position =>
  ({
    field,
    type: "quantitative",
    title,
    scale: { zero: false, nice: false },
    axis: { grid: false, tickCount: 5 },
    ...more,
  }) as Position;

function scatter({ deviations }: CertaintyPicture) {
  const all = deviations.flatMap(({ laplace, sampled }) => [laplace, sampled]);
  const domain = [Math.min(...all) * 0.95, Math.max(...all) * 1.05];
  const scale = { type: "log", domain, nice: false };
  const ticks = { grid: false, tickCount: 4, format: "~g" };
  const x = axis("x", "standard deviation by Laplace's method", {
    scale,
    axis: ticks,
  } as Partial<Position>);
  const y = axis("y", "standard deviation of the draws", {
    scale,
    axis: ticks,
  } as Partial<Position>);
  const groups = [...new Set(deviations.map(({ group }) => group))];
  const layer: Layer[] = [
    heading([{ x: domain[0] as number, label: "every state at every time" }], x),
    {
      data: { values: domain.map((d) => ({ x: d, y: d })) },
      mark: { type: "line", color: ink.quiet, strokeWidth: 1, strokeDash: [4, 3] },
      encoding: { x, y },
    },
    {
      data: {
        values: deviations.map(({ laplace, sampled, group }) => ({
          x: laplace,
          y: sampled,
          group,
        })),
      },
      mark: { type: "point", filled: true, size: 12, opacity: 0.55 },
      encoding: {
        x,
        y,
        color: {
          field: "group",
          type: "nominal",
          scale: { domain: groups, range: ["#56b4e9", "#cc79a7"] },
          legend: { symbolType: "circle", offset: 26 },
        },
      },
    },
  ];
  return { width: 330, height: 300, layer, resolve: { scale: { color: "independent" as const } } };
}

function density({ parameter }: CertaintyPicture) {
  const { mean, deviation, draws, truth, name, label } = parameter;
  const [low, high] = [mean - 4.5 * deviation, mean + 4.5 * deviation];
  const width = (high - low) / BINS;
  const counts = new Float64Array(BINS);
  for (const draw of draws) {
    const bin = Math.floor((draw - low) / width);
    if (bin >= 0 && bin < BINS) counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const bars = Array.from(counts, (count, k) => ({
    x: low + k * width,
    x2: low + (k + 1) * width,
    y: count / (draws.length * width),
    kind: names.sampled,
  }));
  const curve = Array.from({ length: 121 }, (_, k) => {
    const x = low + ((high - low) * k) / 120;
    const y = Math.exp(-0.5 * ((x - mean) / deviation) ** 2) / (deviation * Math.sqrt(2 * Math.PI));
    return { x, y, kind: names.laplace };
  });
  const x = axis("x", name);
  const y = axis("y", "density", {
    scale: { zero: true, nice: true },
    axis: { grid: true, tickCount: 5 },
  });
  const layer: Layer[] = [
    heading([{ x: low, label }], x),
    {
      data: { values: bars },
      mark: { type: "bar", opacity: 0.35 },
      encoding: { x, x2: { field: "x2" }, y, y2: { datum: 0 }, color: kinds },
    },
    {
      data: { values: curve },
      mark: { type: "line", strokeWidth: 2 },
      encoding: { x, y, color: kinds },
    },
    {
      data: { values: [{ x: truth, kind: names.truth }] },
      mark: { type: "rule", strokeWidth: 1.5 },
      encoding: { x, color: kinds },
    },
  ];
  return { width: 330, height: 300, layer };
}

function bands({ bands: { label, times, truth, laplace, sampled } }: CertaintyPicture) {
  const x = axis("x", "time (dimensionless)");
  const y = axis("y", "x (dimensionless)", { axis: { grid: true, tickCount: 5 } });
  const both = [
    ["sampled", sampled],
    ["laplace", laplace],
  ] as const;
  const areas = both.flatMap(([kind, { lower, upper }]) =>
    Array.from(times, (t, n) => ({ x: t, y: lower[n], y2: upper[n], kind: names[kind] })),
  );
  const of = (kind: string) => areas.filter((row) => row.kind === kind);
  const curve = Array.from(times, (t, n) => ({ x: t, y: truth[n], kind: names.truth }));
  const layer: Layer[] = [
    heading([{ x: times[0] ?? 0, label }], x),
    {
      data: { values: of(names.sampled) },
      mark: { type: "area", opacity: 0.35 },
      encoding: { x, y, y2: { field: "y2" }, color: kinds },
    },
    // The other band as two lines, so that both can be seen where they are the same.
    ...(["y", "y2"] as const).map((field): Layer => ({
      data: { values: of(names.laplace).map((row) => ({ ...row, y: row[field] })) },
      mark: { type: "line", strokeWidth: 1.3 },
      encoding: { x, y, color: kinds },
    })),
    {
      data: { values: curve },
      mark: { type: "line", strokeWidth: 1.3, strokeDash: [5, 3] },
      encoding: { x, y, color: kinds },
    },
  ];
  return { width: 740, height: 220, layer };
}
