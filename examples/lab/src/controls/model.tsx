// The equations, checked as they are typed.
import type { PathSettings } from "../settings.js";
import { withFile } from "../files.js";
import { MODELS } from "../models.js";
import type { Session } from "../session.js";
import { Panel, SelectField } from "./fields.js";

export function ModelPanel(props: {
  settings: PathSettings;
  session: Session;
  onChange: (settings: PathSettings) => void;
}) {
  const { settings, session, onChange } = props;
  const own = "own";
  const chosen = MODELS.find(({ text }) => text === settings.model)?.name ?? own;
  const choose = (name: string): void => {
    const model = MODELS.find((one) => one.name === name);
    if (model === undefined) return;
    const next = { ...settings, ...model.settings, title: model.name, model: model.text };
    const { data } = settings;
    if (data.from === "twin") return onChange(next);
    // A change of the model keeps data that the user has opened.
    const { table } = session;
    const kept = { ...next, data };
    onChange(table?.name === data.name ? withFile(kept, table) : kept);
  };
  const rows = Math.min(16, settings.model.split("\n").length + 1);
  const isWrong = session.refusal !== null && session.refusal.line !== null;
  return (
    <Panel title="Model">
      <SelectField
        label="Equations"
        value={chosen}
        options={[
          ...MODELS.map(({ name }) => ({ value: name, text: name })),
          ...(chosen === own ? [{ value: own, text: "my own, below" }] : []),
        ]}
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
          aria-invalid={isWrong}
          aria-describedby={isWrong ? "refusal model-help" : "model-help"}
          onInput={(event) =>
            onChange({ ...settings, model: event.currentTarget.value, title: "My own model" })
          }
        />
      </label>
      <small id="model-help">
        <code>x' = …</code> a state's rate of change; <code>a = 1</code> a parameter;{" "}
        <code>u = sin(t)</code> a formula; <code>x(0) = 1</code> where the twin data begin;{" "}
        <code>#</code> a remark.
      </small>
    </Panel>
  );
}
