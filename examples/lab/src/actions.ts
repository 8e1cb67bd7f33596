// The actions of the user, and the requests to the engine that follow from them.
import { useCallback, useEffect, useLayoutEffect, useReducer, useRef } from "preact/hooks";
import { Engine, EngineError, type RunNews } from "./engine/client.js";
import { checkSize, isSettings, savedSettings, withFile } from "./files.js";
import { begun, changed, type Refusal, type Session } from "./session.js";
import { fromLink, type PathSettings, type Settings, toLink } from "./settings.js";
import { STARTS } from "./starts.js";

export interface Actions {
  choose(settings: Settings): void;
  /** Says that the columns of the open file are those that were meant. */
  confirm(): void;
  run(): void;
  pause(): void;
  resume(): void;
  /** Ends a run after its path has been found, without waiting for its uncertainty. */
  skip(): void;
  /** Stops the run and returns to the state before it. */
  discard(): void;
  /** Opens files one after the other, settings before data. */
  openFiles(files: Iterable<File>): void;
}

/** Pause in milliseconds after which settings that are being typed are tried. */
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
    // Kept at once and not at the next drawing, as requests made before then need these settings.
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
  // A layout effect, as it runs before the user's next action: a run prepares its own data and
  // cancels the request that waits.
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
      // At most one update a frame, however many messages arrive. Hidden pages have no frames.
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
        // If the settings caused the failure, preparing them shows the error with the settings.
        if (!resume && of === now.current.settings) prepare(of);
      },
    );
  };

  /** Opens one file. Returns an error message, or null. */
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
  /**
   * Opens files in order. Errors are shown after the last one, so that the next file does not hide
   * them.
   */
  const openAll = async (files: File[]): Promise<void> => {
    const troubles: string[] = [];
    for (const file of files) {
      const trouble = await openFile(file);
      if (trouble !== null) troubles.push(trouble);
    }
    if (troubles.length > 0) change({ type: "trouble", message: troubles.join(" ") });
  };
  /**
   * The files being opened. Opening waits for the file before it, so a large one stays in its
   * place.
   */
  const opening = useRef(Promise.resolve());

  const stopWith = (type: "pausing" | "skipping"): void => {
    change({ type });
    engine.current?.stop();
  };
  const actions: Actions = {
    choose,
    confirm: () => change({ type: "confirmed" }),
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

/** Keeps the settings in the page's address, and reads them when an address is entered by hand. */
function useAddress(
  { settings }: Session,
  now: { readonly current: Session },
  choose: Actions["choose"],
  complain: (message: string | null) => void,
): void {
  const isFirst = useRef(true);
  useEffect(() => {
    const write = (): void => history.replaceState(null, "", `#${toLink(settings)}`);
    // A damaged link stays in the address, where it can be mended.
    const isDamaged = isFirst.current && now.current.trouble !== null;
    isFirst.current = false;
    if (isDamaged) return undefined;
    // Browsers allow about a hundred changes of the address in half a minute.
    const timer = setTimeout(write, QUIET);
    return () => clearTimeout(timer);
  }, [settings]);
  useEffect(() => {
    const read = (): void => {
      // A run of the settings in the link goes on; only the message about a damaged link is
      // removed.
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
