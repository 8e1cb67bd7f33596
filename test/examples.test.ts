import { readFile } from "node:fs/promises";
import { beforeAll, expect, test, vi } from "vitest";
import { init, readCsv } from "least-action";
import { abarbanel2018Twin } from "../examples/abarbanel-2018-twin/index.js";
import { bars } from "../examples/bars/index.js";
import { digits } from "../examples/digits/index.js";
import { howCertain } from "../examples/how-certain/index.js";
import { limits } from "../examples/limits/index.js";
import { lorenz96Twin } from "../examples/lorenz96-twin/index.js";
import { lynxHare } from "../examples/lynx-hare/index.js";
import { lynxHarePosterior } from "../examples/lynx-hare-posterior/index.js";
import { mechanicsLorenz } from "../examples/mechanics-lorenz/index.js";
import { mechanicsNetwork } from "../examples/mechanics-network/index.js";
import { mechanicsOrbits } from "../examples/mechanics-orbits/index.js";
import { mechanicsPaths } from "../examples/mechanics-paths/index.js";
import { observabilityExample } from "../examples/observability/index.js";
import type { Outcome } from "../examples/outcome.js";
import { recurrent } from "../examples/recurrent/index.js";

const tiny = { starts: 2, rungs: 6 };

/** The text that a reader of the picture sees. */
const textOf = (svg: string): string =>
  [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text).join("\n");

const linesIn = (svg: string): number =>
  svg.match(/aria-roledescription="line mark"/g)?.length ?? 0;

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
  const csv = readCsv(
    await readFile(new URL("../examples/lynx-hare/lynx-hare.csv", import.meta.url), "utf8"),
  );
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

test("the posterior of lynx and hare, by a few draws: Laplace's part is in full", async () => {
  const outcome = await lynxHarePosterior({ size: tiny });
  const parameters = expectPicture(outcome, "lynx-hare-posterior-parameters.svg", [
    "alpha, growth of hares (1/year)",
    "Monte Carlo",
    "Laplace",
    "Stan, mean and standard deviation",
  ]);
  expect(linesIn(parameters)).toBe(4);
  const series = expectPicture(outcome, "lynx-hare-posterior-series.svg", [
    "hare",
    "lynx",
    "1930",
    "past the data",
  ]);
  // Bands of 50 and 90 % of both species.
  expect(series.match(/aria-roledescription="area mark"/g)?.length).toBe(4);
  expect(outcome.checks).toHaveLength(4);
  expect(outcome.checks.find(({ claim }) => claim.includes("as good as exact"))?.holds).toBe(true);
});

// The examples of networks are run in full by `npm run demo -- all`, which checks what they claim;
// small ones are checked here, and that the others work.

test("the weak constraint tends to the strong one, and layers to a flow", async () => {
  const outcome = await limits({ size: { rungs: 9 } });
  const svg = expectPicture(outcome, "limits.svg", [
    "Two limits of a network's action",
    "R_f / R_m",
    "2-3-1 logistic neurons",
    "largest change of a weight",
  ]);
  expect(linesIn(svg)).toBe(5);
  expect(outcome.checks.map(({ claim, holds }) => [claim, holds])).toEqual(
    outcome.checks.map(({ claim }) => [claim, true]),
  );
});

test("orbits keep what symplectic and variational methods are to keep", async () => {
  const outcome = await mechanicsOrbits({ size: tiny });
  const energy = expectPicture(outcome, "mechanics-orbits-energy.svg", [
    "pendulum, step 0.25",
    "double pendulum",
    "energy error",
    "variational gauss-6",
    "dormand-prince",
  ]);
  expect(linesIn(energy)).toBe(6 + 3);
  const kepler = expectPicture(outcome, "mechanics-orbits-kepler.svg", [
    "20 revolutions of 64 steps",
    "first revolution",
    "angular momentum",
    "largest relative change",
  ]);
  // First and last revolution of two orbits; two errors of four methods.
  expect(linesIn(kepler)).toBe(2 * 2 + 2 * 4);
  expectPicture(outcome, "mechanics-orbits-maps.svg", [
    "step h",
    "error of (q, p)",
    "kahan-li-6",
    "MᵀJM − J",
  ]);
  expectPicture(outcome, "mechanics-orbits-area.svg", [
    "integral of p dq",
    "relative change",
    "at the end",
  ]);
  expect(outcome.checks).toHaveLength(7);
  expect(outcome.checks.filter(({ holds }) => !holds)).toEqual([]);
});

test("paths between two ends are those of closed forms", async () => {
  const outcome = await mechanicsPaths({ size: { starts: 12 } });
  const svg = expectPicture(outcome, "mechanics-paths.svg", [
    "pendulum, one path of each",
    "double well",
    "reversed flow",
  ]);
  // Three levels at least, and the double well's path.
  expect(linesIn(svg)).toBeGreaterThanOrEqual(4);
  expect(outcome.checks).toHaveLength(6);
  expect(outcome.checks.filter(({ holds }) => !holds)).toEqual([]);
});

test("annealed paths solve the boundary-value problem by every method", async () => {
  const outcome = await mechanicsLorenz({ size: { starts: 3, rungs: 2 } });
  const texts = [
    "minimisation once, collocation climbs",
    "a measurement at every 15th point",
    "action",
  ];
  expectPicture(outcome, "mechanics-lorenz.svg", texts);
  expect(outcome.checks).toHaveLength(6);
  expect(outcome.checks.filter(({ holds }) => !holds)).toEqual([]);
});

