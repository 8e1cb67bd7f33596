// Curves over one axis, drawn by uPlot.
import { useCallback, useLayoutEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { coloursNow, onColourChange } from "./colours.js";
import { thickness } from "./long-series.js";

/**
 * Numbers over the axis, null where there is none; or a function that makes them when they are
 * drawn.
 */
export type Values = (number | null)[] | Float64Array | (() => (number | null)[]);

export interface Curve {
  label: string;
  values: Values;
  colour: string;
  /** Style of the curve. Default: a line. */
  as?: "line" | "dashes" | "dots";
  width?: number;
}

export interface Band {
  lower: Values;
  upper: Values;
  colour: string;
}

export interface PlotProps {
  title: string;
  /** Description of the picture for screen readers. */
  description: string;
  x: Float64Array | number[];
  xLabel?: string;
  curves: Curve[];
  bands?: Band[];
  logX?: boolean;
  logY?: boolean;
  height: number;
  /** Coordinate at which the window of the data ends. */
  mark?: number | undefined;
}

/** The values as uPlot wants them: it breaks lines at null and cannot draw NaN. */
function listed(values: Values): (number | null)[] {
  const all: ArrayLike<number | null> = typeof values === "function" ? values() : values;
  return Array.from(all, (y) => (y === null || !Number.isFinite(y) ? null : y));
}

function dataOf({ x, curves, bands = [] }: PlotProps): uPlot.AlignedData {
  const limits = bands.flatMap(({ lower, upper }) => [listed(lower), listed(upper)]);
  return [
    Array.from(x),
    ...limits,
    ...curves.map(({ values }) => listed(values)),
  ] as uPlot.AlignedData;
}

/** Key of everything that a drawing cannot change without being made again. */
function shapeOf({
  title,
  x,
  curves,
  bands = [],
  logX,
  logY,
  height,
  mark,
  xLabel,
}: PlotProps): string {
  const looks = curves.map(({ label, colour, as, width }) => [label, colour, as, width]);
  return JSON.stringify([
    title,
    looks,
    thickness(x.length),
    bands.map(({ colour }) => colour),
    logX,
    logY,
    height,
    mark,
    xLabel,
  ]);
}

function optionsOf(props: PlotProps, width: number): uPlot.Options {
  const { x, curves, bands = [], logX = false, logY = false, height, mark, xLabel } = props;
  const { text, grid, faint } = coloursNow();
  const axis = {
    stroke: text,
    grid: { stroke: grid, width: 1 },
    ticks: { stroke: grid, width: 1 },
    font: "11px system-ui",
  };
  const edges = bands.flatMap(({ colour }) =>
    [0, 1].map((): uPlot.Series => ({ stroke: colour, width: 0, points: { show: false } })),
  );
  const thick = thickness(x.length);
  const lines = curves.map(
    ({ label, colour, as = "line", width: own = thick.line }): uPlot.Series => {
      const dots = as === "dots";
      return {
        label,
        stroke: colour,
        width: dots ? 0 : own,
        ...(as === "dashes" && { dash: [5, 4] }),
        points: dots
          ? { show: true, size: thick.dot, fill: colour, stroke: colour }
          : { show: false },
        ...(dots && { paths: () => null }),
      };
    },
  );
  const drawMark = (plot: uPlot): void => {
    if (mark === undefined) return;
    const at = plot.valToPos(mark, "x", true);
    const { ctx } = plot;
    const { top, height: tall } = plot.bbox;
    ctx.save();
    ctx.strokeStyle = faint;
    ctx.setLineDash([3, 3]);
    ctx.beginPath();
    ctx.moveTo(at, top);
    ctx.lineTo(at, top + tall);
    ctx.stroke();
    ctx.restore();
  };
  return {
    width,
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false, distr: logX ? 3 : 1 }, y: { distr: logY ? 3 : 1 } },
    axes: [
      {
        ...axis,
        size: xLabel === undefined ? 26 : 30,
        ...(logX && powersOnly(axis)),
        ...(xLabel !== undefined && { label: xLabel, labelSize: 16, labelFont: "11px system-ui" }),
      },
      { ...axis, size: 58, space: 22, ...(logY && powersOnly(axis)) },
    ],
    series: [{}, ...edges, ...lines],
    bands: bands.map(({ colour }, k) => ({
      series: [2 * k + 2, 2 * k + 1] as [number, number],
      fill: colour,
    })),
    hooks: { draw: [drawMark] },
  };
}

/**
 * Options of an axis with labels at powers of ten only: a logarithmic axis has ten ticks between
 * two powers, too many for labels and lines.
 */
function powersOnly(axis: { grid: object; ticks: object }): Partial<uPlot.Axis> {
  const powers = (_: uPlot, ticks: number[]): (number | null)[] =>
    ticks.map((tick) => (isPower(tick) ? tick : null));
  const values = (_: uPlot, ticks: number[]): string[] =>
    ticks.map((tick) => (isPower(tick) ? `1e${Math.round(Math.log10(tick))}` : ""));
  return {
    values,
    grid: { ...axis.grid, filter: powers },
    ticks: { ...axis.ticks, filter: powers },
  };
}

function isPower(tick: number): boolean {
  const power = Math.log10(tick);
  return Math.abs(power - Math.round(power)) < 1e-6;
}

/** Draw functions of plots that are out of sight. Each is called when its plot is scrolled to. */
const behind = new Set<() => void>();

/** Draws the plots that are out of sight too, for a picture of the whole view. */
export async function drawAll(): Promise<void> {
  for (const draw of behind) draw();
  // uPlot draws in a microtask that comes before the continuation of this function.
  await Promise.resolve();
}

export function Plot(props: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const isSeen = useRef(true);
  // Properties of the present drawing. A draw request that comes before a drawing of another shape
  // is made must not put other curves into it.
  const latest = useRef(props);
  const shape = shapeOf(props);
  const draw = useCallback(() => {
    behind.delete(draw);
    plot.current?.setData(dataOf(latest.current));
  }, []);

  // A layout effect, which runs before the page is shown, so that a picture and its caption change
  // together.
  useLayoutEffect(() => {
    latest.current = props;
  });

  useLayoutEffect(() => {
    const element = place.current as HTMLDivElement;
    const make = (): void => {
      plot.current?.destroy();
      const width = Math.max(120, element.clientWidth);
      plot.current = new uPlot(optionsOf(latest.current, width), dataOf(latest.current), element);
    };
    make();
    const sizes = new ResizeObserver(() => {
      const width = Math.max(120, element.clientWidth);
      if (plot.current?.width !== width)
        plot.current?.setSize({ width, height: latest.current.height });
    });
    sizes.observe(element);
    const sight = new IntersectionObserver((entries) => {
      isSeen.current = entries.at(-1)?.isIntersecting === true;
      if (isSeen.current && behind.has(draw)) draw();
    });
    sight.observe(element);
    const forget = onColourChange(make);
    return () => {
      sizes.disconnect();
      sight.disconnect();
      forget();
      behind.delete(draw);
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [shape]);

  const drawn = useRef(props);
  useLayoutEffect(() => {
    if (drawn.current === props) return;
    drawn.current = props;
    if (isSeen.current) draw();
    else behind.add(draw);
  });

  return (
    <figure class="plot">
      <figcaption>{props.title}</figcaption>
      <div ref={place} role="img" aria-label={props.description} />
    </figure>
  );
}
