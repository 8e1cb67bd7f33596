// What a study of how many measurements are enough has found.
import type { ConditionalLyapunov } from "../raw.js";
import { tableOf } from "../table.js";
import type { TwinOutcome } from "./judge-twin.js";
import { type Conclusions, diagnosisOf } from "./observability-diagnosis.js";

/**
 * One set of observed components, over its twins. Medians and shares are over those that were
 * annealed.
 */
export interface ObservedSet<C extends string = string, E extends string = string> {
  set: C;
  /** By number. */
  observed: readonly number[];
  /** One per twin. */
  twins: readonly TwinOutcome<E>[];
  /** The share that succeeded: consistent, and the truth found. */
  success: number;
  /** Between which the chance of a success lies, with 95 % confidence (E. B. Wilson, 1927). */
  successInterval: readonly [number, number];
  /** The share whose verdict was consistent although the truth was not found. */
  wrongButConsistent: number;
  /** Lowest action and what noise would make of it, medians. */
  level: number;
  expectedLevel: number;
  /**
   * The action of the second level over that of the lowest, median over the twins that had a
   * second; null if none had.
   */
  levelRatio: number | null;
  /** The share of twins all of whose starts ended at one level. */
  oneLevel: number;
  /** The share of starts that ended at the lowest level, mean. */
  atLowest: number;
  /**
   * Of the states that are not observed, relative to how much they vary and in their own unit,
   * medians.
   */
  stateError: number;
  stateErrorAbsolute: number;
  /** Root of the mean square of estimate less truth. */
  parameterErrors: Record<E, number>;
  /**
   * Of predictions, median: 1 is perfect, 0 as good as the climatological mean; null where it was
   * not finite.
   */
  skill: number | null;
  /** Time for which predictions are good, median. */
  validTime: number;
  /** That annealing one twin took, median. */
  seconds: number;
  /**
   * The largest conditional Lyapunov exponent, per unit of time; null if it was not asked for,
   * observed functions of the state leave it open, or the orbit is not finite.
   */
  conditionalLyapunov: ConditionalLyapunov | null;
}

export function rowOf(
  set: string,
  observed: readonly number[],
  twins: readonly TwinOutcome[],
  conditionalLyapunov: ConditionalLyapunov | null,
): ObservedSet {
  const of = (value: (twin: TwinOutcome) => number): number[] => twins.map(value);
  const share = (holds: (twin: TwinOutcome) => boolean): number =>
    mean(of((twin) => Number(holds(twin))));
  const ratios = twins.flatMap(({ levelRatio }) => (levelRatio === null ? [] : [levelRatio]));
  const skill = median(of((twin) => twin.skill ?? -Infinity));
  const names = Object.keys(twins[0]?.parameterErrors ?? {});
  const success = share((twin) => twin.success);
  return {
    set,
    observed,
    twins,
    success,
    successInterval: wilson(success, twins.length),
    wrongButConsistent: share((twin) => twin.wrongButConsistent),
    level: median(of((twin) => twin.level)),
    expectedLevel: median(of((twin) => twin.expectedLevel)),
    levelRatio: ratios.length === 0 ? null : median(ratios),
    oneLevel: share((twin) => twin.levelRatio === null),
    atLowest: mean(of((twin) => twin.atLowest)),
    stateError: median(of((twin) => twin.stateError)),
    stateErrorAbsolute: median(of((twin) => twin.stateErrorAbsolute)),
    parameterErrors: Object.fromEntries(
      names.map((name) => [
        name,
        Math.sqrt(mean(of((twin) => (twin.parameterErrors[name] as number) ** 2))),
      ]),
    ),
    skill: Number.isFinite(skill) ? skill : null,
    validTime: median(of((twin) => twin.validTime)),
    seconds: median(of((twin) => twin.seconds)),
    conditionalLyapunov,
  };
}

/**
 * Sets of observed components with what they suffice for. `C` are the names of the sets, `E` the
 * estimated parameters.
 */
