// Taking the work elsewhere: a link, files, and the code that does the same.
import { useState } from "preact/hooks";
import { dataCsv, resultJson, settingsJson, snippetOf } from "../export.js";
import type { Session } from "../session.js";
import { Panel } from "./fields.js";

function save(name: string, type: string, content: BlobPart): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** The largest picture of the page as a file. */
function savePicture(): void {
  const all = [...document.querySelectorAll<HTMLCanvasElement>(".views canvas")].filter(({ width }) => width > 0);
  if (all.length === 0) return;
  const [width, height] = [Math.max(...all.map((one) => one.width)), all.reduce((sum, one) => sum + one.height, 0)];
  const sheet = document.createElement("canvas");
  [sheet.width, sheet.height] = [width, height];
  const context = sheet.getContext("2d") as CanvasRenderingContext2D;
  context.fillStyle = getComputedStyle(document.body).backgroundColor;
  context.fillRect(0, 0, width, height);
  all.reduce((top, one) => (context.drawImage(one, 0, top), top + one.height), 0);
  sheet.toBlob((blob) => blob !== null && save("least-action.png", "image/png", blob));
}

export function SharePanel({ session, onFile }: { session: Session; onFile: (file: File) => Promise<void> }) {
  const { settings, prepared, outcome } = session;
  const [said, setSaid] = useState("");
  const copy = (what: string, text: string): void => {
    navigator.clipboard.writeText(text).then(
      () => setSaid(`${what} copied`),
      () => setSaid(`the browser does not let pages copy here: the ${what.toLowerCase()} can be taken by hand`),
    );
  };
  return (
    <Panel title="Take it with you" open={false}>
      <div class="buttons">
        <button type="button" onClick={() => copy("Link", location.href)}>
          Copy link
        </button>
        <button type="button" onClick={() => save("least-action.json", "application/json", settingsJson(settings))}>
          Save settings
        </button>
        <button
          type="button"
          disabled={prepared?.kind !== "path"}
          onClick={() => prepared?.kind === "path" && save("data.csv", "text/csv", dataCsv(prepared))}
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
        <button type="button" onClick={savePicture}>
          Save picture
        </button>
      </div>
      <label class="field file">
        <span>Open saved settings</span>
        <input
          type="file"
          accept=".json"
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            if (file !== undefined) void onFile(file);
            event.currentTarget.value = "";
          }}
        />
      </label>
      <p role="status">{said}</p>
      <details>
        <summary>The same in TypeScript</summary>
        <button type="button" onClick={() => copy("Code", snippetOf(settings))}>
          Copy code
        </button>
        <pre class="code" tabIndex={0}>
          {snippetOf(settings)}
        </pre>
      </details>
    </Panel>
  );
}
