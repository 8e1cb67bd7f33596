// The form for the parameters to be estimated.
import type { ModelText } from "../model-text.js";
import { type Estimated, own, type PathSettings } from "../settings.js";
import { NumberField, OptionalNumberField, Panel, withLost } from "./fields.js";

export function EstimatePanel({
  settings,
  outline,
  onChange,
}: {
  settings: PathSettings;
  /** The parsed model text. */
  outline: ModelText;
  onChange: (settings: PathSettings) => void;
}) {
  const { estimate } = settings;
  const values = new Map(outline.parameters.map(({ name, value }) => [name, value]));
  const listed = withLost([...values.keys()], Object.keys(estimate));
  if (listed.length === 0) return null;
  const toggle = (name: string, isOn: boolean): void => {
    const { [name]: _, ...others } = estimate;
    const value = values.get(name) ?? 0;
    const reach = Math.max(Math.abs(value) / 2, 0.1);
    onChange({
      ...settings,
      estimate: isOn ? { ...others, [name]: { low: value - reach, high: value + reach } } : others,
    });
  };
  return (
    <Panel title="Parameters to find">
      <p>
        <small>
          Every starting path begins within the range of starts, and may leave it. A bound is never
          crossed; leave it empty where there is none.
        </small>
      </p>
      {listed.map(({ name, label }) => {
        const one = own(estimate, name);
        const change = (part: Partial<Estimated>): void =>
          onChange({
            ...settings,
            estimate: { ...estimate, [name]: { ...(one as Estimated), ...part } },
          });
        /** Changes a bound; undefined takes it away. */
        const bound = (end: "least" | "most", value: number | undefined): void => {
          const { [end]: _, ...rest } = one as Estimated;
          const next = value === undefined ? rest : { ...rest, [end]: value };
          onChange({ ...settings, estimate: { ...estimate, [name]: next } });
        };
        return (
          <div key={name} class="parameter">
            <label>
              <input
                type="checkbox"
                checked={one !== undefined}
                onChange={(event) => toggle(name, event.currentTarget.checked)}
              />
              {label}
            </label>
            {one !== undefined && (
              <div class="grid">
                <NumberField
                  label={`${name} starts from`}
                  value={one.low}
                  onChange={(low) => change({ low })}
                />
                <NumberField
                  label={`${name} starts to`}
                  value={one.high}
                  onChange={(high) => change({ high })}
                />
                <OptionalNumberField
                  label={`Bound: ${name} at least`}
                  value={one.least}
                  onChange={(least) => bound("least", least)}
                />
                <OptionalNumberField
                  label={`Bound: ${name} at most`}
                  value={one.most}
                  onChange={(most) => bound("most", most)}
                />
              </div>
            )}
          </div>
        );
      })}
    </Panel>
  );
}
