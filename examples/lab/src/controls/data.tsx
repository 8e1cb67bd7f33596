// Data: made by the model itself, or of a file; and which states are measured.
import { stepOf } from "../files.js";
import type { ModelText } from "../model-text.js";
import type { FileTable } from "../engine/protocol.js";
import type { Session } from "../session.js";
import { LIMITS, type PathSettings } from "../settings.js";
import { NumberField, Panel, SeedField, SelectField } from "./fields.js";

interface Props {
  session: Session;
  settings: PathSettings;
  /** What the model's text says. */
  outline: ModelText;
  onChange: (settings: PathSettings) => void;
  onFiles: (files: Iterable<File>) => void;
}

export function DataPanel({ session, settings, outline, onChange, onFiles }: Props) {
  const { data } = settings;
  const states = outline.states.map(({ name }) => name);
  const toggle = (state: string, isOn: boolean): void => {
    const observed = states.filter((one) => (one === state ? isOn : settings.observed.includes(one)));
    onChange({ ...settings, observed });
  };
  return (
    <Panel title="Data">
      <fieldset>
        <legend>Measured states</legend>
        <div class="checks">
          {states.map((state) => (
            <label key={state}>
              <input
                type="checkbox"
                checked={settings.observed.includes(state)}
                onChange={(event) => toggle(state, event.currentTarget.checked)}
              />
              {state}
            </label>
          ))}
        </div>
      </fieldset>
      {data.from === "twin" ? (
        <TwinFields data={data} settings={settings} onChange={onChange} />
      ) : (
        <FileFields data={data} table={session.table} settings={settings} onChange={onChange} />
      )}
      <NumberField
        label="Measurement precision R_m"
        help="one over the variance of the noise"
        value={settings.measurementPrecision}
        least={0}
        onChange={(measurementPrecision) => onChange({ ...settings, measurementPrecision })}
      />
      <label class="field file">
        <span>Your own data: .csv or .npy, or drop a file anywhere</span>
        <input
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

type TwinOf = Extract<PathSettings["data"], { from: "twin" }>;
type FileOf = Extract<PathSettings["data"], { from: "file" }>;

function TwinFields({
  data,
  settings,
  onChange,
}: {
  data: TwinOf;
  settings: PathSettings;
  onChange: Props["onChange"];
}) {
  const change = (part: Partial<TwinOf>): void => onChange({ ...settings, data: { ...data, ...part } });
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
      <NumberField label="Time step" least={0} value={data.timeStep} onChange={(timeStep) => change({ timeStep })} />
      <NumberField
        label="Noise"
        least={0}
        value={data.noise}
        onChange={(noise) =>
          onChange({
            ...settings,
            data: { ...data, noise },
            measurementPrecision: Number((1 / noise ** 2).toPrecision(6)),
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

function FileFields(props: {
  data: FileOf;
  table: FileTable | null;
  settings: PathSettings;
  onChange: Props["onChange"];
}) {
  const { data, table, settings, onChange } = props;
  const { columns, steps } = table ?? { columns: [], steps: {} };
  const change = (part: Partial<FileOf>): void => onChange({ ...settings, data: { ...data, ...part } });
  const none = "";
  const choices = (empty: string) => [
    { value: none, text: empty },
    ...columns.map((name) => ({ value: name, text: name })),
  ];
  return (
    <>
      <p>
        {data.name}{" "}
        <button
          type="button"
          onClick={() =>
            onChange({
              ...settings,
              data: { from: "twin", timeStep: data.timeStep, points: 161, noise: 0.5, seed: 1, further: 60 },
            })
          }
        >
          back to a twin
        </button>
      </p>
      <SelectField
        label="Column of times"
        value={data.time ?? none}
        options={choices("none: one step apart")}
        onChange={(chosen) => {
          const time = chosen === none ? null : chosen;
          change({ time, timeStep: stepOf(steps, time, data.timeStep) });
        }}
      />
      <NumberField label="Time step" least={0} value={data.timeStep} onChange={(timeStep) => change({ timeStep })} />
      {settings.observed.map((state) => (
        <SelectField
          key={state}
          label={`Column that measures ${state}`}
          value={data.columns[state] ?? none}
          options={choices("choose")}
          onChange={(column) => change({ columns: { ...data.columns, [state]: column } })}
        />
      ))}
    </>
  );
}
