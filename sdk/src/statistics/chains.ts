// Markov chains, as work for one thread.
import { type PathTask, withAnnealer } from "../anneal/task.js";
import { LeastActionError } from "../errors.js";
import { call, release } from "../instance.js";
import type { ChainPhase, ChainState, CoreFacts } from "../raw.js";
import type { CoreClimb } from "../anneal/raw.js";
import type { RawChain } from "./raw.js";
import type { Job, Kind, Task } from "../work/work.js";

/** Chains of one posterior. */
export interface ChainTask extends Task {
  readonly kind: "chains";
  paths: PathTask;
  /** Minima that chains begin about, in turn. */
  climbs: readonly CoreClimb[];
  modelPrecision: number;
  options: unknown;
  /** Every so many draws one is kept. */
  thin: number;
}

/** A chain by its number, and what has been done of it already. */
export interface ChainJob extends Job {
  chain: ChainResult | undefined;
}

/** What a chain has done since it told last. */
export interface ChainStep {
  phase: ChainPhase;
  /** Transitions done and to be done, of all phases. */
  done: number;
  total: number;
  /** R_f of the transition. */
  modelPrecision: number;
  acceptance: number;
  stepSize: number;
  /** Draws whose trajectories diverged, so far. */
  divergences: number;
}

/** A trajectory whose energy was not kept. */
export interface ChainDivergence {
  /** The draw it ended in, of all draws, kept or not. */
  draw: number;
  /** The last point before the step that failed: the unknowns. */
  position: Float64Array;
  /** The energy after that step less that at the beginning; infinite where there is none. */
  energyError: number;
  /** Why there is none; null if there is. */
  cause: CoreFacts | null;
}

/** What is known of each draw. */
export const FIGURES = [
  "logDensity",
  "energy",
  "acceptance",
  "stepSize",
  "treeDepth",
  "steps",
] as const;
export type Figure = (typeof FIGURES)[number];

/** A chain, at its end or interrupted. */
export interface ChainResult {
  start: number;
  /** Draws done, kept or not. */
  draws: number;
  /** kept x unknowns. */
  values: Float64Array;
  /** Of all draws, kept or not. */
  figures: Record<Figure, Float64Array>;
  divergences: ChainDivergence[];
  /** Milliseconds that it took, the warm-up included. */
  duration: number;
  /** Why it cannot go on. */
  failure: { message: string; facts: LeastActionError["facts"] } | null;
  state: ChainState | null;
}

/** A turn of transitions before there is word of them, in ms. */
const TURN = 8;

const PHASES = ["done", "annealing", "warmup", "draws"] as const satisfies readonly ChainPhase[];

export const chains: Kind<ChainTask, ChainJob, ChainStep, ChainResult> = {
  job: "chain",
  hasPartialResults: false,
  open: (task) => ({
    begin(job) {
      const doing = new Doing(task, job);
      try {
        doing.open();
      } catch (error) {
        doing.fail(error);
      }
      return doing;
    },
  }),
};

/** One chain being drawn. */
class Doing {
  readonly #task: ChainTask;
  readonly #earlier: ChainResult | undefined;
  readonly #start: number;
  readonly #kept: Float64Array[] = [];
  readonly #figures: number[][] = FIGURES.map(() => []);
  readonly #divergences: ChainDivergence[] = [];
  readonly #now = new Float64Array(FIGURES.length + 1);
  #chain: RawChain | undefined;
  #position = new Float64Array();
  #draws: number;
  #done = 0;
  #total = 0;
  #duration = 0;
  #failure: ChainResult["failure"] = null;

  constructor(task: ChainTask, { start, chain }: ChainJob) {
    this.#task = task;
    this.#start = start;
    this.#earlier = chain;
    this.#draws = chain?.draws ?? 0;
  }

  open(): void {
    const { paths, climbs, modelPrecision, options } = this.#task;
    const began = performance.now();
    const state = this.#earlier?.state;
    const chain = withAnnealer(paths, (annealer, raw) => {
      if (state) return raw.Chain.resume(annealer, modelPrecision, state, options);
      const climb = climbs[this.#start % climbs.length] as CoreClimb;
      return raw.Chain.begin(annealer, climb, modelPrecision, this.#start, undefined, options);
    });
    this.#chain = chain;
    this.#total = call(() => chain.transitions());
    this.#done = state?.transitions ?? 0;
    this.#position = new Float64Array(call(() => chain.unknowns()));
    this.#duration = performance.now() - began;
  }

  /** The mathematics failed: the chain ends, others go on. A panic is no such thing. */
  fail(error: unknown): void {
    if (!(error instanceof LeastActionError) || error.code === "panic") throw error;
    this.#failure = { message: error.message, facts: error.facts };
  }

  step(cancel?: Int32Array): ChainStep | undefined {
    const chain = this.#chain;
    if (chain === undefined || this.#failure !== null) return undefined;
    const began = performance.now();
    let phase = 0;
    try {
      do {
        const next = call(() => chain.advance(this.#position, this.#now));
        if (next === 0) break;
        phase = next;
        this.#done += 1;
        if (phase === 3) this.#keep(chain);
      } while (performance.now() - began < TURN && !(cancel && Atomics.load(cancel, 0) !== 0));
    } catch (error) {
      this.fail(error);
    }
    this.#duration += performance.now() - began;
    if (phase === 0) return undefined;
    return {
      phase: PHASES[phase] as ChainPhase,
      done: this.#done,
      total: this.#total,
      modelPrecision: call(() => chain.modelPrecision()),
      acceptance: this.#now[FIGURES.indexOf("acceptance")] as number,
      stepSize: this.#now[FIGURES.indexOf("stepSize")] as number,
      divergences: (this.#earlier?.divergences.length ?? 0) + this.#divergences.length,
    };
  }

  result(): ChainResult {
    const [chain, earlier] = [this.#chain, this.#earlier];
    const unknowns = this.#position.length;
    const before = earlier?.values ?? new Float64Array();
    const values = new Float64Array(before.length + this.#kept.length * unknowns);
    values.set(before);
    this.#kept.forEach((draw, k) => values.set(draw, before.length + k * unknowns));
    const figures = FIGURES.map((name, k) => [
      name,
      Float64Array.from([...(earlier?.figures[name] ?? []), ...(this.#figures[k] as number[])]),
    ]);
    return {
      start: this.#start,
      draws: this.#draws,
      values,
      figures: Object.fromEntries(figures) as ChainResult["figures"],
      divergences: [...(earlier?.divergences ?? []), ...this.#divergences],
      duration: (earlier?.duration ?? 0) + this.#duration,
      failure: this.#failure,
      state: chain === undefined ? (earlier?.state ?? null) : call(() => chain.state()),
    };
  }

  free(): void {
    if (this.#chain !== undefined) release(this.#chain);
  }

  #keep(chain: RawChain): void {
    const draw = this.#draws;
    this.#draws += 1;
    // The last of every few: the first draws are as good, but a chain that is interrupted keeps no
    // more than its share.
    if (this.#draws % this.#task.thin === 0) this.#kept.push(this.#position.slice());
    this.#figures.forEach((figure, k) => figure.push(this.#now[k] as number));
    if (this.#now[FIGURES.length] === 0) return;
    const { position, ...rest } = call(() => chain.divergence()) as NonNullable<
      ReturnType<RawChain["divergence"]>
    >;
    this.#divergences.push({ ...rest, draw, position: Float64Array.from(position) });
  }
}
