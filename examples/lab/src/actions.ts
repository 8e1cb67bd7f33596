// What a person does, and what the engine is asked for.
import { useCallback, useEffect, useLayoutEffect, useReducer, useRef } from "preact/hooks";
import { Engine, EngineError, type RunNews } from "./engine/client.js";
import { checkSize, isSettings, savedSettings, withFile } from "./files.js";
import { begun, changed, type Refusal, type Session } from "./session.js";
import { fromLink, type PathSettings, type Settings, toLink } from "./settings.js";
import { STARTS } from "./starts.js";

export interface Actions {
  choose(settings: Settings): void;
  run(): void;
  pause(): void;
  resume(): void;
  /** Of a path that has been found: how certain it is need not be known. */
  skip(): void;
  /** Back to before the run, which is stopped. */
  discard(): void;
  /** One after the other, settings before data. */
  openFiles(files: Iterable<File>): void;
}

/** Milliseconds of quiet after which settings that are being typed are tried. */
const QUIET = 250;

const first = (): PathSettings => structuredClone(STARTS[0]?.settings as PathSettings);

function beginning(): Session {
  try {
    return begun(fromLink(location.hash) ?? first(), null);
  } catch (error) {
    return begun(first(), messageOf(error));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function refusalOf(error: unknown): Refusal {
  return { message: messageOf(error), line: error instanceof EngineError ? error.line : null };
}

export function useSession(): [Session, Actions] {
  const [session, change] = useReducer(changed, undefined, beginning);
  const engine = useRef<Engine | null>(null);
  engine.current ??= new Engine();
  const now = useRef(session);
  now.current = session;

  const choose = useCallback((settings: Settings): void => {
    engine.current?.stop();
    // At once: whoever asks before the next drawing is to be told of these.
    now.current = { ...now.current, settings };
    change({ type: "settings", settings });
  }, []);

  useAddress(session, now, choose, (message) => change({ type: "trouble", message }));

  const { settings } = session;
  const waiting = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const isFirst = useRef(true);
  const prepare = (of: Settings): void => {
    (engine.current as Engine).prepare(of).then(
      (prepared) => change({ type: "prepared", of, prepared }),
      (error: unknown) => change({ type: "refused", of, refusal: refusalOf(error) }),
    );
  };
  // Before whatever a person does next: a run prepares for itself, and takes back what waits.
  useLayoutEffect(() => {
    waiting.current = setTimeout(() => prepare(settings), isFirst.current ? 0 : QUIET);
    isFirst.current = false;
    return () => clearTimeout(waiting.current);
  }, [settings]);

  const runs = useRef(0);
  const start = (resume: boolean): void => {
    clearTimeout(waiting.current);
    const run = ++runs.current;
    const of = now.current.settings;
    change({ type: "running", newRun: run, resume });
    let news: RunNews[] = [];
    let frame = 0;
    const flush = (): void => {
      frame = 0;
      const all = news;
      news = [];
      if (all.length > 0) change({ type: "news", run, news: all });
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
        change({ type: "ended", run });
      },
      (error: unknown) => {
        flush();
        change({ type: "failed", run, message: messageOf(error) });
        // If it is for its settings, that is to be said of them.
        if (!resume && of === now.current.settings) prepare(of);
      },
    );
  };

  /** Returns what is wrong with it. */
  const openFile = async (file: File): Promise<string | null> => {
    try {
      checkSize(file);
      if (isSettings(file)) {
        choose(savedSettings(file.name, await file.text()));
        return null;
      }
      const table = await (engine.current as Engine).table(file);
      change({ type: "table", table });
      const { settings } = now.current;
      choose(withFile(settings.kind === "path" ? settings : first(), table));
    } catch (error) {
      return messageOf(error);
    }
    return null;
  };
  /** What is wrong with a file is said at the end, so that the next file does not take it away. */
  const openAll = async (files: File[]): Promise<void> => {
    const troubles: string[] = [];
    for (const file of files) {
      const trouble = await openFile(file);
      if (trouble !== null) troubles.push(trouble);
    }
    if (troubles.length > 0) change({ type: "trouble", message: troubles.join(" ") });
  };
  /** A large file that is dropped before a small one is open before it. */
  const opening = useRef(Promise.resolve());

  const stopWith = (type: "pausing" | "skipping"): void => {
    change({ type });
    engine.current?.stop();
  };
  const actions: Actions = {
    choose,
    run: () => start(false),
    resume: () => start(true),
    pause: () => stopWith("pausing"),
    skip: () => stopWith("skipping"),
    discard: () => choose({ ...now.current.settings }),
    openFiles: (files) => {
      const order = (file: File): number => (isSettings(file) ? 0 : 1);
      const sorted = [...files].sort((a, b) => order(a) - order(b));
      opening.current = opening.current.then(() => openAll(sorted));
    },
  };
  return [session, actions];
}

/**
 * Settings are in the page's address, and an address that is put there by hand is a choice of
 * settings.
 */
function useAddress(
  { settings }: Session,
  now: { readonly current: Session },
  choose: Actions["choose"],
  complain: (message: string | null) => void,
): void {
  const isFirst = useRef(true);
  useEffect(() => {
    const write = (): void => history.replaceState(null, "", `#${toLink(settings)}`);
    // A link that is damaged stays where it can be mended.
    const isDamaged = isFirst.current && now.current.trouble !== null;
    isFirst.current = false;
    if (isDamaged) return undefined;
    // Browsers allow a hundred changes in half a minute.
    const timer = setTimeout(write, QUIET);
    return () => clearTimeout(timer);
  }, [settings]);
  useEffect(() => {
    const read = (): void => {
      // A run of what the link says goes on; what was said of a damaged one is over.
      if (location.hash === `#${toLink(now.current.settings)}`) return complain(null);
      try {
        const settings = fromLink(location.hash);
        if (settings !== undefined) choose(settings);
      } catch (error) {
        complain(messageOf(error));
      }
    };
    addEventListener("hashchange", read);
    return () => removeEventListener("hashchange", read);
  }, []);
}
