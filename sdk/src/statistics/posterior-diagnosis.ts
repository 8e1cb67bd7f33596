// Summary of draws for named quantities, and diagnosis of the sampling.
import type { RunParts } from "../anneal/run-parts.js";
import { call } from "../instance.js";
import type { SamplingFinding, SamplingVerdict, SummaryRow } from "../raw.js";
import type { ChainResult, Figure } from "./chains.js";
import type { DrawTable } from "./draw-table.js";

/** Draws of a sampling with all that their summary and diagnosis need. */
export interface Examined {
  /** Draws that are kept. */
  table: DrawTable;
  run: RunParts;
  /** Chains that were begun. */
  results: readonly ChainResult[];
  /** Chains that have draws. */
  drawn: readonly ChainResult[];
  /** Interval between draws that are kept. */
  thin: number;
  /** Statistics of the draws that are kept, chains x draws. */
  statistics: Readonly<Record<Figure, Float64Array>>;
  /** Options that Rust reads. */
  options: unknown;
}

/** Number of times at which the states of the chains are compared. */
const COMPARED = 5;

/** Least number of draws per chain with which halves of chains can be compared. */
export const FEWEST_DRAWS = 4;

/**
 * Values of parameters, of states at some points and of the log density, with their names: chains x
 * draws x quantities.
 */
function quantitiesOf({ table, run, statistics }: Examined, points: readonly number[]) {
  const { shape, states } = run;
  const { estimated, varying, times, kept } = shape;
  const columns = states.length + varying.length;
  const path = table.unknowns - estimated.length;
  const named = points.flatMap((point) =>
    [...states, ...varying].map((name, i) => {
      return {
        name: `${name} at ${Number((times[point] as number).toPrecision(6))}`,
        unknown: (kept?.rows[point] ?? point) * columns + i,
      };
    }),
  );
  const all = [...estimated.map((name, p) => ({ name, unknown: path + p })), ...named];
  const unknowns = all.map(({ unknown }) => unknown);
  const chosen = table.columns(unknowns);
  const width = unknowns.length + 1;
  const values = new Float64Array(table.count * width);
  for (let i = 0; i < table.count; i += 1) {
    values.set(chosen.subarray(i * (width - 1), (i + 1) * (width - 1)), i * width);
    values[(i + 1) * width - 1] = statistics.logDensity[i] as number;
  }
  return { names: [...all.map(({ name }) => name), "log density"], values, unknowns };
}

/** Summarises parameters, the log density and the states at the end of the window. */
export function summaryOf(examined: Examined): { rows: readonly SummaryRow[]; table: string } {
  const { table, run } = examined;
  const { names, values } = quantitiesOf(examined, [run.shape.times.length - 1]);
  return call((raw) => raw.summarizeDraws(names, values, table.chains));
}

/** Diagnoses the sampling: findings, and the verdict on whether the draws can be used. */
export function diagnosisOf(examined: Examined): {
  findings: SamplingFinding[];
  verdict: SamplingVerdict;
} {
  const { table, run, results, drawn, thin, options } = examined;
  const ofRun: SamplingFinding[] =
    run.warning === undefined
      ? []
      : [{ code: "runVerdict", severity: "problem", message: run.warning }];
  const failed = results.flatMap(({ start, failure, draws }): SamplingFinding[] => {
    if (failure === null) return [];
    const message = `Chain ${start} ended after ${draws} draws: ${failure.message}.`;
    return [{ code: "chainFailed", severity: "problem", message }];
  });
  if (table.draws < FEWEST_DRAWS) {
    const none: SamplingFinding = {
      code: "noDraws",
      severity: "problem",
      message: tooFew(table.draws),
    };
    return {
      findings: [
        ...ofRun,
        ...(failed.length > 0 && table.draws === 0 ? failed : [...failed, none]),
      ],
      verdict: "notConverged",
    };
  }
  const last = run.shape.times.length - 1;
  const points = Array.from({ length: COMPARED }, (_, k) =>
    Math.round((k * last) / (COMPARED - 1)),
  );
  const { names, values, unknowns } = quantitiesOf(examined, [...new Set(points)]);
  const divergent = drawn.flatMap(({ divergences }) =>
    divergences.flatMap(({ position }) => unknowns.map((unknown) => position[unknown] as number)),
  );
  const statistics = {
    ...examined.statistics,
    stepSize: Float64Array.from(drawn, ({ figures }) => figures.stepSize.at(-1) as number),
    divergences: Float64Array.from(drawn, ({ divergences }) => divergences.length / thin),
  };
  const where = Float64Array.from(divergent);
  const found = call((raw) =>
    raw.diagnoseDraws(names, values, table.chains, statistics, where, unknowns.length, options),
  );
  const verdict = failed.length > 0 && found.verdict === "converged" ? "doubtful" : found.verdict;
  return { findings: [...ofRun, ...failed, ...found.findings], verdict };
}

/** Message for chains with too few draws, with advice. */
export function tooFew(draws: number): string {
  return draws === 0
    ? "There are no draws yet: all chains are in their warm-up. Resume the sampling to go on."
    : `Of each chain ${draws === 1 ? "1 draw was" : `${draws} draws were`} kept, too few to say anything; resume the sampling with more draws, at least ${FEWEST_DRAWS}.`;
}
