// The equations, checked as they are typed.
import type { PathSettings } from "../settings.js";
import type { Refusal } from "../session.js";
import { MODELS } from "../models.js";
import { Panel, SelectField } from "./fields.js";

export function ModelPanel(props: {
  settings: PathSettings;
  refusal: Refusal | null;
  onChange: (settings: PathSettings) => void;
}) {
  const { settings, refusal, onChange } = props;
  const own = "own";
  const chosen = MODELS.find(({ text }) => text === settings.model)?.name ?? own;
  const choose = (name: string): void => {
    const model = MODELS.find((one) => one.name === name);
    if (model !== undefined) onChange({ ...settings, ...model.settings, title: model.name, model: model.text });
  };
  const rows = Math.min(16, settings.model.split("\n").length + 1);
  const line = refusal?.line ?? null;
  return (
    <Panel title="Model">
      <SelectField
        label="Equations"
        value={chosen}
        options={[...MODELS.map(({ name }) => ({ value: name, text: name })), { value: own, text: "my own, below" }]}
        onChange={choose}
      />
      <label class="field">
        <span>Text</span>
        <textarea
          class="model"
          rows={rows}
          spellcheck={false}
          autocapitalize="off"
          value={settings.model}
          aria-invalid={line !== null}
          aria-describedby="model-help"
          onInput={(event) => onChange({ ...settings, model: event.currentTarget.value, title: "My own model" })}
        />
      </label>
      {line !== null && (
        <p class="complaint" role="alert">
          line {line}: {refusal?.message}
        </p>
      )}
      <small id="model-help">
        <code>x' = …</code> a state's rate of change; <code>a = 1</code> a parameter; <code>u = sin(t)</code> a formula;{" "}
        <code>x(0) = 1</code> where a twin begins; <code>#</code> a remark.
      </small>
    </Panel>
  );
}
