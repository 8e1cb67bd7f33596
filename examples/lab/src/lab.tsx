// The page: what is asked on one side, what is seen on the other.
import { useState } from "preact/hooks";
import { DataPanel } from "./controls/data.js";
import { EstimatePanel } from "./controls/estimate.js";
import { ModelPanel } from "./controls/model.js";
import { NetworkPanel } from "./controls/network.js";
import { RunBar } from "./controls/run-bar.js";
import { SearchPanel } from "./controls/search.js";
import { SharePanel } from "./controls/share.js";
import { useSession } from "./session.js";
import { STARTS } from "./starts.js";
import { Views } from "./views/views.js";

export function Lab() {
  const [session, actions] = useSession();
  const [dropping, setDropping] = useState(false);
  const { settings } = session;
  const change = actions.choose;

  const onDrop = (event: DragEvent): void => {
    event.preventDefault();
    setDropping(false);
    const file = event.dataTransfer?.files[0];
    if (file !== undefined) void actions.openFile(file);
  };
  return (
    <div
      class={dropping ? "lab dropping" : "lab"}
      onDragOver={(event) => {
        event.preventDefault();
        setDropping(true);
      }}
      onDragLeave={() => setDropping(false)}
      onDrop={onDrop}
    >
      <header>
        <h1>least-action lab</h1>
        <p>
          Noisy data of a few variables, and equations: which path, hidden variables included, fits both best? See it
          being found.
        </p>
      </header>
      <nav class="starts" aria-label="Worked examples">
        {STARTS.map((one) => (
          <button
            key={one.name}
            type="button"
            class="start"
            aria-pressed={settings.title === one.settings.title}
            onClick={() => change(structuredClone(one.settings))}
          >
            <strong>{one.name}</strong>
            <span>{one.about}</span>
          </button>
        ))}
      </nav>
      <RunBar session={session} actions={actions} />
      <main>
        <section class="views" aria-label="What is found">
          <Views key={settings.title} session={session} />
        </section>
        <section class="controls" aria-label="What is asked">
          {settings.kind === "path" ? (
            <>
              <ModelPanel settings={settings} complaint={session.complaint} onChange={change} />
              <DataPanel session={session} settings={settings} onChange={change} onFile={actions.openFile} />
              <EstimatePanel settings={settings} onChange={change} />
            </>
          ) : (
            <NetworkPanel settings={settings} onChange={change} />
          )}
          <SearchPanel settings={settings} onChange={change} />
          <SharePanel session={session} onFile={actions.openFile} />
        </section>
      </main>
    </div>
  );
}
