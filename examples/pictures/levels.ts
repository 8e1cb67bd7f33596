/**
 * Action against log10(R_f/R_m): the picture that says how many minima there are and which of them
 * is the lowest.
 */
import type { NetworkRun, Run } from "least-action";
import { colours, heading, ink, toSvg, type Layer, type Plot, type Position } from "./style.js";

export interface LevelsPicture {
  title: string;
  subtitle: string;
  /** Measurement precision R_m; the horizontal axis is the model precision divided by it. */
  measurementPrecision: number;
  /** Panels side by side, one for each annealing run. */
  panels: readonly LevelsPanel[];
  /** Number of panels in a row. Default: all of them. */
  columns?: number;
}

export interface LevelsPanel {
  label: string;
  run: Pick<Run<string> | NetworkRun, "rungTable" | "levels" | "expectedLevel">;
}

const groups = { lowest: "starts that end at the lowest level", higher: "starts that end higher" };
const groupColours = { [groups.lowest]: colours.estimate, [groups.higher]: ink.line };

export async function drawLevels(picture: LevelsPicture): Promise<string> {
  const plots = picture.panels.map((panel) => ({
    ...panel,
    rungs: rungsOf(panel.run, picture.measurementPrecision),
  }));
  // Where more is fitted than measured, noise explains a level of zero, which has no place on a
  // logarithmic axis.
  const levels = plots.flatMap((plot) => [
    plot.run.expectedLevel,
    ...plot.rungs.map((rung) => rung.action),
  ]);
  const actions = levels.filter((action) => action > 0);
  const domain: [number, number] = [Math.min(...actions) / 2, Math.max(...actions) * 2];
  const present = Object.values(groups).filter((group) =>
    plots.some((plot) => plot.rungs.some((rung) => rung.group === group)),
  );
  const columns = picture.columns ?? plots.length;
  const height = columns < plots.length ? 230 : 340;
  const all = plots.map((plot, index): Plot => {
    const x: Position = {
      field: "x",
      type: "quantitative",
      title: "log₁₀ (R_f / R_m), model precision over measurement precision",
      axis: { grid: false, format: "d", tickMinStep: 1 },
      scale: { nice: false, zero: false },
    };
    const y = (field: string): Position => ({
      field,
      type: "quantitative",
      title: index % columns === 0 ? "action (mean normalisation)" : null,
      axis: powersOfTen(domain),
      scale: { type: "log", domain, nice: false },
    });
    const first = Math.min(...plot.rungs.map((rung) => rung.x));
    const { expectedLevel } = plot.run;
    const label = `expected: ${expectedLevel.toPrecision(3)}`;
    const expected = expectedLevel > 0 ? [{ action: expectedLevel, label }] : [];
    const layer: Layer[] = [
      heading([{ x: first, label: plot.label }], x),
      {
        data: { values: plot.rungs },
        mark: { type: "line", strokeWidth: 1.4, opacity: 0.75 },
        encoding: {
          x,
          y: y("action"),
          detail: { field: "start" },
          order: { field: "x" },
          color: {
            field: "group",
            type: "nominal",
            scale: {
              domain: present,
              range: present.map((group) => groupColours[group] ?? ink.line),
            },
            legend: { symbolType: "stroke" },
          },
        },
      },
      {
        data: { values: expected },
        mark: { type: "rule", strokeDash: [6, 4], color: colours.data, strokeWidth: 1.5 },
        encoding: { y: y("action") },
      },
      {
        data: { values: expected },
        mark: {
          type: "text",
          align: "left",
          baseline: "top",
          dx: 8,
          dy: 5,
          color: colours.data,
          fontSize: 12,
        },
        encoding: { x: { value: 0 }, y: y("action"), text: { field: "label" } },
      },
      {
        data: { values: endLabels(plot.run, domain, height) },
        mark: {
          type: "text",
          align: "left",
          baseline: "middle",
          dx: 8,
          color: ink.text,
          fontSize: 12,
        },
        encoding: { x: { value: "width" }, y: y("action"), text: { field: "label" } },
      },
    ];
    return { width: plots.length > 1 ? 380 : 600, height, layer };
  });
  if (columns >= all.length) return toSvg(picture, { hconcat: all });
  const rows = Array.from({ length: Math.ceil(all.length / columns) }, (_, k) =>
    all.slice(k * columns, (k + 1) * columns),
  );
  return toSvg(picture, { vconcat: rows.map((hconcat) => ({ hconcat })) });
}

function rungsOf({ rungTable, levels }: LevelsPanel["run"], measurementPrecision: number) {
  const lowest = new Set(levels[0]?.starts);
  const rungs = Array.from(rungTable.action, (action, i) => {
    const start = Math.floor(i / rungTable.rungs);
    const modelPrecision = rungTable.modelPrecision[i % rungTable.rungs] ?? NaN;
    return {
      start,
      x: Math.log10(modelPrecision / measurementPrecision),
      action,
      group: lowest.has(start) ? groups.lowest : groups.higher,
    };
  });
  // Later curves lie on top. NaN stands for a rung that was not reached, and is not above zero
  // either.
  return [groups.higher, groups.lowest].flatMap((group) =>
    rungs.filter((rung) => rung.group === group && rung.action > 0),
  );
}

const SUPERSCRIPTS = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Axis ticks at powers of ten, written as such. */
function powersOfTen([bottom, top]: readonly [number, number]) {
  const first = Math.ceil(Math.log10(bottom));
  const exponents = Array.from(
    { length: Math.max(0, Math.floor(Math.log10(top)) - first + 1) },
    (_, i) => first + i,
  );
  const raised = (exponent: number): string =>
    String(exponent).replace(/./g, (c) => SUPERSCRIPTS["-0123456789".indexOf(c)] ?? c);
  const names = Object.fromEntries(
    exponents.map((n) => [n, n < 0 ? `10${raised(n)}` : String(10 ** n)]),
  );
  return {
    values: exponents.map((n) => 10 ** n),
    labelExpr: `${JSON.stringify(names)}[round(log(datum.value) / LN10)]`,
  };
}

/** Names levels beside the last rung, from the lowest up, as long as their labels do not touch. */
function endLabels(
  { rungTable, levels }: LevelsPanel["run"],
  [bottom, top]: readonly [number, number],
  height: number,
) {
  const lineHeight = (Math.log(top / bottom) * 16) / height;
  let floor = -Infinity;
  return levels.flatMap(({ action, starts }) => {
    const place = Math.log(action);
    if (place < floor) return [];
    floor = place + lineHeight;
    return [
      {
        action,
        label:
          `${action < 0.01 ? action.toExponential(1) : action.toPrecision(3)}: ` +
          `${starts.length} of ${rungTable.starts} starts`,
      },
    ];
  });
}
