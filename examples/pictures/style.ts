/** Common style of the pictures: colours, type, and the conversion of a specification to SVG. */
import { Error as errorsOnly, parse, textMetrics, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";

export type Plot = Extract<TopLevelSpec, { vconcat: readonly unknown[] }>["vconcat"][number];
export type Layer = Extract<TopLevelSpec, { layer: readonly unknown[] }>["layer"][number];
export type Encoding = NonNullable<Exclude<Layer, { layer: unknown }>["encoding"]>;
export type Position = NonNullable<Encoding["x"]>;

declare module "vega" {
  /**
   * Vega's estimate of the width of a text. Users may replace it, though its types do not say so.
   */
  const textMetrics: { width: (item: { fontSize?: number }, text: string) => number };
}

// Without a canvas Vega takes every character to be 0.8 em wide, and leaves room for that. These
// are about Helvetica's widths, the same on every machine.
textMetrics.width = ({ fontSize = 11 }, text) =>
  fontSize *
  Array.from(String(text), (c) =>
    /[ fijlrtI.,:;'|()/]/.test(c) ? 0.31 : /[mwMW]/.test(c) ? 0.85 : 0.58,
  ).reduce((sum, w) => sum + w, 0);

/**
 * Blue, vermilion and green of Okabe and Ito, which colour-blind readers can tell apart, also in
 * grey print.
 */
export const colours = {
  data: "#d55e00",
  truth: "#b8c2cc",
  estimate: "#0072b2",
  prediction: "#009e73",
};
export const ink = {
  text: "#1f2933",
  quiet: "#616e7c",
  line: "#9aa5b1",
  grid: "#e9ecef",
  future: "#f1f5f2",
};

const config: NonNullable<TopLevelSpec["config"]> = {
  background: "white",
  padding: 16,
  font: "Helvetica, Arial, 'Liberation Sans', sans-serif",
  view: { stroke: null },
  title: {
    anchor: "start",
    frame: "group",
    color: ink.text,
    fontSize: 16,
    subtitleColor: ink.quiet,
    subtitleFontSize: 12,
    subtitlePadding: 6,
    offset: 12,
  },
  axis: {
    gridColor: ink.grid,
    domainColor: ink.line,
    tickColor: ink.line,
    labelColor: ink.text,
    labelFlush: false,
    labelFontSize: 11,
    titleColor: ink.text,
    titleFontSize: 12,
    titleFontWeight: "normal",
    titlePadding: 8,
  },
  // Axis titles of plots above each other stay in one line, whatever the width of their labels.
  axisY: { minExtent: 32 },
  legend: {
    orient: "top",
    direction: "horizontal",
    title: null,
    labelFontSize: 12,
    labelColor: ink.text,
    labelLimit: 400,
    columnPadding: 24,
    symbolSize: 300,
    symbolStrokeWidth: 2.5,
    symbolOpacity: 1,
  },
};

/**
 * The SVG with coordinates rounded to hundredths of a pixel. Vega writes seventeen digits, which
 * doubles the size of the file.
 */
const rounded = (svg: string): string =>
  svg.replace(/ (?:d|transform|x|y|x2|y2)="[^"]*"/g, (attribute) =>
    attribute.replace(/-?\d+\.\d{3,}/g, (number) => String(Math.round(+number * 100) / 100)),
  );

/** Plots below or beside one another under a common title, as one self-contained SVG. */
export async function toSvg(
  picture: { title: string; subtitle: string },
  plots: { vconcat: Plot[] } | { hconcat: Plot[] },
): Promise<string> {
  const title = { text: picture.title, subtitle: picture.subtitle };
  const { spec } = compile({ config, title, spacing: 14, ...plots });
  return rounded(await new View(parse(spec), { renderer: "none", logLevel: errorsOnly }).toSVG());
}

/** Text above the upper left corner of a plot, or above another place on its x axis. */
export function heading(labels: readonly { x: number; label: string }[], x: Position): Layer {
  return {
    data: { values: [...labels] },
    mark: {
      type: "text",
      align: "left",
      baseline: "bottom",
      dy: -5,
      color: ink.text,
      fontSize: 12,
    },
    encoding: { x, y: { value: 0 }, text: { field: "label" } },
  };
}
