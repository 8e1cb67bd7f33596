// What Rust needs to anneal, fit to be sent to a worker, and the annealer that is made of it.
import { LeastActionError } from "../errors.js";
import { Held } from "../instance.js";
import type { RawPairs } from "../network/raw.js";
import type { DataSet } from "../observations.js";
import type { Raw } from "../raw.js";
import type { Task } from "../work/work.js";
import type { RawAnnealer } from "./raw.js";

/** Paths through data, to be annealed. */
export interface PathTask extends Task {
  readonly kind: "paths";
  spec: unknown;
  sets: readonly DataSet[];
  options: unknown;
  /** Names of options that are not for Rust. */
  ownNames: readonly string[];
}

/** Networks, to be annealed. */
export interface NetworkTask extends Task {
  readonly kind: "networks";
  spec: unknown;
  pairs: RawPairs;
  action: unknown;
  options: unknown;
  ownNames: readonly string[];
}

export type AnnealTask = PathTask | NetworkTask;

/** Names that Rust gives to columns of paths and to parameters. */
export interface Names {
  estimated: readonly string[];
  varying: readonly string[];
}

/** Annealers by their tasks: a run, which holds its task, holds its annealer as well. */
const annealers = new WeakMap<AnnealTask, Held<RawAnnealer>>();

/**
 * Calls Rust with the annealer of a task. It is made at the first call, and again where the
 * instance that it was made in is gone: data cross once, and what Rust finds out is kept.
 */
export function withAnnealer<T>(task: AnnealTask, what: (annealer: RawAnnealer, raw: Raw) => T): T {
  let held = annealers.get(task);
  if (held === undefined) {
    held = holding(task);
    annealers.set(task, held);
  }
  return held.use(what);
}

/** Gives the annealer's memory back at once instead of some day. */
export function releaseAnnealer(task: AnnealTask): void {
  annealers.get(task)?.free();
  annealers.delete(task);
}

function holding(task: AnnealTask): Held<RawAnnealer> {
  try {
    return new Held("run", (raw) =>
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
