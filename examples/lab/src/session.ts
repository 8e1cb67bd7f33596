// The state of the page: settings, the engine's answers and the run, with the changes from one
// state to the next.
import type { RunNews } from "./engine/client.js";
import type { Certainty, FileTable, Outcome, Prepared } from "./engine/protocol.js";
import { columnsOf } from "./files.js";
import type { Settings } from "./settings.js";

/** An error that makes the settings unusable. */
export interface Refusal {
  message: string;
  /**
   * Line of the model's text that the error is about, from 1; null if it is about something else.
   */
  line: number | null;
}

/** One climb, as far as it is known. */
export interface Climber {
  /** R_f of each rung. */
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
  /** The problem prepared last, from the present settings or from earlier ones. */
  prepared: Prepared | null;
  /** True if `prepared` belongs to the present settings. */
  isFresh: boolean;
  /** An error in the settings; nothing can be run until it is mended. */
  refusal: Refusal | null;
  /**
   * An error with a file, a link or a run. It is shown until the next action and blocks nothing.
   */
  trouble: string | null;
  table: FileTable | null;
  /** Columns that the user has called right, as `columnsOf` writes them; null before that. */
  confirmed: string | null;
  phase: Phase;
  /** Number of the run that is shown; null before the first one. */
  run: number | null;
  share: number;
  climbers: Climber[];
  outcome: Outcome | null;
  /** Outcome of a resumed run at the time of its pause. */
  before: Outcome | null;
  certainty: Certainty | null;
  /** Message for screen readers, also shown beside the buttons. */
  status: string;
}

/**
 * A change of the session. Answers of the engine name their settings with `of`, or their `run`, and
 * are ignored if these have changed since.
 */
export type Change =
  | { type: "settings"; settings: Settings }
  | { type: "prepared"; of: Settings; prepared: Prepared }
  | { type: "refused"; of: Settings; refusal: Refusal }
  | { type: "trouble"; message: string | null }
  | { type: "table"; table: FileTable }
  | { type: "confirmed" }
  | { type: "running"; newRun: number; resume: boolean }
  | { type: "pausing" }
  | { type: "skipping" }
  | { type: "news"; run: number; news: RunNews[] }
  | { type: "ended"; run: number }
  | { type: "failed"; run: number; message: string };

const nothing = {
  climbers: [],
  outcome: null,
  before: null,
  certainty: null,
  share: 0,
  run: null,
  status: "",
  trouble: null,
};

export function begun(settings: Settings, trouble: string | null): Session {
  return {
    ...nothing,
    settings,
    prepared: null,
    isFresh: false,
    refusal: null,
    table: null,
    confirmed: null,
    phase: "idle",
    trouble,
  };
}

/**
 * The open file whose columns the user has still to look at, or null. Until then nothing runs: a
 * fit of the wrong column looks like any other.
 */
export function unseenTable({ settings, table, confirmed }: Session): FileTable | null {
  if (settings.kind !== "path" || settings.data.from === "twin") return null;
  if (table?.name !== settings.data.name || columnsOf(settings) === confirmed) return null;
  return table;
}

export function changed(session: Session, change: Change): Session {
  if ("of" in change && change.of !== session.settings) return session;
  if ("run" in change && change.run !== session.run) return session;
  switch (change.type) {
    case "settings":
      // A refusal stays until the new settings are judged: messages that come and go would move the
      // field that is being typed in.
      return { ...session, ...nothing, settings: change.settings, phase: "idle", isFresh: false };
    case "prepared":
      return { ...session, prepared: change.prepared, isFresh: true, refusal: null };
    case "refused": {
      const { refusal } = change;
      return {
        ...session,
        refusal,
        trouble: session.trouble === refusal.message ? null : session.trouble,
      };
    }
    case "trouble":
      return { ...session, trouble: change.message };
    case "table":
      return { ...session, table: change.table, confirmed: null };
    case "confirmed": {
      const { settings } = session;
      return { ...session, confirmed: settings.kind === "path" ? columnsOf(settings) : null };
    }
    case "running": {
      // A resumed run shows its new paths, not those at the time of the pause.
      const kept = change.resume
        ? { before: session.outcome, outcome: null, certainty: null, trouble: null }
        : { ...nothing };
      return { ...session, ...kept, run: change.newRun, phase: "running", status: "Running" };
    }
    case "pausing":
      return { ...session, phase: "pausing", status: "Stopping" };
    case "skipping":
      return { ...session, phase: "done", status: statusOf(session.outcome) };
    case "news":
      return change.news.reduce(withNews, { ...session, climbers: [...session.climbers] });
    case "ended":
      return stopped(session, STOPPED_EARLY);
    case "failed":
      return { ...stopped(session, ""), trouble: change.message };
  }
}

/** The session after a stop: with the outcome of the run, or with that at its pause. */
function stopped(session: Session, otherwise: string): Session {
  const outcome = session.outcome ?? session.before;
  if (outcome === null) return { ...session, phase: "idle", status: otherwise };
  const phase = outcome.cancelled ? "paused" : "done";
  return { ...session, outcome, before: null, phase, status: statusOf(outcome) };
}

const STOPPED_EARLY = "Stopped before the first rung; press Run to begin again";

function notYet(): Climber {
  return {
    modelPrecision: [],
    action: [],
    measurementError: [],
    modelError: [],
    path: null,
    parameters: {},
  };
}

function withNews(session: Session, news: RunNews): Session {
  if (news.type === "prepared")
    return { ...session, prepared: news.prepared, isFresh: true, refusal: null };
  if (news.type === "certainty") return { ...session, certainty: news.certainty };
  if (news.type === "done") {
    const { outcome } = news;
    const next = outcome.cancelled ? "paused" : "certainty";
    const status =
      outcome.path === null || outcome.cancelled
        ? statusOf(outcome)
        : "Found; now how certain it is";
    return {
      ...session,
      outcome,
      phase: next,
      share: outcome.cancelled ? session.share : 1,
      status,
    };
  }
  const { start } = news.type === "rung" ? news.rung : news.path;
  const { climbers } = session;
  // Climbs report in any order; each has its place by number.
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
    `verdict: ${outcome.verdict}, for the reasons below`;
  return (
    `Done in ${outcome.seconds.toFixed(1)} s; lowest action ` +
    `${outcome.action.toPrecision(4)}, ${verdict}`
  );
}
