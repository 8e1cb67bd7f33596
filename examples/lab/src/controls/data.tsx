// The data form: data made by the model itself or from a file, and the states that are measured.
import { useRef } from "preact/hooks";
import type { ModelText } from "../model-text.js";
import { type Session, unseenTable } from "../session.js";
import { type FileData, LIMITS, ownsAny, type PathSettings, type TwinData } from "../settings.js";
import { precisionOf, TWIN } from "../starts.js";
import { ColumnFields } from "./columns.js";
import { ByState, NumberField, Panel, SeedField, withLost } from "./fields.js";

interface Props {
  session: Session;
  settings: PathSettings;
  /** The parsed model text. */
  outline: ModelText;
  onChange: (settings: PathSettings) => void;
  onFiles: (files: Iterable<File>) => void;
}

export function DataPanel({ session, settings, outline, onChange, onFiles }: Props) {
  const { data } = settings;
  const states = outline.states.map(({ name }) => name);
  const { observed } = settings;
  const listed = withLost(states, observed);
  const toggle = (state: string, isOn: boolean): void => {
    const chosen = listed
      .map(({ name }) => name)
      .filter((one) => (one === state ? isOn : observed.includes(one)));
    onChange({ ...settings, observed: chosen });
  };
  const hasOwn = ownsAny(settings.ownPrecisions, observed);
  const file = useRef<HTMLInputElement>(null);
  /** Switches to twin data. The button disappears, so the keyboard's focus is moved first. */
  const onTwin = (): void => {
    file.current?.focus();
    onChange({
      ...settings,
      data: { ...TWIN, timeStep: data.timeStep },
      measurementPrecision: precisionOf(TWIN.noise),
      ownPrecisions: {},
    });
  };
  return (
    <Panel title="Data">
      <fieldset>
        <legend>Measured states</legend>
        <div class="checks">
          {listed.map(({ name, label }) => (
            <label key={name}>
              <input
                type="checkbox"
                checked={observed.includes(name)}
                onChange={(event) => toggle(name, event.currentTarget.checked)}
              />
              {label}
            </label>
          ))}
        </div>
      </fieldset>
      {data.from === "twin" ? (
        <TwinFields data={data} settings={settings} onChange={onChange} />
      ) : (
        <FileFields
          session={session}
          data={data}
          settings={settings}
          onChange={onChange}
          onTwin={onTwin}
        />
      )}
      <NumberField
        label="Measurement precision R_m"
        help={hasOwn ? "of states without one of their own" : "one over the variance of the noise"}
        value={settings.measurementPrecision}
        least={0}
        onChange={(measurementPrecision) => onChange({ ...settings, measurementPrecision })}
      />
      {(observed.length > 1 || hasOwn) && (
        <ByState
          title="Each measured state has its own R_m"
          label={(state) => `R_m of ${state}`}
          states={observed}
          values={settings.ownPrecisions}
          otherwise={settings.measurementPrecision}
          onChange={(ownPrecisions) => onChange({ ...settings, ownPrecisions })}
        />
      )}
      <label class="field file">
        <span>Your own data: .csv or .npy, or drop a file anywhere</span>
        <input
          ref={file}
          type="file"
          multiple
          accept=".csv,.txt,.npy,.json"
          onChange={(event) => {
            onFiles([...(event.currentTarget.files ?? [])]);
            event.currentTarget.value = "";
          }}
        />
      </label>
    </Panel>
  );
}

function TwinFields({
  data,
  settings,
  onChange,
}: {
  data: TwinData;
  settings: PathSettings;
  onChange: Props["onChange"];
}) {
  const change = (part: Partial<TwinData>): void =>
    onChange({ ...settings, data: { ...data, ...part } });
  const [least, most] = LIMITS.points;
  return (
    <div class="grid">
      <NumberField
        label="Points"
        whole
        least={least}
        most={most}
        value={data.points}
        onChange={(points) => change({ points })}
      />
      <NumberField
        label="Time step"
        least={0}
        value={data.timeStep}
        onChange={(timeStep) => change({ timeStep })}
      />
      <NumberField
        label="Noise"
        least={0}
        value={data.noise}
        onChange={(noise) =>
          onChange({
            ...settings,
            data: { ...data, noise },
            measurementPrecision: precisionOf(noise),
            ownPrecisions: {},
          })
        }
      />
      <SeedField label="Seed" value={data.seed} onChange={(seed) => change({ seed })} />
      <NumberField
        label="Points to predict"
        whole
        least={0}
        most={LIMITS.further[1]}
        value={data.further}
        onChange={(further) => change({ further })}
      />
    </div>
  );
}

function FileFields({
  session,
  data,
  settings,
  onChange,
  onTwin,
}: {
  session: Session;
  data: FileData;
  settings: PathSettings;
  onChange: Props["onChange"];
  onTwin: () => void;
}) {
  const { table } = session;
  return (
    <>
      <p>
        {data.name}{" "}
        <button type="button" onClick={onTwin}>
          back to a twin
        </button>
      </p>
      {unseenTable(session) === null ? (
        <ColumnFields
          table={table?.name === data.name ? table : null}
          data={data}
          settings={settings}
          onChange={onChange}
        />
      ) : (
        <small>Which of its columns is what is asked at the top of the page.</small>
      )}
    </>
  );
}
