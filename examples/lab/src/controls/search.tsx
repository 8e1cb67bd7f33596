// The form for the search: the ladder of R_f and the starting paths.
import type { ModelText } from "../model-text.js";
import { LIMITS, type Settings, STRATEGIES, type Strategy } from "../settings.js";
import { ByState, NumberField, Panel, SeedField, SelectField } from "./fields.js";

const STRATEGY_OPTIONS = Object.entries(STRATEGIES).map(([value, about]) => ({
  value: value as Strategy,
  text: `${value.replace("-", " ")}: ${about}`,
}));

export function SearchPanel({
  settings,
  outline,
  onChange,
}: {
  settings: Settings;
  /** The parsed model text. */
  outline: ModelText;
  onChange: (settings: Settings) => void;
}) {
  const { ladder, starts } = settings;
  const climb = (part: Partial<Settings["ladder"]>): void =>
    onChange({ ...settings, ladder: { ...ladder, ...part } });
  const begin = (part: Partial<{ count: number; seed: number; strategy: Strategy }>): void =>
    onChange({ ...settings, starts: { ...starts, ...part } } as Settings);
  return (
    <Panel title="Search" open={false}>
      <p>
        <small>
          The model's precision R_f is small at first, so that the path may follow the data, and
          grows rung by rung until it obeys the model.
        </small>
      </p>
      <div class="grid">
        <NumberField
          label="First R_f"
          least={0}
          value={ladder.initial}
          onChange={(initial) => climb({ initial })}
        />
        <NumberField
          label="Factor"
          least={1}
          value={ladder.factor}
          onChange={(factor) => climb({ factor })}
        />
        <NumberField
          label="Rungs"
          whole
          least={1}
          most={LIMITS.rungs[1]}
          value={ladder.rungs}
          onChange={(rungs) => climb({ rungs })}
        />
        <NumberField
          label="Starting paths"
          whole
          least={1}
          most={LIMITS.count[1]}
          value={starts.count}
          onChange={(count) => begin({ count })}
        />
        <SeedField
          label="Seed of starting paths"
          value={starts.seed}
          onChange={(seed) => begin({ seed })}
        />
      </div>
      {settings.kind === "path" && (
        <>
          <SelectField
            label="Starting paths come from"
            value={settings.starts.strategy}
            options={STRATEGY_OPTIONS}
            onChange={(strategy) => begin({ strategy })}
          />
          <ByState
            title="Each state has its own share of R_f, as where their units differ much"
            label={(state) => `R_f of ${state}, times`}
            states={outline.states.map(({ name }) => name)}
            values={settings.modelWeights}
            otherwise={1}
            onChange={(modelWeights) => onChange({ ...settings, modelWeights })}
          />
        </>
      )}
    </Panel>
  );
}
