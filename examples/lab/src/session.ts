// Where a person has come to: settings, what the engine said of them, and the run; and how one thing leads to the next.
import type { RunNews } from "./engine/client.js";
import type { Certainty, FileTable, Outcome, Prepared } from "./engine/protocol.js";
import type { Settings } from "./settings.js";

/** Why settings cannot be used. */
export interface Refusal {
  message: string;
  /** Of the model's text; null if it is not about that. */
  line: number | null;
}

/** One starting path, as far as it is known. */
export interface Climber {
  /** By rung. */
  modelPrecision: number[];
  action: number[];
  measurementError: number[];
  modelError: number[];
  path: Float64Array | null;
  parameters: Record<string, number>;
}

export type Phase = "idle" | "running" | "pausing" | "paused" | "certainty" | "done";

export interface Session {
  settings: Settings;
  /** What the settings make; null until the engine has said so, or where they are wrong. */
  prepared: Prepared | null;
  /** Until it is mended, nothing can be run. */
  refusal: Refusal | null;
  /** What went wrong with a file, a link or a run, until something else is done; nothing is the worse for it. */
  trouble: string | null;
  table: FileTable | null;
  phase: Phase;
  /** The number of the run that is shown; null before it. */
  run: number | null;
  share: number;
  climbers: Climber[];
  outcome: Outcome | null;
  certainty: Certainty | null;
  /** Said to screen readers, and shown beside the buttons. */
  status: string;
}

/** What the engine says is `of` the settings it was asked with, or of a `run`: if others were chosen since, nobody wants to know. */
export type Change =
  | { type: "settings"; settings: Settings }
  | { type: "prepared"; of: Settings; prepared: Prepared }
  | { type: "refused"; of: Settings; refusal: Refusal }
  | { type: "trouble"; message: string }
  | { type: "table"; table: FileTable }
  | { type: "running"; newRun: number; resume: boolean }
  | { type: "pausing" }
  | { type: "skipping" }
  | { type: "news"; run: number; news: RunNews[] }
  | { type: "ended"; run: number }
  | { type: "failed"; run: number; message: string };

const nothing = { climbers: [], outcome: null, certainty: null, share: 0, run: null, status: "", trouble: null };

export function begun(settings: Settings, trouble: string | null): Session {
  return { ...nothing, settings, prepared: null, refusal: null, table: null, phase: "idle", trouble };
}

export function changed(session: Session, change: Change): Session {
  if ("of" in change && change.of !== session.settings) return session;
  if ("run" in change && change.run !== session.run) return session;
  switch (change.type) {
    case "settings":
      return { ...session, ...nothing, settings: change.settings, phase: "idle", refusal: null };
    case "prepared":
      return { ...session, prepared: change.prepared, refusal: null };
    case "refused":
      return { ...session, refusal: change.refusal, trouble: null };
    case "trouble":
      return { ...session, trouble: change.message };
    case "table":
      return { ...session, table: change.table };
    case "running": {
      const before = change.resume ? {} : nothing;
      return { ...session, ...before, run: change.newRun, phase: "running", status: "Running", trouble: null };
    }
    case "pausing":
      return { ...session, phase: "pausing", status: "Stopping" };
    case "skipping":
      return { ...session, phase: "done", status: statusOf(session.outcome) };
    case "news":
      return change.news.reduce(withNews, { ...session, climbers: [...session.climbers] });
    case "ended":
      if (session.outcome === null) return { ...session, phase: "idle", status: STOPPED_EARLY };
      return {
        ...session,
        phase: session.outcome.cancelled ? "paused" : "done",
        status: statusOf(session.outcome),
      };
    case "failed":
      return {
        ...session,
        phase: session.outcome?.cancelled === true ? "paused" : "idle",
        status: "",
        trouble: change.message,
      };
  }
}

const STOPPED_EARLY = "Stopped before the first rung; press Run to begin again";

function notYet(): Climber {
  return { modelPrecision: [], action: [], measurementError: [], modelError: [], path: null, parameters: {} };
}

function withNews(session: Session, news: RunNews): Session {
  if (news.type === "prepared") return { ...session, prepared: news.prepared };
  if (news.type === "certainty") return { ...session, certainty: news.certainty };
  if (news.type === "done") {
    const { outcome } = news;
    const next = outcome.cancelled ? "paused" : "certainty";
    const status = outcome.path === null || outcome.cancelled ? statusOf(outcome) : "Found; now how certain it is";
    return { ...session, outcome, phase: next, share: outcome.cancelled ? session.share : 1, status };
  }
  const { start } = news.type === "rung" ? news.rung : news.path;
  const { climbers } = session;
  // Whichever begins first, each has its place.
  while (climbers.length <= start) climbers.push(notYet());
  const before = climbers[start] as Climber;
  if (news.type === "path") {
    climbers[start] = { ...before, path: news.path.path, parameters: news.path.parameters };
    return session;
  }
  const { rung, modelPrecision, action, measurementError, modelError, share } = news.rung;
  const put = (list: number[], value: number): number[] => ((list[rung] = value), list);
  climbers[start] = {
    ...before,
    modelPrecision: put(before.modelPrecision, modelPrecision),
    action: put(before.action, action),
    measurementError: put(before.measurementError, measurementError),
    modelError: put(before.modelError, modelError),
  };
  return { ...session, share };
}

function statusOf(outcome: Outcome | null): string {
  if (outcome === null) return "";
  if (outcome.cancelled) return "Paused; nothing is lost";
  const verdict =
    { consistent: "the noise explains the misfit" }[outcome.verdict] ??
    `verdict: ${outcome.verdict}, which “In words” explains`;
  return `Done in ${outcome.seconds.toFixed(1)} s; lowest action ${outcome.action.toPrecision(4)}, ${verdict}`;
}
