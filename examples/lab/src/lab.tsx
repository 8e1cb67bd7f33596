// The page: forms on one side, views on the other.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useSession } from "./actions.js";
import { ColumnQuestion } from "./controls/columns.js";
import { DataPanel } from "./controls/data.js";
import { EstimatePanel } from "./controls/estimate.js";
import { ModelPanel } from "./controls/model.js";
import { NetworkPanel } from "./controls/network.js";
import { RunBar } from "./controls/run-bar.js";
import { SearchPanel } from "./controls/search.js";
import { SharePanel } from "./controls/share.js";
import { outlineOf } from "./model-text.js";
import { toLink } from "./settings.js";
import { STARTS } from "./starts.js";
import { Views } from "./views/views.js";

const START_LINKS = STARTS.map(({ settings }) => toLink(settings));

export function Lab() {
  const [session, actions] = useSession();
  const { settings } = session;
  const change = actions.choose;
  const dropping = useDrop(actions.openFiles);
  const model = settings.kind === "path" ? settings.model : "";
  const link = useMemo(() => toLink(settings), [settings]);
  const outline = useMemo(() => outlineOf(model), [model]);
  return (
    <div class={dropping ? "lab dropping" : "lab"}>
      <header>
        <h1>least-action lab</h1>
        <p>
          Noisy data of a few variables, and equations: which path, hidden variables included, fits
          both best? See it being found.
        </p>
      </header>
      <nav class="starts" aria-label="Worked examples">
        {STARTS.map((one, k) => (
          <button
            key={one.name}
            type="button"
            class="start"
            aria-pressed={link === START_LINKS[k]}
            onClick={() => change(structuredClone(one.settings))}
          >
            <strong>{one.name}</strong>
            <span>{one.about}</span>
          </button>
        ))}
      </nav>
      <RunBar session={session} actions={actions} />
      <ColumnQuestion session={session} onChange={change} onConfirm={actions.confirm} />
      <main>
        <section class="views" aria-label="What is found">
          <Views key={settings.kind} session={session} />
        </section>
        <section class="controls" aria-label="What is asked">
          {settings.kind === "path" ? (
            <>
              <ModelPanel settings={settings} session={session} onChange={change} />
              <DataPanel
                session={session}
                settings={settings}
                outline={outline}
                onChange={change}
                onFiles={actions.openFiles}
              />
              <EstimatePanel settings={settings} outline={outline} onChange={change} />
            </>
          ) : (
            <NetworkPanel settings={settings} onChange={change} />
          )}
          <SearchPanel settings={settings} outline={outline} onChange={change} />
          <SharePanel session={session} onFiles={actions.openFiles} />
        </section>
      </main>
    </div>
  );
}

/**
 * Accepts files dropped anywhere on the page, which a browser would otherwise leave for them.
 * Returns true while files are held over it.
 */
function useDrop(open: (files: Iterable<File>) => void): boolean {
  const [isOver, setOver] = useState(false);
  const latest = useRef(open);
  latest.current = open;
  useEffect(() => {
    // Dragged text is left to the field that it is dropped on.
    const hasFiles = ({ dataTransfer }: DragEvent): boolean =>
      dataTransfer?.types.includes("Files") === true;
    const over = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    /** Ignores moves between elements of the page, which name the element entered next. */
    const leave = ({ relatedTarget }: DragEvent): void => {
      if (relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      latest.current([...(event.dataTransfer?.files ?? [])]);
    };
    const all = { dragover: over, dragleave: leave, drop };
    for (const [name, what] of Object.entries(all)) addEventListener(name, what as EventListener);
    return () => {
      for (const [name, what] of Object.entries(all))
        removeEventListener(name, what as EventListener);
    };
  }, []);
  return isOver;
}
