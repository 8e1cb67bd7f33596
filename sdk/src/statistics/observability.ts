// How many measurements are enough: twin experiments with different components observed, annealed
// and compared with their truths.
import { disposalGuard } from "../work/disposal.js";
import type { AnnealOptions } from "../anneal/options.js";
import type { Run } from "../anneal/run.js";
import type { ConditionalLyapunov } from "../raw.js";
import { columnsOf, judge, type TwinOutcome } from "./judge-twin.js";
import { planOf } from "./observability-plan.js";
import { Observability } from "./observability-result.js";
import { rowOf } from "./observed-set.js";

/** A study by one way of annealing. */
export async function observabilityBy(
  anneal: (options: AnnealOptions) => Promise<Run>,
  options: unknown,
): Promise<Observability> {
  const plan = planOf(options);
  const { sets, twins, signal, done, climate, near, estimated, inputs } = plan;
  const isStopped = (): boolean => signal?.aborted === true;
  const total = sets.length * twins.length;
  let count = [...done.values()].reduce((sum, outcomes) => sum + outcomes.size, 0);

  // Exponents first: they take a moment each, and whatever is wrong with their options shows.
  const exponents = new Map<string, ConditionalLyapunov | null>();
  let alone: ConditionalLyapunov | null = null;
  const guard = disposalGuard();
  for (const one of [undefined, ...sets]) {
    await guard.yieldThread();
    if (isStopped()) break;
    const exponent = plan.exponentOf(one?.observed ?? []);
    if (one === undefined) alone = exponent;
    else exponents.set(one.set, exponent);
  }

  // All sets with one truth before the next truth: whenever the study ends, sets can be compared.
  const jobs = twins.flatMap((twin, number) => sets.map((one) => ({ twin, number, ...one })));
  for (const { twin, number, set, observed } of jobs) {
    if (isStopped()) break;
    const outcomes = done.get(set) as Map<number, TwinOutcome>;
    if (outcomes.has(number)) continue;
    const began = performance.now();
    const run = await unlessStopped(signal, () =>
      anneal({
        ...plan.annealing,
        data: columnsOf(twin.data, observed),
        startingPaths: plan.startsOf(number),
        signal,
      }),
    );
    // What was cut short has no outcome.
    if (run === undefined || run.cancelled) break;
    const seconds = (performance.now() - began) / 1000;
    const outcome = judge(run, seconds, {
      twin,
      number,
      observed,
      climate,
      near,
      estimated,
      inputs,
    });
    outcomes.set(number, outcome);
    count += 1;
    plan.onProgress?.({ set, outcome, run, done: count, total });
  }

  if (count === 0) signal?.throwIfAborted();
  const rows = sets.flatMap(({ set, observed }) => {
    const own = [...(done.get(set)?.values() ?? [])].sort((a, b) => a.twin - b.twin);
    return own.length === 0 ? [] : [rowOf(set, observed, own, exponents.get(set) ?? null)];
  });
  const { settings, words } = plan;
  return new Observability({ rows, settings, words, cancelled: count < total, lyapunov: alone });
}

/** What a promise gives; undefined if it was stopped before it had anything. */
async function unlessStopped<T>(
  signal: AbortSignal | undefined,
  what: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await what();
  } catch (error) {
    if (signal?.aborted === true && error === signal.reason) return undefined;
    throw error;
  }
}