test("a residual network is trained by every method, and keeps what mechanics keeps", async () => {
  const outcome = await mechanicsNetwork({ size: tiny });
  const methods = expectPicture(outcome, "mechanics-network-methods.svg", [
    "forward-backward",
    "iterations",
  ]);
  expect(linesIn(methods)).toBe(4);
  expectPicture(outcome, "mechanics-network-layers.svg", ["inputs", "layer 32", "wanted"]);
  expectPicture(outcome, "mechanics-network-depth.svg", [
    "thickness of a layer",
    "gauss-legendre-4",
  ]);
  const weights = expectPicture(outcome, "mechanics-network-weights.svg", [
    "W₂₁",
    "b₂",
    "4 pieces",
  ]);
  expect(linesIn(weights)).toBe(6 * 3);
  const invariants = expectPicture(outcome, "mechanics-network-invariants.svg", [
    "energy H",
    "p δx",
    "64 orbits",
  ]);
  expect(linesIn(invariants)).toBe(3 * 5);
  expect(outcome.checks).toHaveLength(10);
  expect(outcome.checks.filter(({ holds }) => !holds)).toEqual([]);
});

test("a tiny study of how much to observe draws levels and what they suffice for", async () => {
  const outcome = await observabilityExample({ size: tiny });
  const levels = expectPicture(outcome, "observability-levels.svg", [
    "action levels and the number of sites observed",
    "2 of 11 observed",
    "6 of 11 observed",
  ]);
  // A line for each starting path of four sets.
  expect(linesIn(levels)).toBe(2 * 4);
  const study = expectPicture(outcome, "observability.svg", [
    "How many measurements are enough?",
    "share of twins whose truth is found",
    "conditional Lyapunov exponent",
    "default: an ensemble filter",
  ]);
  // Two ways to start in three panels, less those without a second level, and one curve of
  // exponents.
  expect(linesIn(study)).toBeGreaterThanOrEqual(2 + 2 + 1);
  expect(outcome.checks).toHaveLength(8);
  // Two rungs do not reach the level that noise explains.
  expect(outcome.checks[0]?.holds).toBe(false);
});

test("bands of a few short twins, and Laplace's method beside Monte Carlo", async () => {
  const outcome = await howCertain({ size: tiny });
  const coverage = expectPicture(outcome, "how-certain-coverage.svg", [
    "How often bands hold the truth",
    "bands of 50 %, errors of R_f = 400 in the truth",
    "bands of 90 %, no errors in the truth",
    "never observed",
    "nominal",
  ]);
  // Two groups of components in four panels.
  expect(linesIn(coverage)).toBe(2 * 4);
  const both = expectPicture(outcome, "how-certain.svg", [
    "every state at every time",
    "forcing",
    "bands of 90 %",
  ]);
  // The diagonal, the forcing's density, two ends of a band and the truth.
  expect(linesIn(both)).toBe(5);
  expect(outcome.checks).toHaveLength(7);
  // That bands allow for errors which are not there can be seen in two short twins, what they are
  // worth at the right R_f cannot.
  expect(outcome.checks[3]?.holds).toBe(true);
  expect(outcome.checks[0]?.holds).toBe(false);
});

test("a small set of bars is drawn with what the network takes them for", async () => {
  const outcome = await bars({ size: { starts: 1, rungs: 3 } });
  expectPicture(outcome, "bars-images.svg", ["Bars: fresh images", "%"]);
  expectPicture(outcome, "bars-levels.svg", ["20 images"]);
  // Twenty images and three rungs are not enough.
  expect(outcome.checks[0]?.holds).toBe(false);
});

test("digits come from the package, and some are drawn", async () => {
  const outcome = await digits({ size: { rungs: 2 } });
  const svg = expectPicture(outcome, "digits-images.svg", ["Held-out digits"]);
  // Grey pixels of two dozen images.
  expect(svg.match(/<path/g)?.length ?? 0).toBeGreaterThan(24 * 50);
  expectPicture(outcome, "digits-levels.svg", ["20 images"]);
});

test("a small recurrent network makes forecasts", async () => {
  const outcome = await recurrent({ size: { rungs: 2 } });
  expectPicture(outcome, "recurrent-errors.svg", [
    "time ahead (Lyapunov times)",
    "annealed",
    "persistence",
    "valid below",
  ]);
  const series = expectPicture(outcome, "recurrent-series.svg", ["beginning 1", "beginning 3"]);
  expect(linesIn(series)).toBe(2 * 3);
});

test("a small twin of networks has levels and errors along the ladder", async () => {
  const outcome = await abarbanel2018Twin({ size: { rungs: 3 } });
  const svg = expectPicture(outcome, "abarbanel-2018-twin-edge-of-chaos.svg", [
    "5 pairs",
    "log₁₀ (R_f / R_m)",
    "error of predictions",
    "constant output",
  ]);
  expect(linesIn(svg)).toBe(3);
  expectPicture(outcome, "abarbanel-2018-twin-weights-of-the-paper.svg", ["1 pair", "2 pairs"]);
});
