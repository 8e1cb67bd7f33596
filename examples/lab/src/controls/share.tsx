// Buttons that save or share the work: a link, files, and a program that gives the same result.
import { useMemo, useState } from "preact/hooks";
import { dataCsv, resultJson, settingsJson, snippetOf } from "../export.js";
import { pictureOf } from "../picture.js";
import type { Session } from "../session.js";
import { type Settings, toLink } from "../settings.js";
import { drawAll } from "../views/plot.js";
import { Panel } from "./fields.js";

function save(name: string, type: string, content: BlobPart): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** The link to these settings. The address bar has it only a moment after the last change. */
function linkTo(settings: Settings): string {
  return new URL(`#${toLink(settings)}`, location.href).href;
}

/** Saves the picture of the view. Resolves to false if the view has none. */
async function savePicture(): Promise<boolean> {
  await drawAll();
  const view = document.querySelector(".views");
  const picture = view === null ? null : pictureOf(view);
  const blob = await new Promise<Blob | null>((resolve) =>
    picture === null ? resolve(null) : picture.toBlob(resolve),
  );
  if (blob !== null) save("least-action.png", "image/png", blob);
  return blob !== null;
}

export function SharePanel({
  session,
  onFiles,
}: {
  session: Session;
  onFiles: (files: Iterable<File>) => void;
}) {
  const { settings, prepared, isFresh, outcome } = session;
  const [said, setSaid] = useState("");
  const snippet = useMemo(() => snippetOf(settings), [settings]);
  const copy = (what: string, text: string, by: string): void => {
    const byHand = `the browser does not let pages copy here: ${by}`;
    // Pages without https have no clipboard.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    if (clipboard === undefined) return setSaid(byHand);
    clipboard.writeText(text).then(
      () => setSaid(`${what} copied`),
      () => setSaid(byHand),
    );
  };
  return (
    <Panel title="Take it with you" open={false}>
      <div class="buttons">
        <button
          type="button"
          onClick={() => copy("Link", linkTo(settings), "take the address of this page")}
        >
          Copy link
        </button>
        <button
          type="button"
          onClick={() => save("least-action.json", "application/json", settingsJson(settings))}
        >
          Save settings
        </button>
        <button
          type="button"
          disabled={prepared?.kind !== "path" || !isFresh}
          onClick={() =>
            prepared?.kind === "path" && save("data.csv", "text/csv", dataCsv(prepared))
          }
        >
          Save data
        </button>
        <button
          type="button"
          disabled={outcome === null}
          onClick={() => save("result.json", "application/json", resultJson(session))}
        >
          Save result
        </button>
        <button
          type="button"
          onClick={() =>
            void savePicture().then((isSaved) =>
              setSaid(isSaved ? "Picture saved" : "This view has no picture to save"),
            )
          }
        >
          Save picture
        </button>
      </div>
      <label class="field file">
        <span>Open saved settings</span>
        <input
          type="file"
          accept=".json"
          onChange={(event) => {
            onFiles([...(event.currentTarget.files ?? [])]);
            event.currentTarget.value = "";
          }}
        />
      </label>
      <p role="status">{said}</p>
      <details>
        <summary>The same in TypeScript</summary>
        <button type="button" onClick={() => copy("Code", snippet, "mark the text below")}>
          Copy code
        </button>
        <pre class="code" tabIndex={0}>
          {snippet}
        </pre>
      </details>
    </Panel>
  );
}
