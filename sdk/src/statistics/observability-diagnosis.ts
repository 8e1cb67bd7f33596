// Conclusions of a study of observability, in prose.
import type { ConditionalLyapunov } from "../raw.js";
import type { ObservedSet } from "./observed-set.js";

/** Conclusions of a study, and the facts about it that its prose names. */
export interface Conclusions {
  /** Results of the sets. */
  rows: readonly ObservedSet[];
  /** Name of the smallest set that suffices; null if none does. */
  enough: string | null;
  /** True if a signal stopped the study. */
  cancelled: boolean;
  /** Largest Lyapunov exponent with nothing observed; null if it was not computed. */
  lyapunov: ConditionalLyapunov | null;
  /** Options of the study that its prose names. */
  setup: {
    /** Name of the model. */
    model: string;
    dimension: number;
    points: number;
    timeStep: number;
    noise: number;
    near: number;
    twins: number;
    further: number;
  };
}

/** Writes the conclusions as prose, a line for each statement. */
export function diagnosisOf(found: Conclusions): string {
  return [
    designOf(found),
    verdict(found),
    ...found.rows.flatMap(trouble),
    ...levels(found),
    ...exponents(found),
  ]
    .filter((sentence) => sentence !== "")
    .join("\n");
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(", ");

/** States the design of the study. */
function designOf({ rows, cancelled, setup }: Conclusions): string {
  const { model, dimension, points, timeStep, noise, near, twins } = setup;
  const sets = rows.length === 1 ? "1 set" : `${rows.length} sets`;
  const until = cancelled
    ? " The study was cancelled before it was done; resume goes on with it."
    : "";
  return (
    `${sets} of observed components of ${model} (${dimension} states), ${twins} twins each: ${points} points ${timeStep} apart, noise ${noise}. ` +
    `A twin succeeds if its verdict is consistent and the states that are not observed are found to ${near} of how much they vary.${until}`
  );
}

/** States which set suffices, or advice if none does. */
function verdict({ rows, enough }: Conclusions): string {
  const row = rows.find(({ set }) => set === enough);
  if (row === undefined) {
    const best = rows.reduce((a, b) => (b.success > a.success ? b : a));
    const advice =
      best.wrongButConsistent > 0
        ? "observe more components, a longer window, or with less noise"
        : "observe more components, or try more starting paths (startingPaths.count) and a longer window";
    return `None of the sets is enough: of "${best.set}", the best, ${percent(best.success)} succeeded; ${advice}.`;
  }
  const { set, observed, twins, successInterval } = row;
  const all = twins.length === 1 ? "its only twin" : `all of its ${twins.length} twins`;
  const fewer = rows.filter((other) => other.observed.length < observed.length);
  const more = rows.filter((other) => other.observed.length > observed.length && other.success < 1);
  const failing = fewer.length === 0 ? " No set with fewer was tried." : "";
  const but =
    more.length === 0
      ? ""
      : ` That is no rule: ${quoted(more.map((one) => one.set))} with more had failures.`;
  return (
    `"${set}" (${observed.length} components) is enough here: ${all} succeeded, so that at least ${percent(successInterval[0])} of others like them do (with 95 % confidence).` +
    failing +
    but
  );
}

/** States what happened to the twins of a set that did not succeed. */
function trouble({ set, twins, success, wrongButConsistent }: ObservedSet): string[] {
  if (success === 1) return [];
  const wrong = twins.filter((twin) => twin.wrongButConsistent).length;
  const rest = twins.filter((twin) => !twin.success && !twin.wrongButConsistent).length;
  const parts = [`"${set}": ${twins.length - wrong - rest} of ${twins.length} succeeded`];
  if (wrong > 0) {
    parts.push(
      `${wrong} ended in a wrong path that the noise allows, so that a verdict of "consistent" is no proof there`,
    );
  }
  if (rest > 0) {
    parts.push(
      `${rest} found no path that agrees with the data, which their verdict says: more starting paths may`,
    );
  }
  return [
    `${parts.join("; ")}.`,
    ...(wrongButConsistent > 0.5 ? [`With "${set}" alone the truth is not determined.`] : []),
  ];
}

/** States the action levels of every set. */
function levels({ rows }: Conclusions): string[] {
  return rows.map(({ set, levelRatio, oneLevel, atLowest }) => {
    if (levelRatio === null) return `"${set}": all starts ended at one action level in every twin.`;
    const alone =
      oneLevel > 0
        ? ` in ${percent(oneLevel)} of the twins there is only one level, in the others`
        : "";
    return `"${set}": ${percent(atLowest)} of the starts ended at the lowest action level;${alone} the second level is ${levelRatio.toPrecision(3)} times as high.`;
  });
}

/** States the conditional Lyapunov exponents, beside the success of annealing. */
function exponents({ rows, lyapunov }: Conclusions): string[] {
  const known = rows.flatMap((row) =>
    row.conditionalLyapunov === null
      ? []
      : [{ ...row, ...row.conditionalLyapunov, sd: row.conditionalLyapunov.standardError }],
  );
  if (known.length === 0) return [];
  const falls = known.filter(({ value, sd }) => value + 2 * sd < 0);
  const grows = known.filter(({ value, sd }) => value - 2 * sd > 0);
  const open = known.filter((one) => !falls.includes(one) && !grows.includes(one));
  const names = (of: typeof known): string => quoted(of.map(({ set }) => set));
  const parts = [
    ...(falls.length > 0
      ? [
          `a copy that is shown ${names(falls)} falls into step with the truth (exponent below zero)`,
        ]
      : []),
    ...(grows.length > 0
      ? [`one that is shown ${names(grows)} does not (exponent above zero)`]
      : []),
    ...(open.length > 0 ? [`of ${names(open)} the exponent is zero within its error`] : []),
  ];
  const against = grows.filter(({ success }) => success === 1);
  const found =
    against.length === 0
      ? ""
      : ` Annealing succeeds with ${names(against)} all the same: it uses what comes after a point as well as what came before.`;
  const alone =
    lyapunov === null ? "" : ` With nothing observed it is ${lyapunov.value.toFixed(2)}.`;
  return [`Conditional Lyapunov exponents: ${parts.join("; ")}.${alone}${found}`];
}
