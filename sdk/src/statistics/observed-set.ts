// One set of observed components in numbers.
import type { ConditionalLyapunov } from "../raw.js";
import type { TwinOutcome } from "./judge-twin.js";

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
