// The form for a network and for the pairs that it makes.
import { useLayoutEffect, useState } from "preact/hooks";
import { layersOf, LIMITS, type NetworkSettings } from "../settings.js";
import { Described, NumberField, Panel, SeedField } from "./fields.js";

const WRONG =
  `${LIMITS.layers.join(" to ")} whole numbers from ${LIMITS.neurons.join(" to ")}, with ` +
  "commas between them";

/** Parses the numbers of neurons. Undefined if the text is not valid. */
function typedLayers(text: string): number[] | undefined {
  const all = text.split(/[\s,]+/).filter((one) => one !== "");
  try {
    return layersOf(all.map(Number));
  } catch {
    return undefined;
  }
}

export function NetworkPanel({
  settings,
  onChange,
}: {
  settings: NetworkSettings;
  onChange: (settings: NetworkSettings) => void;
}) {
  const change = (part: Partial<NetworkSettings>): void =>
    onChange({ ...settings, title: "My own network", ...part });
  const listed = settings.layers.join(", ");
  const [text, setText] = useState(listed);
  // Text that is being typed is kept as it is, including a comma at its end.
  useLayoutEffect(
    () => setText((before) => (typedLayers(before)?.join(", ") === listed ? before : listed)),
    [listed],
  );
  const onLayers = (typed: string): void => {
    setText(typed);
    const layers = typedLayers(typed);
    if (layers !== undefined && layers.join(", ") !== listed) change({ layers });
  };
  return (
    <Panel title="Network">
      <Described
        label="Neurons of each layer, the inputs first"
        complaint={typedLayers(text) === undefined ? WRONG : undefined}
      >
        {(attributes) => (
          <input
            {...attributes}
            value={text}
            onInput={(event) => onLayers(event.currentTarget.value)}
            onBlur={() => typedLayers(text) === undefined && setText(listed)}
          />
        )}
      </Described>
      <div class="grid">
        <NumberField
          label="Pairs"
          whole
          least={1}
          most={LIMITS.pairs[1]}
          value={settings.pairs}
          onChange={(pairs) => change({ pairs })}
        />
        <NumberField
          label="Noise"
          least={0}
          value={settings.noise}
          onChange={(noise) => change({ noise })}
        />
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
