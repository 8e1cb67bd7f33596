// The engine's worker: handles one request after the other, and a run that can be stopped.
import {
  init,
  LeastActionError,
  type NetworkRun,
  type Progress,
  readCsv,
  readNpy,
  type Run,
} from "least-action/slim";
import wasmUrl from "least-action/least_action.wasm?url";
import { ModelTextError } from "../model-text.js";
import {
  type NetworkProblem,
  outcomeOf as networkOutcomeOf,
  prepareNetwork,
  runNetwork,
} from "./networks.js";
import {
  certaintyOf,
  findingOf,
  outcomeOf as pathOutcomeOf,
  type PathProblem,
  preparePath,
  runPath,
} from "./paths.js";
import type { Ask, Certainty, Outcome, PathNews, Tell } from "./protocol.js";
import { type OpenTable, tableOf } from "./tables.js";

type Problem = PathProblem | NetworkProblem;

let table: OpenTable | undefined;
let problem: Problem | undefined;
let last: Run | NetworkRun | undefined;
/** Seconds that the run in `last` took. */
let spent = 0;
let stop: AbortController | undefined;
/** Number of the latest run. An earlier one may still be ending. */
let latest = 0;

const tell = (news: Tell): void => postMessage(news);

async function answer(ask: Ask): Promise<void> {
  if (ask.type === "stop") {
    stop?.abort();
    return;
  }
  const { id } = ask;
  try {
    if (ask.type === "table") {
      table = tableOf(ask.name, ask.bytes, { readCsv, readNpy });
      const { column: _, ...told } = table;
      tell({ type: "table", id, table: told });
    } else {
      problem =
        ask.type === "run" && ask.resume && problem !== undefined ? problem : prepare(ask.settings);
      if (ask.type === "prepare") tell({ type: "prepared", id, prepared: problem.prepared });
      else await run(id, problem, ask.resume ? last : undefined);
    }
  } catch (error) {
    // A run that is stopped before its first rung ends without a message.
    if (error instanceof DOMException && error.name === "AbortError") tell({ type: "end", id });
    else tell({ type: "failed", id, ...complaintOf(error) });
  }
}

function prepare(settings: Extract<Ask, { type: "prepare" }>["settings"]): Problem {
  last = undefined;
  return settings.kind === "path" ? preparePath(settings, table) : prepareNetwork(settings);
}

async function run(
  id: number,
  problem: Problem,
  resume: Run | NetworkRun | undefined,
): Promise<void> {
  tell({ type: "prepared", id, prepared: problem.prepared });
  stop?.abort();
  const { signal } = (stop = new AbortController());
  latest = id;
  const began = performance.now() - (resume === undefined ? 0 : 1000 * spent);
  const show = (path: PathNews): void => tell({ type: "path", id, path });
  const { rungs } = problem.prepared.settings.ladder;
  const watch = {
    signal,
    onProgress({ start, rung, done, starts, result }: Progress) {
      const { modelPrecision, action, measurementError, modelError } = result;
      const share = done / (rungs * starts);
      tell({
        type: "rung",
        id,
        rung: { start, rung, modelPrecision, action, measurementError, modelError, share },
      });
    },
  };
  let common: Omit<Outcome, "path" | "network">;
  let parts: Pick<Outcome, "path" | "network">;
  let certainty: (() => Promise<Certainty | null>) | undefined;
  if ("network" in problem) {
    const onPath = ({ start, activations }: { start: number; activations: Float64Array[] }): void =>
      show({ start, path: joined(activations), parameters: {} });
    const found = await runNetwork(problem, {
      ...watch,
      onPath,
      ...(resume && { resume: resume as NetworkRun }),
    });
    common = commonOf(found, began);
    if (latest === id) [last, spent] = [found, common.seconds];
    parts = { path: null, network: networkOutcomeOf(problem, found) };
  } else {
    const onPath = ({ start, path, parameters }: PathNews): void =>
      show({ start, path, parameters });
    const found = await runPath(problem, {
      ...watch,
      onPath,
      ...(resume && { resume: resume as Run }),
    });
    common = commonOf(found, began);
    if (latest === id) [last, spent] = [found, common.seconds];
    parts = { path: pathOutcomeOf(found), network: null };
    certainty = () => certaintyOf(problem, found, signal);
  }
  tell({ type: "done", id, outcome: { ...common, ...parts } });
  const told = common.cancelled ? null : ((await certainty?.()) ?? null);
  if (told !== null) tell({ type: "certainty", id, certainty: told });
  tell({ type: "end", id });
}

function commonOf(run: Run | NetworkRun, began: number): Omit<Outcome, "path" | "network"> {
  return {
    cancelled: run.cancelled,
    seconds: (performance.now() - began) / 1000,
    best: run.best.start,
    action: run.best.action,
    expectedLevel: run.expectedLevel,
    verdict: run.verdict,
    findings: run.findings.map(findingOf),
    summary: run.summary(),
  };
}

function joined(layers: Float64Array[]): Float64Array {
  const all = new Float64Array(layers.reduce((sum, layer) => sum + layer.length, 0));
  layers.reduce((at, layer) => (all.set(layer, at), at + layer.length), 0);
  return all;
}

function complaintOf(error: unknown): { message: string; line: number | null } {
  if (error instanceof ModelTextError) return { message: error.message, line: error.line };
  if (error instanceof LeastActionError || error instanceof Error)
    return { message: error.message, line: null };
  return { message: String(error), line: null };
}

const ready = init(new URL(wasmUrl, location.href));
ready.catch((error: unknown) => tell({ type: "dead", message: complaintOf(error).message }));

/** Messages that arrive before the library is ready wait for it. */
addEventListener(
  "message",
  ({ data }: MessageEvent<Ask>) =>
    void ready.then(
      () => answer(data),
      () => undefined,
    ),
);
