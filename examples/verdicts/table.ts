/** The table of all twins: shares of verdicts, findings and intervals that are right. */
import { type Judged, SHARES, type Way, WAYS } from "./judge.js";
import { type Situation, SITUATIONS } from "./situations.js";

/** Standard errors that the data have to carry before a verdict against them is demanded. */
export const DEMANDED = 4;

/** Number of deviations of its own from which an estimate of a consistent run counts as off. */
const OFF = 4;

/** A share of a number of cases. */
export interface Share {
  share: number;
  /** Standard error, by twins: the parameters of one twin are not independent. */
  error: number;
  count: number;
}

/** A row of the table: a kind of situation with one model, or with all of them. */
export interface Row {
  kind: string;
  model: string;
  /** Verdict that is right. */
  expected: string;
  twins: number;
  /** Twins that were called consistent. */
  consistent: Share;
  /** Twins of which this verdict is demanded, and the share of them that got another one. */
  wrong: Share;
  /** Twins of which a finding is demanded, and the share of them that got it. */
  named: Share;
  /** Median of the standard errors that the data carry against what was told. */
  evidence: number;
  /** Share of intervals that hold the truth, by way and in the order of `SHARES`. */
  held: Partial<Record<Way, Share[]>>;
  /** Consistent runs with an estimate that is more than four of its deviations off. */
  off: number;
  /** Runs, or their uncertainties, that ended with an error. */
  errors: number;
  /** Median time in seconds. */
  seconds: number;
}

const situationOf = (kind: string): Situation =>
  SITUATIONS.find((one) => one.kind === kind) as Situation;

/** True if the data of a twin say enough for the expected verdict to be demanded. */
export function isDemanded({ kind, evidence }: Judged): boolean {
  if (situationOf(kind).expected !== "inconsistent") return true;
  return evidence !== null && Math.abs(evidence.deviations) >= DEMANDED;
}

/** True if a finding names the situation, or none is needed. */
export function isNamed({ kind, codes }: Judged): boolean {
  const wanted = situationOf(kind).codes;
  return wanted.length === 0 || wanted.some((code) => codes.includes(code));
}

/** True if the verdict is the expected one, or as good. */
export function isRight(judged: Judged): boolean {
  const { expected, alsoRight = [], mayRefuse = false } = situationOf(judged.kind);
  const { verdict } = judged;
  if (verdict === "refused") return mayRefuse;
  if (verdict === expected) return true;
  // A word other than the expected one is as good if the findings say why.
  return alsoRight.includes(verdict) && isNamed(judged);
}

/** True if the run is called consistent and an estimate is far off all the same. */
export function isOff({ verdict, parameters }: Judged): boolean {
  if (verdict !== "consistent") return false;
  return Object.values(parameters).some(
    ({ found, truth }) => found !== null && Math.abs(found.mean - truth) > OFF * found.deviation,
  );
}

/** Rows of each kind with all models, each followed by those of single models. */
export function rowsOf(all: readonly Judged[]): Row[] {
  const kinds = SITUATIONS.map(({ kind }) => kind).filter((kind) =>
    all.some((one) => one.kind === kind),
  );
  return kinds.flatMap((kind) => {
    const of = all.filter((one) => one.kind === kind);
    const models = [...new Set(of.map(({ model }) => model))];
    const single = models.map((model) =>
      rowOf(
        kind,
        model,
        of.filter((one) => one.model === model),
      ),
    );
    return [rowOf(kind, "all", of), ...single];
  });
}

function rowOf(kind: string, model: string, of: readonly Judged[]): Row {
  const { expected, codes } = situationOf(kind);
  const demanded = of.filter(isDemanded);
  const held = WAYS.map((way) => [way, SHARES.map((_, k) => heldShare(of, way, k))] as const);
  return {
    kind,
    model,
    expected,
    twins: of.length,
    consistent: shareOf(of.map(({ verdict }) => verdict === "consistent")),
    wrong: shareOf(demanded.map((one) => !isRight(one))),
    named: shareOf(codes.length === 0 ? [] : demanded.map(isNamed)),
    evidence: median(of.map(({ evidence }) => Math.abs(evidence?.deviations ?? NaN))),
    held: Object.fromEntries(held.filter(([, [first]]) => (first?.count ?? 0) > 0)),
    off: of.filter(isOff).length,
    errors: of.filter(({ error }) => error !== null).length,
    seconds: median(of.map(({ seconds }) => seconds)),
  };
}

/** Share of intervals that hold the truth, with a standard error that counts twins. */
function heldShare(of: readonly Judged[], way: Way, k: number): Share {
  const shares = of
    .map(({ parameters }) =>
      Object.values(parameters).flatMap(({ held }) => {
        const one = held[way]?.[k];
        return one === undefined ? [] : [Number(one)];
      }),
    )
    .filter((one) => one.length > 0)
    .map((one) => one.reduce((sum, held) => sum + held, 0) / one.length);
  return meanOf(shares);
}

/** Share of cases that are true. */
export function shareOf(cases: readonly boolean[]): Share {
  const count = cases.length;
  const share = cases.filter(Boolean).length / count;
  return { share, error: Math.sqrt((share * (1 - share)) / count), count };
}

function meanOf(values: readonly number[]): Share {
  const count = values.length;
  const share = values.reduce((sum, one) => sum + one, 0) / count;
  const squares = values.reduce((sum, one) => sum + (one - share) ** 2, 0);
  return { share, error: Math.sqrt(squares / Math.max(count - 1, 1) / count), count };
}

function median(values: readonly number[]): number {
  const sorted = values.filter((one) => !Number.isNaN(one)).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** Headings of the columns of the table. */
export const COLUMNS = [
  "situation",
  "model",
  "right verdict",
  "twins",
  "evidence",
  "consistent",
  "wrong",
  "named",
  "50 %",
  "90 %",
  "off",
  "errors",
] as const;

/** Cells of a row, as text. */
export function cellsOf(row: Row): string[] {
  const { kind, model, expected, twins, consistent, wrong, named, held, off, errors } = row;
  return [
    kind,
    model,
    expected,
    String(twins),
    expected === "inconsistent" ? row.evidence.toFixed(1) : "",
    percent(consistent),
    wrong.count === 0 ? "" : `${percent(wrong)} of ${wrong.count}`,
    percent(named),
    heldCell(held, 0),
    heldCell(held, 1),
    expected === "consistent" ? String(off) : "",
    String(errors),
  ];
}

/** Shares of intervals by all ways that were gone, such as "49±2, 51±3". */
function heldCell(held: Row["held"], k: number): string {
  return Object.values(held)
    .map((shares) => withError(shares[k] as Share))
    .join(", ");
}

function withError({ share, error, count }: Share): string {
  return count === 0 ? "" : `${(100 * share).toFixed(0)}±${(100 * error).toFixed(0)}`;
}

function percent({ share, count }: Share): string {
  return count === 0 ? "" : `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
}

/** The table as Markdown. */
export function markdownOf(rows: readonly Row[]): string {
  const lines = [[...COLUMNS], COLUMNS.map(() => "---"), ...rows.map(cellsOf)];
  return `${lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n`;
}
