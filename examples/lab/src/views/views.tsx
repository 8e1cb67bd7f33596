// The views of a problem, shown one at a time.
import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import type { Session } from "../session.js";
import { onColourChange } from "./colours.js";
import { LevelsView } from "./levels.js";
import { NetworkView } from "./network.js";
import { ParametersView } from "./parameters.js";
import { PathsView } from "./paths.js";
import { MechanicsView } from "./mechanics.js";
import { Findings } from "./findings.js";
import { SummaryView } from "./summary.js";

const PATH_VIEWS = {
  paths: "Paths",
  levels: "Action levels",
  parameters: "Parameters",
  mechanics: "Mechanics",
  summary: "Summary",
};
const NETWORK_VIEWS = { network: "Layers", levels: "Action levels", summary: "Summary" };

export function Views({ session }: { session: Session }) {
  const { prepared, settings } = session;
  const names: Record<string, string> = settings.kind === "path" ? PATH_VIEWS : NETWORK_VIEWS;
  const all = Object.keys(names);
  const [chosen, setChosen] = useState("paths");
  const view = all.includes(chosen) ? chosen : (all[0] as string);
  // A change of colours draws the curves anew, as each keeps the colour that it was made with.
  const [, redraw] = useReducer((count: number, _: void) => count + 1, 0);
  useEffect(() => onColourChange(redraw), []);
  const tabs = useRef<HTMLDivElement>(null);

  /** Arrow keys move from tab to tab. */
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = all[(all.indexOf(view) + step + all.length) % all.length] as string;
    setChosen(next);
    tabs.current?.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  };
  return (
    <>
      <Findings session={session} />
      <div class="tabs" role="tablist" aria-label="Views" ref={tabs} onKeyDown={onKey}>
        {all.map((name) => (
          <button
            key={name}
            id={`tab-${name}`}
            type="button"
            role="tab"
            aria-selected={name === view}
            aria-controls="view"
            tabIndex={name === view ? 0 : -1}
            onClick={() => setChosen(name)}
          >
            {names[name]}
          </button>
        ))}
      </div>
      <div
        id="view"
        role="tabpanel"
        aria-labelledby={`tab-${view}`}
        // Earlier results stay visible, with a note that they belong to other settings.
        class={session.refusal === null ? undefined : "stale"}
      >
        {prepared === null || prepared.kind !== settings.kind ? (
          <p class="empty">
            {session.refusal === null
              ? "Making the data …"
              : "There is nothing to draw until what is said above is mended."}
          </p>
        ) : view === "levels" ? (
          <LevelsView session={session} />
        ) : view === "summary" ? (
          <SummaryView session={session} />
        ) : prepared.kind === "network" ? (
          <NetworkView session={session} prepared={prepared} />
        ) : view === "parameters" ? (
          <ParametersView session={session} prepared={prepared} />
        ) : view === "mechanics" ? (
          <MechanicsView session={session} prepared={prepared} />
        ) : (
          <PathsView session={session} prepared={prepared} />
        )}
      </div>
    </>
  );
}
