// Markov chains as a kind of work that threads share.
import { type PathTask, withAnnealer } from "../anneal/task.js";
import { LeastActionError } from "../errors.js";
import { call, release } from "../instance.js";
import type { ChainPhase, ChainState, CoreFacts } from "../raw.js";
import type { CoreClimb } from "../anneal/raw.js";
import type { RawChain } from "./raw.js";
import type { Job, Kind, Task } from "../work/work.js";

/** Sampling of one posterior by several chains. */
export interface ChainTask extends Task {
  readonly kind: "chains";
  paths: PathTask;
  /** Minima about which chains begin, in turn. */
  climbs: readonly CoreClimb[];
  /** R_f of the action that is sampled. */
  modelPrecision: number;
  /** Options that Rust reads. */
  options: unknown;
  /** Interval between draws that are kept: 1 keeps all of them. */
  thin: number;
}

/** Number of a chain, with the chain as far as it was done before. */
export interface ChainJob extends Job {
  /** Earlier chain to go on with; undefined to begin. */
  chain: ChainResult | undefined;
}

/** Progress of a chain, with the figures of its last transition. */
export interface ChainStep {
  /** Phase of the last transition: annealing, warm-up or draws. */
  phase: ChainPhase;
  /** Number of transitions done, in all phases. */
  done: number;
  /** Number of transitions to be done altogether, in all phases. */
  total: number;
  /** R_f of the next transition: below that of the posterior while the chain is annealed. */
  modelPrecision: number;
  /** Mean acceptance probability along the last trajectory, from 0 to 1. */
  acceptance: number;
  /** Step size of the last trajectory. */
  stepSize: number;
  /** Number of draws so far whose trajectories diverged. */
  divergences: number;
}

/** Divergent trajectory: one whose energy was not conserved. */
export interface ChainDivergence {
  /** Number of the draw in which it ended, from 0, among all draws, kept or not. */
  draw: number;
  /** Unknowns at the last point before the step that failed. */
  position: Float64Array;
  /** Energy after that step less that at the beginning; infinite if the step has no energy. */
  energyError: number;
  /** Error that left the energy undefined; null if there was none. */
  cause: CoreFacts | null;
}

/** Names of the statistics of each draw, in the order in which Rust writes them. */
export const FIGURES = [
  "logDensity",
  "energy",
  "acceptance",
  "stepSize",
  "treeDepth",
  "steps",
] as const;
/** Name of a statistic of each draw. */
export type Figure = (typeof FIGURES)[number];

/** Chain at its end, or where it was interrupted. */
export interface ChainResult {
  /** Number of the chain, from 0. */
  start: number;
  /** Number of draws done, kept or not. */
  draws: number;
  /** Unknowns of the draws that are kept, draws x unknowns. */
  values: Float64Array;
  /** Statistics of all draws, kept or not. */
  figures: Record<Figure, Float64Array>;
  divergences: ChainDivergence[];
  /** Milliseconds of work, the warm-up included. */
  duration: number;
  /** Error after which it cannot go on; null if there was none. */
  failure: { message: string; facts: LeastActionError["facts"] } | null;
  /** State to go on from; null if the chain never began. */
  state: ChainState | null;
}

/** Duration of one step of work, in milliseconds: as many transitions as fit are done. */
const TURN = 8;

/** Phases by the numbers that Rust returns. */
const PHASES = ["done", "annealing", "warmup", "draws"] as const satisfies readonly ChainPhase[];

/** Work that consists of chains: every step is a few transitions. */
export const chains: Kind<ChainTask, ChainJob, ChainStep, ChainResult> = {
  job: "chain",
  hasPartialResults: false,
  open: (task) => ({
    begin(job) {
      const chain = new ChainUnderWay(task, job);
      try {
        chain.open();
      } catch (error) {
        chain.fail(error);
      }
      return chain;
    },
  }),
};

/** Chain that is under way. */
class ChainUnderWay {
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

  /** Begins the chain in Rust, or goes on with the earlier one. */
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

  /** Ends this chain after an error of the mathematics; others go on. A panic is thrown again. */
  fail(error: unknown): void {
    if (!(error instanceof LeastActionError) || error.code === "panic") throw error;
    this.#failure = { message: error.message, facts: error.facts };
  }

  /** Makes transitions for a few milliseconds; undefined at the end of the chain. */
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

  /** The chain so far, draws of the earlier one included. */
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

  /** Releases WebAssembly's memory. */
  free(): void {
    if (this.#chain !== undefined) release(this.#chain);
  }

  /** Keeps a draw with its statistics and its divergence. */
  #keep(chain: RawChain): void {
    const draw = this.#draws;
    this.#draws += 1;
    // The last of every `thin` draws is kept. The first would be as good, but then a chain that is
    // interrupted would keep more than its share.
    if (this.#draws % this.#task.thin === 0) this.#kept.push(this.#position.slice());
    this.#figures.forEach((figure, k) => figure.push(this.#now[k] as number));
    if (this.#now[FIGURES.length] === 0) return;
    const { position, ...rest } = call(() => chain.divergence()) as NonNullable<
      ReturnType<RawChain["divergence"]>
    >;
    this.#divergences.push({ ...rest, draw, position: Float64Array.from(position) });
  }
}
