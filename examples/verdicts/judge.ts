/** One twin: its data, the library's verdict and intervals, and what the example knows of both. */
import {
  anneal,
  defineModel,
  LeastActionError,
  observations,
  type Observations,
  type Run,
  samplePosterior,
} from "least-action";
import { random } from "../random.js";
import { strongest, type Test, testsOf } from "./evidence.js";
import type { TwinModel } from "./models.js";
import { fitTold } from "./oracle.js";
import type { Situation } from "./situations.js";
import { equationsInUnits, measured, rightTwin, timesOf, truePath, type Twin } from "./twin.js";

/** Probabilities of the intervals that are counted. */
export const SHARES = [0.5, 0.9] as const;

/** Ways to an interval. */
export const WAYS = ["laplace", "profile", "monteCarlo"] as const;
export type Way = (typeof WAYS)[number];

/** Result of one twin, plain data. */
export interface Judged {
  kind: string;
  model: string;
  seed: number;
  /** Verdict of the run, or `"refused"`. */
  verdict: string;
  /** Codes of the findings of the run and of its uncertainty. */
  codes: string[];
  /** Error in words of the run or of its uncertainty; null without one. */
  error: string | null;
  /** Test that objects most to what was told; null where no fit could be made. */
  evidence: Test | null;
  /** True value of each counted parameter, with the intervals that were found. */
  parameters: Record<string, JudgedParameter>;
  seconds: number;
}

export interface JudgedParameter {
  truth: number;
  /** Mean and standard deviation by Laplace's method; null where there is none. */
  found: { mean: number; deviation: number } | null;
  /** Estimate of the example's own fit, for comparison. */
  reference: { value: number; deviation: number } | null;
  /** Intervals that hold the truth: one flag by way and in the order of `SHARES`. */
  held: Partial<Record<Way, boolean[]>>;
}

/** Options of a judgement that cost time. */
export interface Effort {
  ways: readonly Way[];
  /** Time in seconds after which a run is stopped. */
  limit: number;
}

/** Makes a twin of this kind; the same seed gives the same twin. */
export function twinOf(situation: Situation, model: TwinModel, seed: number) {
  const source = random(seedOf(situation.kind, model.name, seed));
  const twin = rightTwin(model, source);
  situation.change(twin, model, source);
  const values = measured(twin, truePath(twin, source), source);
  return { twin, values };
}

export async function judge(
  situation: Situation,
  model: TwinModel,
  seed: number,
  effort: Effort,
  signal?: AbortSignal,
): Promise<Judged> {
  const began = performance.now();
  const { twin, values } = twinOf(situation, model, seed);
  const judged: Judged = {
    kind: situation.kind,
    model: model.name,
    seed,
    verdict: "refused",
    codes: [],
    error: null,
    evidence: null,
    parameters: {},
    seconds: NaN,
  };
  let run: Run | undefined;
  try {
    run = await runOf(twin, values, effort.limit, signal);
    judged.verdict = run.verdict;
    judged.codes = run.findings.map(({ code }) => code);
  } catch (error) {
    if (signal?.aborted === true) throw error;
    judged.error = wordsOf(error);
  }
  const uncounted = situation.uncounted?.(model) ?? [];
  const fit = fitOf(twin, values, run);
  if (fit !== undefined) judged.evidence = strongest(testsOf(fit));
  for (const name of Object.keys(twin.estimate).filter((one) => !uncounted.includes(one))) {
    const truth = twin.truth.parameters[name] as number;
    judged.parameters[name] = {
      truth,
      found: null,
      reference: fit?.parameters[name] ?? null,
      held: {},
    };
  }
  // Intervals of a run that is not to be used are not counted.
  if (run !== undefined && situation.expected === "consistent")
    await addIntervals(run, judged, effort.ways, signal);
  judged.seconds = (performance.now() - began) / 1000;
  return judged;
}

/** Any error is a result: a survey does not end because one twin fails. */
function wordsOf(error: unknown): string {
  return error instanceof LeastActionError ? `${error.code}: ${error.message}` : String(error);
}

