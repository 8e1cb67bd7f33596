// What a study of how many measurements are enough has found.
import type { ConditionalLyapunov } from "../raw.js";
import { tableOf } from "../table.js";
import { type Conclusions, diagnosisOf } from "./observability-diagnosis.js";
import type { ObservedSet } from "./observed-set.js";

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
