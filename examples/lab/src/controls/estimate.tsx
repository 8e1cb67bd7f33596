// The form for the parameters to be estimated.
import type { ModelText } from "../model-text.js";
import { own, type PathSettings } from "../settings.js";
import { NumberField, Panel, withLost } from "./fields.js";

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
      {listed.map(({ name, label }) => {
        const one = own(estimate, name);
        const change = (part: Partial<{ low: number; high: number }>): void =>
          onChange({
            ...settings,
            estimate: {
              ...estimate,
              [name]: { ...(one as { low: number; high: number }), ...part },
            },
          });
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
                  label={`${name} from`}
                  value={one.low}
                  onChange={(low) => change({ low })}
                />
                <NumberField
                  label={`${name} to`}
                  value={one.high}
                  onChange={(high) => change({ high })}
                />
              </div>
            )}
          </div>
        );
      })}
    </Panel>
  );
}
