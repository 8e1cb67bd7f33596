// The work of a run as its two ways of doing it see it: in this thread, or in others.
import { LeastActionError } from "../errors.js";
import { call, release } from "../instance.js";
import type { Climb, RawAnnealer, RawClimber, Rung } from "../raw.js";
import type { Task } from "./options.js";

/** A starting path, and what has been done of it already. */
export interface Job {
  start: number;
  climb: Climb | undefined;
}

/** Starting paths to be climbed from, and where to tell of it. */
export interface Work {
  task: Task;
  jobs: readonly Job[];
  workers: number | undefined;
  signal: AbortSignal | undefined;
  /** To be called after every rung; if it throws, the work is to stop and fail with that. */
  onRung: (start: number, rung: Rung) => void;
  /** To be called with every climb, be it at its end or interrupted. */
  onClimb: (climb: Climb) => void;
}

/** Does the work, or as much of it as the signal allows. */
export type Climbing = (work: Work) => Promise<void>;

export function annealerOf(task: Task): RawAnnealer {
  try {
    return call((raw) =>
      task.kind === "paths"
        ? new raw.Annealer(task.spec, task.sets, task.options)
        : raw.Annealer.ofNetwork(task.spec, task.pairs, task.action, task.options),
    );
  } catch (error) {
    throw withOwnNames(error, task.ownNames);
  }
}

/** Rust knows only the options that are for it: who misspells one of ours should be told of ours as well. */
export function withOwnNames(error: unknown, ownNames: readonly string[]): unknown {
  if (!(error instanceof LeastActionError) || error.facts.code !== "unknownName") return error;
  const { path, name, known: theirs } = error.facts;
  if (path !== name) return error;
  const known = [...ownNames, ...theirs];
  const nearest = known.find((one) => one.toLowerCase() === name.toLowerCase()) ?? error.facts.nearest;
  const suggestion = nearest === null ? "" : `; did you mean "${nearest}"?`;
  const message = `${path}: unknown name "${name}"${suggestion} (known: ${known.join(", ")})`;
  return new LeastActionError(message, { code: "unknownName", path, name, nearest, known });
}

export function withAnnealer<T>(task: Task, what: (annealer: RawAnnealer) => T): T {
  const annealer = annealerOf(task);
  try {
    return call(() => what(annealer));
  } finally {
    release(annealer);
  }
}

export function climberOf(annealer: RawAnnealer, { start, climb }: Job): RawClimber {
  return call(() => (climb === undefined ? annealer.climber(start) : annealer.resume(climb)));
}
