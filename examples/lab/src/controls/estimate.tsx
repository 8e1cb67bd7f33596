// Parameters that are looked for.
import { outlineOf } from "../model-text.js";
import type { PathSettings } from "../settings.js";
import { NumberField, Panel } from "./fields.js";

export function EstimatePanel({
  settings,
  onChange,
}: {
  settings: PathSettings;
  onChange: (settings: PathSettings) => void;
}) {
  const parameters = outlineOf(settings.model).parameters;
  if (parameters.length === 0) return null;
  const { estimate } = settings;
  const toggle = (name: string, value: number, isOn: boolean): void => {
    const { [name]: _, ...others } = estimate;
    const reach = Math.max(Math.abs(value) / 2, 0.1);
    onChange({
      ...settings,
      estimate: isOn ? { ...others, [name]: { low: value - reach, high: value + reach } } : others,
    });
  };
  return (
    <Panel title="Parameters to find">
      {parameters.map(({ name, value }) => {
        const one = estimate[name];
        const change = (part: Partial<{ low: number; high: number }>): void =>
          onChange({
            ...settings,
            estimate: { ...estimate, [name]: { ...(one as { low: number; high: number }), ...part } },
          });
        return (
          <div key={name} class="parameter">
            <label>
              <input
                type="checkbox"
                checked={one !== undefined}
                onChange={(event) => toggle(name, value, event.currentTarget.checked)}
              />
              {name}
            </label>
            {one !== undefined && (
              <div class="grid">
                <NumberField label={`${name} from`} value={one.low} onChange={(low) => change({ low })} />
                <NumberField label={`${name} to`} value={one.high} onChange={(high) => change({ high })} />
              </div>
            )}
          </div>
        );
      })}
    </Panel>
  );
}
