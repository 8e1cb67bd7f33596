// A network, and the pairs that it makes.
import { useEffect, useState } from "preact/hooks";
import { LIMITS, type NetworkSettings } from "../settings.js";
import { NumberField, Panel, SeedField } from "./fields.js";

export function NetworkPanel({
  settings,
  onChange,
}: {
  settings: NetworkSettings;
  onChange: (settings: NetworkSettings) => void;
}) {
  const change = (part: Partial<NetworkSettings>): void => onChange({ ...settings, title: "My own network", ...part });
  const [text, setText] = useState(settings.layers.join(", "));
  useEffect(() => setText(settings.layers.join(", ")), [settings.layers]);
  const [complaint, setComplaint] = useState<string | undefined>(undefined);
  const onLayers = (typed: string): void => {
    setText(typed);
    const layers = typed
      .split(/[\s,]+/)
      .filter((one) => one !== "")
      .map(Number);
    const [least, most] = LIMITS.neurons;
    const isRight = layers.every((width) => Number.isInteger(width) && width >= least && width <= most);
    const isLong = layers.length >= LIMITS.layers[0] && layers.length <= LIMITS.layers[1];
    setComplaint(
      isRight && isLong
        ? undefined
        : `at least ${LIMITS.layers[0]} whole numbers from ${least} to ${most}, with commas between them`,
    );
    if (isRight && isLong) change({ layers });
  };
  return (
    <Panel title="Network">
      <label class="field">
        <span>Neurons of each layer, the inputs first</span>
        <input
          value={text}
          aria-invalid={complaint !== undefined}
          onInput={(event) => onLayers(event.currentTarget.value)}
        />
        {complaint !== undefined && <span class="complaint">{complaint}</span>}
      </label>
      <div class="grid">
        <NumberField
          label="Pairs"
          whole
          least={1}
          most={LIMITS.pairs[1]}
          value={settings.pairs}
          onChange={(pairs) => change({ pairs })}
        />
        <NumberField label="Noise" least={0} value={settings.noise} onChange={(noise) => change({ noise })} />
        <NumberField
          label="True weights up to"
          least={0}
          value={settings.weightRange}
          onChange={(weightRange) => change({ weightRange })}
        />
        <SeedField label="Seed" value={settings.seed} onChange={(seed) => change({ seed })} />
      </div>
    </Panel>
  );
}
