/** The picture of the table: wrong verdicts by situation and model, and the share of intervals. */
import { colours, ink, type Plot, type Position, toSvg } from "../pictures/style.js";
import { SHARES } from "./judge.js";
import type { Row } from "./table.js";

export async function drawVerdicts(rows: readonly Row[], subtitle: string): Promise<string> {
  const kinds = [...new Set(rows.map(({ kind }) => kind))];
  return toSvg(
    { title: "Verdicts and intervals, against the truth", subtitle },
    {
      hconcat: [wrongPlot(rows, kinds), heldPlot(rows, kinds)],
    },
  );
}

function wrongPlot(rows: readonly Row[], kinds: readonly string[]): Plot {
  const values = rows
    .filter(({ model, wrong }) => model !== "all" && wrong.count > 0)
    .map(({ kind, model, wrong }) => ({
      kind,
      model,
      wrong: wrong.share,
      text: `${Math.round(wrong.share * wrong.count)} of ${wrong.count}`,
    }));
  const y: Position = {
    field: "kind",
    type: "nominal",
    sort: null,
    scale: { domain: [...kinds] },
    axis: { title: null, labelLimit: 260 },
  };
  const x: Position = {
    field: "model",
    type: "nominal",
    sort: null,
    axis: { title: null, orient: "top", labelAngle: 0, labelLimit: 200 },
  };
  return {
    title: { text: "Wrong verdicts, of twins whose data carry 4 standard errors", fontSize: 12 },
    width: 480,
    height: 24 * kinds.length,
    layer: [
      {
        data: { values },
        mark: { type: "rect", stroke: "white" },
        encoding: {
          x,
          y,
          color: {
            field: "wrong",
            type: "quantitative",
            scale: { domain: [0, 0.01, 1], range: ["#e3f1ea", "#fbe3d3", "#f0a36b"] },
            legend: null,
          },
        },
      },
      {
        data: { values },
        mark: { type: "text", fontSize: 11, color: ink.text },
        encoding: {
          x,
          y,
          text: { field: "text" },
        },
      },
    ],
  };
}

function heldPlot(rows: readonly Row[], kinds: readonly string[]): Plot {
  const values = rows
    .filter(({ model }) => model === "all")
    .flatMap(({ kind, held }) =>
      Object.entries(held).flatMap(([way, shares]) =>
        shares.map(({ share, error }, k) => ({
          kind,
          way: way === "monteCarlo" ? "Monte Carlo" : way === "laplace" ? "Laplace" : way,
          nominal: `${100 * (SHARES[k] as number)} %`,
          share: 100 * share,
          low: 100 * Math.max(0, share - error),
          high: 100 * Math.min(1, share + error),
        })),
      ),
    );
  const y: Position = {
    field: "kind",
    type: "nominal",
    sort: null,
    scale: { domain: [...kinds] },
    axis: { title: null, labels: false, grid: true },
  };
  const color = {
    field: "way",
    type: "nominal",
    scale: {
      domain: ["Laplace", "profile", "Monte Carlo"],
      range: [colours.estimate, colours.prediction, colours.data],
    },
  } as const;
  const x = (field: string): Position => ({
    field,
    type: "quantitative",
    scale: { domain: [0, 100] },
    axis: { title: "share of intervals that hold the truth (%)" },
  });
  return {
    title: { text: "Intervals of 50 and 90 %", fontSize: 12 },
    width: 320,
    height: 24 * kinds.length,
    layer: [
      {
        data: { values: SHARES.map((share) => ({ nominal: 100 * share })) },
        mark: { type: "rule", color: ink.line, strokeDash: [4, 3] },
        encoding: { x: x("nominal") },
      },
      {
        data: { values },
        mark: { type: "rule", strokeWidth: 2 },
        encoding: { y, x: x("low"), x2: { field: "high" }, color },
      },
      {
        data: { values },
        mark: { type: "point", filled: true, size: 50 },
        encoding: { y, x: x("share"), color },
      },
    ],
  };
}
