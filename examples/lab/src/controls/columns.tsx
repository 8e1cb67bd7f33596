// What the columns of an opened file mean: shown with their numbers, to be confirmed before a run.
import type { FileTable } from "../engine/protocol.js";
import { stepOf } from "../files.js";
import { type Session, unseenTable } from "../session.js";
import { type FileData, own, type PathSettings } from "../settings.js";
import { NumberField, SelectField } from "./fields.js";

type OnChange = (settings: PathSettings) => void;

/** Text of an option that stands for no column. */
const NONE = "";

/** The question which column is what; nothing once the user has answered it. */
export function ColumnQuestion({
  session,
  onChange,
  onConfirm,
}: {
  session: Session;
  onChange: OnChange;
  onConfirm: () => void;
}) {
  const { settings } = session;
  const table = unseenTable(session);
  if (table === null || settings.kind !== "path" || settings.data.from === "twin") return null;
  const { data, observed } = settings;
  const isAnswered = observed.every((state) => (own(data.columns, state) ?? NONE) !== NONE);
  /** Confirms. The button disappears, so the keyboard's focus is moved first. */
  const confirm = (): void => {
    if (!isAnswered) return;
    document.querySelector<HTMLElement>(".run-bar .primary")?.focus();
    onConfirm();
  };
  return (
    <section class="columns" aria-label={`Columns of ${table.name}`}>
      <h2>Which column is what?</h2>
      <p>
        {table.name} has {table.rows} rows. A column that was not meant is fitted like any other, so
        nothing runs before you have looked at this.
      </p>
      <HeadTable table={table} data={data} observed={observed} />
      {table.others.length > 0 && (
        <p>
          <small>
            Left out, as they hold something else than numbers: {table.others.join(", ")}
          </small>
        </p>
      )}
      <div class="grid">
        <ColumnFields table={table} data={data} settings={settings} onChange={onChange} />
      </div>
      <button type="button" class="primary" onClick={confirm} aria-disabled={!isAnswered}>
        {isAnswered ? "These columns are right" : "Choose a column for each state first"}
      </button>
    </section>
  );
}

/** First rows of the file, each column with what it is taken for. */
function HeadTable({
  table,
  data,
  observed,
}: {
  table: FileTable;
  data: FileData;
  observed: string[];
}) {
  const { columns, head, rows } = table;
  const roleOf = (column: string): string => {
    if (column === data.time) return "time";
    const measured = observed.filter((state) => own(data.columns, state) === column);
    return measured.length > 0 ? `measures ${measured.join(" and ")}` : "not used";
  };
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="First rows of the file">
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
          <tr>
            {columns.map((column) => {
              const role = roleOf(column);
              return (
                <td key={column} class={role === "not used" ? "unused" : "used"}>
                  {role}
                </td>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {head.map((row, n) => (
            <tr key={n}>
              {row.map((value, k) => (
                <td key={columns[k]}>{Number.isNaN(value) ? "" : String(value)}</td>
              ))}
            </tr>
          ))}
          {rows > head.length && (
            <tr>
              <td colSpan={columns.length}>and {rows - head.length} more rows</td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}

/** Fields that choose the column of times and those of the measurements. */
export function ColumnFields({
  table,
  data,
  settings,
  onChange,
}: {
  /** The open file; null if it is not the one that the settings name. */
  table: FileTable | null;
  data: FileData;
  settings: PathSettings;
  onChange: OnChange;
}) {
  const { columns, steps } = table ?? { columns: [], steps: {} };
  const change = (part: Partial<FileData>): void =>
    onChange({ ...settings, data: { ...data, ...part } });
  /** Options of a column's list, including a chosen column of a file that is not open. */
  const choices = (empty: string, chosen: string) => [
    { value: NONE, text: empty },
    ...[...new Set([...columns, ...(chosen === NONE ? [] : [chosen])])].map((name) => ({
      value: name,
      text: name,
    })),
  ];
  return (
    <>
      <SelectField
        label="Column of times"
        value={data.time ?? NONE}
        options={choices("none: one step apart", data.time ?? NONE)}
        onChange={(chosen) => {
          const time = chosen === NONE ? null : chosen;
          change({ time, timeStep: stepOf(steps, time, data.timeStep) });
        }}
      />
      <NumberField
        label="Time step"
        least={0}
        value={data.timeStep}
        onChange={(timeStep) => change({ timeStep })}
      />
      {settings.observed.map((state) => (
        <SelectField
          key={state}
          label={`Column that measures ${state}`}
          value={own(data.columns, state) ?? NONE}
          options={choices("choose", own(data.columns, state) ?? NONE)}
          onChange={(column) => change({ columns: { ...data.columns, [state]: column } })}
        />
      ))}
    </>
  );
}
