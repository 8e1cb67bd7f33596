// Data: made by the model itself, or of a file; and which states are measured.
import { outlineOf } from "../model-text.js";
import type { Session } from "../session.js";
import { LIMITS, type PathSettings } from "../settings.js";
import { NumberField, Panel, SelectField } from "./fields.js";

interface Props {
  session: Session;
  settings: PathSettings;
  onChange: (settings: PathSettings) => void;
  onFile: (file: File) => Promise<void>;
}

export function DataPanel({ session, settings, onChange, onFile }: Props) {
  const { data } = settings;
  const states = outlineOf(settings.model).states.map(({ name }) => name);
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
        <FileFields data={data} columns={session.table?.columns ?? []} settings={settings} onChange={onChange} />
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
          accept=".csv,.txt,.npy,.json"
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            if (file !== undefined) void onFile(file);
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
      <NumberField label="Seed" whole least={0} value={data.seed} onChange={(seed) => change({ seed })} />
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

function FileFields(props: { data: FileOf; columns: string[]; settings: PathSettings; onChange: Props["onChange"] }) {
  const { data, columns, settings, onChange } = props;
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
        onChange={(time) => change({ time: time === none ? null : time })}
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