export class Observability<C extends string = string, E extends string = string> {
  /** One per set, in the order in which they were given. */
  readonly rows: readonly ObservedSet<C, E>[];
  /** The set with the fewest components of which every twin succeeded; null if there is none. */
  readonly enough: C | null;
  /**
   * The largest Lyapunov exponent of the model, with nothing observed; null as those of the sets.
   */
  readonly lyapunov: ConditionalLyapunov | null;
  /** Whether a signal stopped the study; `resume` goes on with it. */
  readonly cancelled: boolean;
  /** What the outcomes depend on, as JSON has it: a study can only be continued with the same. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly #words: Conclusions["words"];

  /** @internal */
  constructor({
    rows,
    settings,
    words,
    cancelled,
    lyapunov,
  }: Omit<Conclusions, "enough"> & {
    settings: Readonly<Record<string, unknown>>;
  }) {
    this.rows = rows as readonly ObservedSet<C, E>[];
    this.settings = settings;
    this.cancelled = cancelled;
    this.lyapunov = lyapunov;
    this.#words = words;
    const succeeded = this.rows.filter(({ success }) => success === 1);
    const fewest = Math.min(...succeeded.map(({ observed }) => observed.length));
    this.enough = succeeded.find(({ observed }) => observed.length === fewest)?.set ?? null;
  }

  /** One line per set. */
  summary(): string {
    const parameters = Object.keys(this.rows[0]?.parameterErrors ?? {});
    const heads = [
      ...[
        "set",
        "observed",
        "twins",
        "success",
        "wrong but consistent",
        "at lowest level",
        "second level",
      ],
      ...[
        "hidden error",
        ...parameters.map((name) => `${name} error`),
        "skill",
        "valid time",
        "exponent",
        "seconds",
      ],
    ];
    const rows = this.rows.map((row) => [
      row.set,
      String(row.observed.length),
      String(row.twins.length),
      percent(row.success),
      percent(row.wrongButConsistent),
      percent(row.atLowest),
      row.levelRatio === null ? "none" : `x ${row.levelRatio.toPrecision(3)}`,
      row.stateError.toPrecision(2),
      ...parameters.map((name) => row.parameterErrors[name as E].toPrecision(2)),
      row.skill === null ? "none" : row.skill.toFixed(2),
      row.validTime.toPrecision(3),
      exponentText(row.conditionalLyapunov),
      row.seconds.toPrecision(2),
    ]);
    return tableOf(heads, rows, ["set"]);
  }

  /** What the numbers say, with advice. */
  diagnose(): string {
    const { rows, enough, cancelled, lyapunov } = this;
    return diagnosisOf({ rows, enough, cancelled, lyapunov, words: this.#words });
  }

  /**
   * Everything as plain data, for `JSON.stringify`; what is parsed again can be resumed. An
   * exponent of -Infinity becomes null, as JSON has it.
   */
  toJSON(): Record<string, unknown> {
    const { rows, enough, lyapunov, cancelled, settings } = this;
    return { rows, enough, lyapunov, cancelled, settings };
  }
}

function exponentText(exponent: ConditionalLyapunov | null): string {
  if (exponent === null) return "none";
  const { value, standardError } = exponent;
  return Number.isFinite(value)
    ? `${value.toFixed(2)} +- ${standardError.toFixed(2)}`
    : String(value);
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2)].map(
    (k) => sorted[k] as number,
  );
  // Not by their mean where both are the same infinity.
  return low === high ? (low as number) : ((low as number) + (high as number)) / 2;
}

/**
 * The interval of a share of `n` trials: of sizes at which the normal one is useless, as for 10 of
 * 10.
 */
function wilson(share: number, n: number): [number, number] {
  const z = 1.959963984540054;
  const centre = share + (z * z) / (2 * n);
  const half = z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return [Math.max(0, (centre - half) / scale), Math.min(1, (centre + half) / scale)];
}
