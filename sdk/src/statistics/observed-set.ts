// Results of one set of observed components.
import type { ConditionalLyapunov } from "../raw.js";
import type { TwinOutcome } from "./judge-twin.js";

/**
 * Results of one set of observed components. Medians, means and shares are over the twins that were
 * annealed. `C` are the names of the sets, `E` those of the estimated parameters.
 */
export interface ObservedSet<C extends string = string, E extends string = string> {
  /** Name of the set. */
  set: C;
  /** Numbers of the observed components. */
  observed: readonly number[];
  /** Outcomes of the twins that were annealed. */
  twins: readonly TwinOutcome<E>[];
  /** Share of the twins that succeeded: the verdict is consistent and the truth was found. */
  success: number;
  /** Interval of the probability of success with 95 % confidence (E. B. Wilson, 1927). */
  successInterval: readonly [number, number];
  /** Share of the twins whose verdict was consistent although the truth was not found. */
  wrongButConsistent: number;
  /** Action of the best path, median. */
  level: number;
  /** Action that noise alone explains, median. */
  expectedLevel: number;
  /**
   * Action of the second level divided by that of the lowest, median over the twins that had a
   * second; null if none had.
   */
  levelRatio: number | null;
  /** Share of the twins all of whose starting paths ended at one level. */
  oneLevel: number;
  /** Share of the starting paths that ended at the lowest level, mean. */
  atLowest: number;
  /** Error of the unobserved states, in standard deviations of these states, median. */
  stateError: number;
  /** Error of the unobserved states, in their own unit, median. */
  stateErrorAbsolute: number;
  /** Root mean square error of each estimated parameter. */
  parameterErrors: Record<E, number>;
  /**
   * Skill of the predictions, median: 1 is perfect, 0 as good as the climatological mean; null if
   * it is not finite.
   */
  skill: number | null;
  /** Time past the window for which predictions are valid, in the model's unit of time, median. */
  validTime: number;
  /** Duration of annealing one twin, in seconds, median. */
  seconds: number;
  /**
   * Largest conditional Lyapunov exponent, per unit of time; null if it was not asked for, if
   * observables are in the set, or if the orbit is not finite.
   */
  conditionalLyapunov: ConditionalLyapunov | null;
}

/** Summarises the outcomes of a set's twins. */
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

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Median; of an even number of values, the mean of the two in the middle. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2)].map(
    (k) => sorted[k] as number,
  );
  // Not by their mean where both are the same infinity.
  return low === high ? (low as number) : ((low as number) + (high as number)) / 2;
}

/**
 * Wilson's interval of a share of `n` trials, with 95 % confidence. It is useful for few trials and
 * for shares of 0 and 1, unlike the normal interval.
 */
function wilson(share: number, n: number): [number, number] {
  const z = 1.959963984540054;
  const centre = share + (z * z) / (2 * n);
  const half = z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return [Math.max(0, (centre - half) / scale), Math.min(1, (centre + half) / scale)];
}
