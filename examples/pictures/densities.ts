/**
 * Posteriors of single numbers: a histogram of draws, a Gaussian over it, and a mean with its
 * standard deviation from elsewhere.
 */
import {
  colours,
  heading,
  toSvg,
  type Encoding,
  type Layer,
  type Plot,
  type Position,
} from "./style.js";

interface Gaussian {
  mean: number;
  deviation: number;
}

export interface DensitiesPicture {
  title: string;
  subtitle: string;
  /** Labels of the legend. */
  names: { draws: string; curve: string; mark: string };
  /** Number of panels in a row. */
  columns: number;
  panels: readonly { label: string; draws: ArrayLike<number>; curve: Gaussian; mark: Gaussian }[];
}

const bins = 40;
/** Number of standard deviations shown on either side of the mean. Draws beyond are counted too. */
const width = 4;

export async function drawDensities({
  names,
  columns,
  panels,
  ...picture
}: DensitiesPicture): Promise<string> {
  const color: Encoding["color"] = {
    field: "name",
    type: "nominal",
    scale: {
      domain: [names.draws, names.curve, names.mark],
      range: [colours.truth, colours.estimate, colours.data],
    },
    legend: { symbolType: "stroke" },
  };
  const plots = panels.map(({ label, draws, curve, mark }): Plot => {
    const [low, high] = [
      curve.mean - width * curve.deviation,
      curve.mean + width * curve.deviation,
    ];
    const bars = histogram(draws, low, high).map((bar) => ({ ...bar, name: names.draws }));
    const line = Array.from({ length: 161 }, (_, i) => {
      const z = width * (i / 80 - 1);
      const y = Math.exp(-(z ** 2) / 2) / (Math.sqrt(2 * Math.PI) * curve.deviation);
      return { x: curve.mean + z * curve.deviation, y, name: names.curve };
    });
    const top = Math.max(...bars.map(({ y }) => y), ...line.map(({ y }) => y));
    const x: Position = {
      field: "x",
      type: "quantitative",
      title: null,
      scale: { domain: [low, high], nice: false, zero: false },
      // Labels of different widths would shift the plots of one row against those of another.
      axis: { grid: false, tickCount: 6, format: "~g", labelFlush: 12 },
    };
    // Heights have no labels, as they only say that areas are one.
    const y: Position = {
      field: "y",
      type: "quantitative",
      scale: { domain: [0, 1.2 * top], nice: false },
      axis: null,
    };
    const { mean, deviation } = mark;
    const place = {
      name: names.mark,
      x: mean,
      from: mean - deviation,
      to: mean + deviation,
      y: 1.1 * top,
    };
    const layer: Layer[] = [
      heading([{ x: low, label }], x),
      {
        data: { values: bars },
        mark: "rect",
        encoding: { x, x2: { field: "x2" }, y, y2: { datum: 0 }, color },
      },
      {
        data: { values: line },
        mark: { type: "line", strokeWidth: 1.8 },
        encoding: { x, y, color },
      },
      {
        data: { values: [place] },
        mark: { type: "rule", strokeWidth: 1.8 },
        encoding: { x: { ...x, field: "from" }, x2: { field: "to" }, y, color },
      },
      {
        data: { values: [place] },
        mark: { type: "point", filled: true, size: 60, opacity: 1 },
        encoding: { x, y, color },
      },
    ];
    return { width: 340, height: 190, layer };
  });
  const rows = Array.from({ length: Math.ceil(plots.length / columns) }, (_, k) =>
    plots.slice(k * columns, (k + 1) * columns),
  );
  return toSvg(picture, { vconcat: rows.map((hconcat) => ({ hconcat })) });
}

/** Density of the draws in each bin: their share, divided by the bin's width. */
function histogram(draws: ArrayLike<number>, low: number, high: number) {
  const step = (high - low) / bins;
  const counts = new Float64Array(bins);
  for (const draw of Array.from(draws)) {
    const bin = Math.floor((draw - low) / step);
    if (bin >= 0 && bin < bins) counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return Array.from(counts, (count, k) => ({
    x: low + k * step,
    x2: low + (k + 1) * step,
    y: count / (draws.length * step),
  })).filter(({ y }) => y > 0);
}
