// Study of observability: twin experiments with different components observed are annealed and
// compared with their truths. It tells how many measurements are enough.
import { disposalGuard } from "../work/disposal.js";
import type { AnnealOptions } from "../anneal/options.js";
import type { Run } from "../anneal/run.js";
import type { ConditionalLyapunov } from "../raw.js";
import { columnsOf, judge, type TwinOutcome } from "./judge-twin.js";
import { planOf } from "./observability-plan.js";
import { Observability } from "./observability-result.js";
import { rowOf } from "./observed-set.js";

/** Does a study; `anneal` is the function that anneals its twins. */
export async function observabilityBy(
  anneal: (options: AnnealOptions) => Promise<Run>,
  options: unknown,
): Promise<Observability> {
  const plan = planOf(options);
  const { sets, twins, signal, done, climatology, near, estimated, inputs } = plan;
  const isStopped = (): boolean => signal?.aborted === true;
  const total = sets.length * twins.length;
  let count = [...done.values()].reduce((sum, outcomes) => sum + outcomes.size, 0);

  // Exponents come first: each takes a moment only, and errors in their options show early.
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
    // A run that was cancelled has no outcome.
    if (run === undefined || run.cancelled) break;
    const seconds = (performance.now() - began) / 1000;
    const outcome = judge(run, seconds, {
      twin,
      number,
      observed,
      climatology,
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
  const { settings, setup } = plan;
  return new Observability({ rows, settings, setup, cancelled: count < total, lyapunov: alone });
}

/** Awaits `what`; undefined if the signal stopped it before it had a result. */
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
