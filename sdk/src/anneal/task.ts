// Model, data and options of an annealing run, which can be sent to a worker, and the annealer in
// Rust that is made of them.
import { LeastActionError } from "../errors.js";
import { Held, release } from "../instance.js";
import type { RawPairs } from "../network/raw.js";
import type { DataSet } from "../observations.js";
import type { Raw } from "../raw.js";
import type { Task } from "../work/work.js";
import type { FinerGrid, RawAnnealer } from "./raw.js";

/** Annealing of a path through data. */
export interface PathTask extends Task {
  readonly kind: "paths";
  /** Model as Rust reads it. */
  spec: unknown;
  sets: readonly DataSet[];
  options: unknown;
  /** Grid that the data were put on because their own is too coarse; undefined for their own. */
  grid?: FinerGrid | undefined;
  /** Names of options that Rust does not read. */
  ownNames: readonly string[];
}

/** Annealing of a network. */
export interface NetworkTask extends Task {
  readonly kind: "networks";
  /** Network as Rust reads it. */
  spec: unknown;
  pairs: RawPairs;
  /** Options of the action. */
  action: unknown;
  options: unknown;
  /** Names of options that Rust does not read. */
  ownNames: readonly string[];
}

/** Annealing run of paths or of a network, before it is done. */
export type AnnealTask = PathTask | NetworkTask;

/** Names of estimated parameters, in Rust's order. */
export interface Names {
  /** Parameters that are constant in time. */
  estimated: readonly string[];
  /** Parameters that change in time, then those that differ by data set: last columns of paths. */
  varying: readonly string[];
  /** The last of `varying`: parameters that differ by data set. */
  own: readonly string[];
  /** Those of `estimated` that are deviations between data sets, which `hierarchies` tell of. */
  spreads: readonly string[];
  /** Row of the first point of each data set, before a grid was refined. */
  firsts: readonly number[];
  /** True if parameters or states are estimated on scales, by logarithms or logits. */
  isScaled: boolean;
  /** True if positive states are estimated by their logarithms. */
  hasLogarithms: boolean;
  /** The last of `estimated`: natural logarithms of the scales of estimated noise. */
  noise: readonly string[];
}

/** Annealers by their tasks: an annealer lives as long as a run holds its task. */
const annealers = new WeakMap<AnnealTask, Held<RawAnnealer>>();

/**
 * Calls Rust with the annealer of a task. It is made at the first call, and again if the instance
 * of WebAssembly that it was made in is gone. So data are copied once, and what Rust has computed
 * is kept.
 */
export function withAnnealer<T>(task: AnnealTask, what: (annealer: RawAnnealer, raw: Raw) => T): T {
  let held = annealers.get(task);
  if (held === undefined) {
    held = holding(task);
    annealers.set(task, held);
  }
  return held.use(what);
}

/** Releases the annealer's memory at once instead of when it is garbage-collected. */
export function releaseAnnealer(task: AnnealTask): void {
  annealers.get(task)?.free();
  annealers.delete(task);
}

/** Makes the annealer of a task. */
function holding(task: AnnealTask): Held<RawAnnealer> {
  try {
    return new Held("run", (raw) =>
      task.kind === "paths"
        ? onGrid(new raw.Annealer(task.spec, task.sets, task.options), task.grid)
        : raw.Annealer.ofNetwork(task.spec, task.pairs, task.action, task.options),
    );
  } catch (error) {
    throw withOwnNames(error, task.ownNames);
  }
}

/** Gives the annealer of a finer grid in place of that of the data's own. */
function onGrid(annealer: RawAnnealer, grid: FinerGrid | undefined): RawAnnealer {
  if (grid === undefined) return annealer;
  try {
    return annealer.refined(grid);
  } finally {
    release(annealer);
  }
}

/**
 * Adds the options that Rust does not read to the list of known names in an error for an unknown
 * option, so that one of them that was misspelt is suggested too.
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
