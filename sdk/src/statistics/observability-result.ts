// Result of a study of observability: how many measurements are enough?
import type { ConditionalLyapunov } from "../raw.js";
import { tableOf } from "../table.js";
import { type Conclusions, diagnosisOf } from "./observability-diagnosis.js";
import type { ObservedSet } from "./observed-set.js";

/**
 * Result of {@link observability}: for each set of observed components, how often annealing finds
 * the truth. `C` are the names of the sets, `E` those of the estimated parameters.
 */
export class Observability<C extends string = string, E extends string = string> {
  /** Results of the sets, in the order in which these were given. */
  readonly rows: readonly ObservedSet<C, E>[];
  /** Name of the set with the fewest components whose twins all succeeded; null if none has. */
  readonly enough: C | null;
  /**
   * Largest Lyapunov exponent of the model with nothing observed, per unit of time; null if it was
   * not asked for or the orbit is not finite.
   */
  readonly lyapunov: ConditionalLyapunov | null;
  /** True if a signal stopped the study; `resume` goes on with it. */
  readonly cancelled: boolean;
  /** Options on which the outcomes depend, as JSON: a study is only resumed with equal ones. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly #setup: Conclusions["setup"];

  /** @internal */
  constructor({
    rows,
    settings,
    setup,
    cancelled,
    lyapunov,
  }: Omit<Conclusions, "enough"> & {
    settings: Readonly<Record<string, unknown>>;
  }) {
    this.rows = rows as readonly ObservedSet<C, E>[];
    this.settings = settings;
    this.cancelled = cancelled;
    this.lyapunov = lyapunov;
    this.#setup = setup;
    const succeeded = this.rows.filter(({ success }) => success === 1);
    const fewest = Math.min(...succeeded.map(({ observed }) => observed.length));
    this.enough = succeeded.find(({ observed }) => observed.length === fewest)?.set ?? null;
  }

  /** Results as a table, one line per set, in text. */
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

  /** Conclusions as prose, with advice. */
  diagnose(): string {
    const { rows, enough, cancelled, lyapunov } = this;
    return diagnosisOf({ rows, enough, cancelled, lyapunov, setup: this.#setup });
  }

  /**
   * Returns everything as plain data, for `JSON.stringify`; the result of `JSON.parse` can be
   * resumed. An exponent of -Infinity becomes null, as JSON has no infinity.
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
