// The work of an annealing run.
import { LeastActionError } from "../errors.js";
import { call, release } from "../instance.js";
import type { Climb, RawAnnealer, Rung } from "../raw.js";
import type { Job, OpenTask } from "../work/work.js";
import type { Task } from "./options.js";

/** A starting path, and what has been done of it already. */
export interface ClimbJob extends Job {
  climb: Climb | undefined;
}

/** Climbs of a run: every step is a rung. */
export function openClimbs(task: Task): OpenTask<ClimbJob, Rung, Climb> {
  const annealer = annealerOf(task);
  return {
    begin({ start, climb }) {
      const climber = call(() =>
        climb === undefined ? annealer.climber(start) : annealer.resume(climb),
      );
      return {
        step: (cancel) => call(() => climber.nextRung(cancel)),
        result: () => call(() => climber.climb()),
        free: () => release(climber),
      };
    },
    free: () => release(annealer),
  };
}

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

/**
 * Rust knows only the options that are for it: who misspells one of ours should be told of ours as
 * well.
 */
export function withOwnNames(error: unknown, ownNames: readonly string[]): unknown {
  if (!(error instanceof LeastActionError) || error.facts.code !== "unknownName") return error;
  const { path, name, known: theirs } = error.facts;
  if (path !== name) return error;
  const known = [...ownNames, ...theirs];
  const nearest =
    known.find((one) => one.toLowerCase() === name.toLowerCase()) ?? error.facts.nearest;
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
