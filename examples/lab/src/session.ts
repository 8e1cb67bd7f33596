// Where a person has come to: settings, what the engine said, and the run.
import { useCallback, useEffect, useReducer, useRef } from "preact/hooks";
import { Engine, EngineError, type RunNews } from "./engine/client.js";
import type { Certainty, FileTable, Outcome, Prepared } from "./engine/protocol.js";
import { fromLink, type Settings, SettingsError, settingsOf, toLink } from "./settings.js";
import { STARTS } from "./starts.js";

export interface Complaint {
  message: string;
  /** Of the model's text. */
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
  complaint: Complaint | null;
  table: FileTable | null;
  phase: Phase;
  share: number;
  climbers: Climber[];
  outcome: Outcome | null;
  certainty: Certainty | null;
  /** Said to screen readers, and shown beside the buttons. */
  status: string;
}

/** What the engine says is `of` the settings it was asked with: if others were chosen since, nobody wants to know. */
type Change =
  | { type: "settings"; settings: Settings }
  | { type: "prepared"; of: Settings; prepared: Prepared }
  | { type: "complaint"; of?: Settings; complaint: Complaint }
  | { type: "table"; table: FileTable }
  | { type: "running"; resume: boolean }
  | { type: "pausing" }
  | { type: "news"; of: Settings; news: RunNews[] }
  | { type: "ended"; of: Settings };

const nothing = { climbers: [], outcome: null, certainty: null, share: 0 };

function changed(session: Session, change: Change): Session {
  if ("of" in change && change.of !== session.settings) return session;
  switch (change.type) {
    case "settings":
      return { ...session, ...nothing, settings: change.settings, phase: "idle", complaint: null, status: "" };
    case "prepared":
      return { ...session, prepared: change.prepared, complaint: null };
    case "complaint":
      return {
        ...session,
        complaint: change.complaint,
        phase: session.phase === "paused" ? "paused" : "idle",
        status: "",
      };
    case "table":
      return { ...session, table: change.table };
    case "running":
      return { ...session, ...(change.resume ? {} : nothing), phase: "running", complaint: null, status: "Running" };
    case "pausing":
      return { ...session, phase: "pausing", status: "Stopping" };
    case "news":
      return change.news.reduce(withNews, { ...session, climbers: [...session.climbers] });
    case "ended":
      return { ...session, phase: session.outcome?.cancelled === true ? "paused" : "done" };
  }
}

function notYet(): Climber {
  return { modelPrecision: [], action: [], measurementError: [], modelError: [], path: null, parameters: {} };
}

function withNews(session: Session, news: RunNews): Session {
  if (news.type === "prepared") return { ...session, prepared: news.prepared };
  if (news.type === "certainty") return { ...session, certainty: news.certainty, status: statusOf(session.outcome) };
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

const first = (): Settings => structuredClone((STARTS[0] as (typeof STARTS)[0]).settings);

function begun(): Session {
  const fresh = { prepared: null, complaint: null, table: null, phase: "idle" as const, status: "", ...nothing };
  try {
    return { ...fresh, settings: fromLink(location.hash) ?? first() };
  } catch (error) {
    return { ...fresh, settings: first(), complaint: complaintOf(error) };
  }
}

function complaintOf(error: unknown): Complaint {
  const message = error instanceof Error ? error.message : String(error);
  return { message, line: error instanceof EngineError ? error.line : null };
}

export interface Actions {
  choose(settings: Settings): void;
  run(): void;
  pause(): void;
  resume(): void;
  /** Back to before the run, which is stopped. */
  discard(): void;
  openFile(file: File): Promise<void>;
}

/** Milliseconds of quiet after which settings that are being typed are tried. */
const QUIET = 250;

export function useSession(): [Session, Actions] {
  const [session, change] = useReducer(changed, undefined, begun);
  const engine = useRef<Engine | null>(null);
  engine.current ??= new Engine();
  const now = useRef(session);
  now.current = session;
  const complain = useCallback(
    (error: unknown, of?: Settings) => change({ type: "complaint", ...(of && { of }), complaint: complaintOf(error) }),
    [],
  );

  const { settings } = session;
  const isFirst = useRef(true);
  useEffect(() => {
    const prepare = (): void => {
      history.replaceState(null, "", `#${toLink(settings)}`);
      (engine.current as Engine).prepare(settings).then(
        (prepared) => change({ type: "prepared", of: settings, prepared }),
        (error: unknown) => complain(error, settings),
      );
    };
    const wait = isFirst.current ? 0 : QUIET;
    // A complaint about a link would be gone before it is read.
    if (isFirst.current && now.current.complaint !== null) {
      isFirst.current = false;
      return undefined;
    }
    isFirst.current = false;
    const timer = setTimeout(prepare, wait);
    return () => clearTimeout(timer);
  }, [settings, complain]);

  const start = useCallback(
    (resume: boolean) => {
      const { settings: of } = now.current;
      change({ type: "running", resume });
      let news: RunNews[] = [];
      let frame = 0;
      const flush = (): void => {
        frame = 0;
        const all = news;
        news = [];
        if (all.length > 0) change({ type: "news", of, news: all });
      };
      const onNews = (one: RunNews): void => {
        news.push(one);
        // One picture a frame, however much there is to tell; hidden pages have no frames.
        if (document.hidden) flush();
        else frame ||= requestAnimationFrame(flush);
      };
      (engine.current as Engine).run(of, resume, onNews).then(
        () => {
          flush();
          change({ type: "ended", of });
        },
        (error: unknown) => {
          flush();
          complain(error, of);
        },
      );
    },
    [complain],
  );

  const choose = (settings: Settings): void => {
    engine.current?.stop();
    change({ type: "settings", settings });
  };
  const actions: Actions = {
    choose,
    run: () => start(false),
    resume: () => start(true),
    pause: () => {
      change({ type: "pausing" });
      engine.current?.stop();
    },
    discard: () => choose({ ...now.current.settings }),
    openFile: async (file) => {
      try {
        if (file.name.endsWith(".json")) {
          choose(settingsOf(jsonOf(file.name, await file.text())));
          return;
        }
        const table = await (engine.current as Engine).table(file.name, await file.arrayBuffer());
        change({ type: "table", table });
        choose(withFile(now.current.settings, table));
      } catch (error) {
        complain(error);
      }
    },
  };
  return [session, actions];
}

function jsonOf(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SettingsError(`${name}: is not JSON; the lab opens the .json files that it saves, .csv and .npy`);
  }
}

/** The file's columns in the place of a twin, as far as their names say what they are. */
function withFile(settings: Settings, table: FileTable): Settings {
  const base = settings.kind === "path" ? settings : (first() as Extract<Settings, { kind: "path" }>);
  const time = table.columns.find((name) => /^(t|time|times|year|date)$/i.test(name)) ?? null;
  const others = table.columns.filter((name) => name !== time);
  const columns = Object.fromEntries(
    base.observed.map((state, k) => [state, others.find((name) => name === state) ?? others[k] ?? ""]),
  );
  return { ...base, data: { from: "file", name: table.name, time, timeStep: base.data.timeStep, columns } };
}