/** Options that are the library's own business, in the library's units. */
export function toldTo(twin: Twin, values: Float64Array) {
  const { states, observed, units, truth } = twin;
  const unitOf = (state: string): number => units.states[states.indexOf(state)] as number;
  const model = defineModel({
    states: [...states],
    parameters: twin.parameters,
    equations: equationsInUnits(twin),
  });
  const rows = Array.from(timesOf(twin), (_, n) => n).filter((n) => n % twin.every === 0);
  const data = observations({
    model,
    times: rows.map((n) => n * twin.timeStep * units.time),
    timeStep: twin.timeStep * units.time,
    values: {
      observed: observed as never[],
      values: observed.map((state, k) =>
        rows.map((n) => unitOf(state) * (values[n * observed.length + k] as number)),
      ),
    },
  });
  const known = states.map((state, k) => {
    const mean = (truth.first[k] as number) * unitOf(state);
    return [state, { mean, deviation: 1e-4 * Math.max(Math.abs(mean), unitOf(state)) }] as const;
  });
  const options = {
    measurementPrecision: twin.deviations.map(
      (one, k) => (one * unitOf(observed[k] as string)) ** -2,
    ),
    estimate: twin.estimate as Record<string, { initial: [number, number] }>,
    ...(twin.isFirstKnown && { firstState: Object.fromEntries(known) }),
    ...twin.options,
  };
  return { model, data: data as Observations, options };
}

async function runOf(
  twin: Twin,
  values: Float64Array,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<Run> {
  const { model, data, options } = toldTo(twin, values);
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), 1000 * limit);
  const end = (): void => stop.abort(signal?.reason);
  signal?.addEventListener("abort", end);
  try {
    const run = await anneal({ model, data, ...options, signal: stop.signal, workers: 0 });
    signal?.throwIfAborted();
    return run as Run;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", end);
  }
}

/** The example's fit, from the truth and from what the library found. */
function fitOf(twin: Twin, values: Float64Array, run: Run | undefined) {
  const { states, units, truth } = twin;
  const starts = [{ parameters: truth.parameters, first: truth.first }];
  if (run !== undefined) {
    const first = states.map((_, k) => (run.best.path[k] as number) / (units.states[k] as number));
    starts.push({ parameters: run.best.parameters, first });
  }
  return fitTold(twin, values, starts);
}

/** Chains that are long enough for intervals of 50 and 90 %. */
const CHAINS = { chains: 2, draws: 400, warmup: 300 };

/** Notes of each interval whether it holds the truth. A way that fails leaves the others. */
async function addIntervals(
  run: Run,
  judged: Judged,
  ways: readonly Way[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const all = Object.entries(judged.parameters);
  const holds = (interval: unknown, truth: number): boolean => {
    const [low, high] = interval as readonly [number, number];
    return low <= truth && truth <= high;
  };
  /** Notes the intervals that a band of each share has. */
  const noteBands = (way: Way, bandOf: (share: number) => Record<string, unknown>): void => {
    const bands = SHARES.map(bandOf);
    for (const [name, one] of all)
      one.held[way] = bands.map((band) => holds(band[name], one.truth));
  };
  const by: Record<Way, () => void | Promise<void>> = {
    laplace() {
      const certain = run.uncertainty();
      judged.codes.push(...certain.findings.map(({ code }) => code));
      for (const [name, one] of all) one.found = certain.parameters[name] ?? null;
      noteBands("laplace", (share) => certain.band(share).parameters);
      certain.free();
    },
    async profile() {
      for (const [name, one] of all) {
        const held: boolean[] = [];
        for (const confidence of SHARES) {
          const { interval } = await run.profile(name, { confidence, ...(signal && { signal }) });
          held.push(holds(interval, one.truth));
        }
        one.held.profile = held;
      }
    },
    async monteCarlo() {
      const options = { run, ...CHAINS, workers: 0, ...(signal && { signal }) };
      const sampled = await samplePosterior(options);
      noteBands("monteCarlo", (share) => sampled.band(share).parameters);
    },
  };
  for (const way of new Set<Way>(["laplace", ...ways])) {
    try {
      await by[way]();
    } catch (error) {
      if (signal?.aborted === true) throw error;
      judged.error = [judged.error, `${way}: ${wordsOf(error)}`].filter(Boolean).join("; ");
    }
  }
}

/** Seed of a twin, from its kind, model and number. */
function seedOf(kind: string, model: string, seed: number): number {
  let hash = 0x811c9dc5;
  for (const letter of `${kind}/${model}/${seed}`)
    hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
  return hash >>> 0;
}
