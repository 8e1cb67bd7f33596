import { readFile } from "node:fs/promises";
import { beforeAll, expect, test, vi } from "vitest";
import { init, readCsv } from "least-action";
import { lorenz96Twin } from "../examples/lorenz96-twin/index.js";
import { lynxHare } from "../examples/lynx-hare/index.js";
import type { Outcome } from "../examples/outcome.js";

const tiny = { starts: 2, rungs: 6 };

/** The text that a reader of the picture sees. */
const textOf = (svg: string): string =>
  [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text).join("\n");

const linesIn = (svg: string): number => svg.match(/aria-roledescription="line mark"/g)?.length ?? 0;

beforeAll(async () => {
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  await init();
});

function expectPicture(outcome: Outcome, name: string, texts: readonly string[]): string {
  const svg = outcome.pictures[name] ?? "";
  expect(svg).toMatch(/^<svg[^>]*>[^]*<\/svg>$/);
  expect(svg).not.toContain("NaN");
  // A picture that fetches anything is not self-contained.
  expect(svg).not.toMatch(/(?:href|src)=/);
  const text = textOf(svg);
  for (const wanted of texts) expect(text).toContain(wanted);
  return svg;
}

test("the pelts are complete: 21 years, both species, none missing", async () => {
  const csv = readCsv(await readFile(new URL("../examples/lynx-hare/lynx-hare.csv", import.meta.url), "utf8"));
  expect(csv.columns).toEqual(["year", "lynx", "hare"]);
  expect(csv.rows).toBe(21);
  expect([...csv.column("year")]).toEqual(Array.from({ length: 21 }, (_, i) => 1900 + i));
  const sum = (name: string): number => csv.column(name).reduce((total, pelts) => total + pelts, 0);
  // Totals of the published table, in thousands of pelts.
  expect(sum("lynx")).toBeCloseTo(423.5, 6);
  expect(sum("hare")).toBeCloseTo(715.7, 6);
});

test("a tiny Lorenz96 twin draws its levels and its components", async () => {
  const outcome = await lorenz96Twin({ size: tiny });
  const levels = expectPicture(outcome, "lorenz96-twin-levels.svg", [
    "Lorenz96 twin: action levels",
    "12 of 20 components observed",
    "8 of 20 components observed",
    "starts that end at the lowest level",
    "log₁₀ (R_f / R_m)",
    "action (mean normalisation)",
    "expected: 0.989",
  ]);
  // A line for each starting path of the two fits.
  expect(linesIn(levels)).toBe(2 + 1);
  const components = expectPicture(outcome, "lorenz96-twin-series.svg", [
    "data",
    "truth",
    "estimate",
    "prediction",
    "past the data",
    "time (dimensionless)",
    "x (dimensionless)",
    "component 5, observed",
    "component 2, never observed",
  ]);
  // Truth, estimate and prediction of five components.
  expect(linesIn(components)).toBe(3 * 5);

  // A ladder of so few rungs never makes the model bind, and the example has to say so.
  expect(outcome.checks.find(({ claim }) => claim.includes("misfit"))?.holds).toBe(false);
});

test("a tiny fit of lynx and hare draws its levels and both species", async () => {
  const outcome = await lynxHare({ size: tiny });
  const levels = expectPicture(outcome, "lynx-hare-levels.svg", [
    "action levels of 2 starting paths",
    "expected: 0.857",
  ]);
  expect(linesIn(levels)).toBe(2);
  const series = expectPicture(outcome, "lynx-hare-series.svg", [
    "hare",
    "lynx",
    "year",
    "1910",
    "pelts (thousands)",
    "prediction",
    "past the data",
  ]);
  expect(linesIn(series)).toBe(2 * 2);
});
