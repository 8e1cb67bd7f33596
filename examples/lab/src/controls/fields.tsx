// Fields of forms.
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useState } from "preact/hooks";
import { LIMITS, own, ownsAny } from "../settings.js";

/**
 * A field for a number. An invalid or out-of-range entry is explained beside it and not passed on.
 */
export function NumberField(props: {
  label: string;
  value: number;
  onChange: (value: number) => void;
  /** Explanation shown below the field where the label is not enough. */
  help?: string;
  whole?: boolean;
  least?: number;
  most?: number;
}) {
  const { whole = false, least, most, ...rest } = props;
  return (
    <Entry
      {...rest}
      whole={whole}
      write={String}
      read={Number}
      complain={(text) => complaintOf(text, whole, least, most)}
    />
  );
}

/** A field for a number that may be absent: an empty field is undefined. */
export function OptionalNumberField(props: {
  label: string;
  value: number | undefined;
  onChange: (value: number | undefined) => void;
}) {
  const isEmpty = (text: string): boolean => text.trim() === "";
  return (
    <Entry
      {...props}
      whole={false}
      write={(value) => (value === undefined ? "" : String(value))}
      read={(text) => (isEmpty(text) ? undefined : Number(text))}
      complain={(text) => (isEmpty(text) ? undefined : complaintOf(text, false))}
    />
  );
}

/** A field for a value that is typed as text. */
function Entry<V>(props: {
  label: string;
  value: V;
  onChange: (value: V) => void;
  help?: string;
  whole: boolean;
  /** The value as text, and the other way round. */
  write: (value: V) => string;
  read: (text: string) => V;
  /** Fault of a text in words; undefined if there is none. */
  complain: (text: string) => string | undefined;
}) {
  const { label, value, onChange, help, whole, write, read, complain } = props;
  const [text, setText] = useState(write(value));
  useLayoutEffect(
    () => setText((before) => (read(before) === value ? before : write(value))),
    [value],
  );
  const complaint = complain(text);
  const onInput = (event: { currentTarget: HTMLInputElement }): void => {
    const typed = event.currentTarget.value;
    setText(typed);
    // Another spelling of the same number is not a change.
    if (complain(typed) === undefined && read(typed) !== value) onChange(read(typed));
  };
  return (
    <Described label={label} complaint={complaint} help={help}>
      {(attributes) => (
        <input
          {...attributes}
          // The decimal keypads of phones have neither a minus nor an e.
          inputMode={whole ? "numeric" : "text"}
          value={text}
          onInput={onInput}
          // An entry that was not passed on is replaced by the value in use when the field is left.
          onBlur={() => complaint !== undefined && setText(write(value))}
        />
      )}
    </Described>
  );
}

/** A labelled field with a description, which screen readers read apart from the label. */
export function Described(props: {
  label: string;
  complaint: string | undefined;
  help?: string | undefined;
  children: (attributes: {
    id: string;
    "aria-invalid": boolean;
    "aria-describedby": string;
  }) => ComponentChildren;
}) {
  const { label, complaint, help, children } = props;
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, "aria-invalid": complaint !== undefined, "aria-describedby": `${id}-about` })}
      <span id={`${id}-about`}>
        {complaint !== undefined && <span class="complaint">{complaint}</span>}
        {help !== undefined && <small>{help}</small>}
      </span>
    </div>
  );
}

export function SeedField(props: {
  label: string;
  value: number;
  onChange: (value: number) => void;
}) {
  const [least, most] = LIMITS.seed;
  return <NumberField {...props} whole least={least} most={most} />;
}

function complaintOf(
  text: string,
  whole: boolean,
  least?: number,
  most?: number,
): string | undefined {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) return "a number, such as 0.5 or 1e-3";
  if (whole && !Number.isInteger(value)) return "a whole number";
  if (least !== undefined && (whole ? value < least : value <= least))
    return whole ? `at least ${least}` : `more than ${least}`;
  if (most !== undefined && value > most) return `at most ${most}`;
  return undefined;
}

/** Fields for one positive number per state, shown on request; otherwise all states share one. */
export function ByState(props: {
  title: string;
  label: (state: string) => string;
  states: string[];
  values: Record<string, number>;
  /** Value of a state that has no number of its own. */
  otherwise: number;
  onChange: (values: Record<string, number>) => void;
}) {
  const { title, label, states, values, otherwise, onChange } = props;
  const isOn = ownsAny(values, states);
  const all = (): Record<string, number> =>
    Object.fromEntries(states.map((state) => [state, otherwise]));
  return (
    <>
      <label>
        <input
          type="checkbox"
          checked={isOn}
          onChange={(event) => onChange(event.currentTarget.checked ? all() : {})}
        />
        {title}
      </label>
      {isOn && (
        <div class="grid">
          {states.map((state) => (
            <NumberField
              key={state}
              label={label(state)}
              least={0}
              value={own(values, state) ?? otherwise}
              onChange={(value) => onChange({ ...values, [state]: value })}
            />
          ))}
        </div>
      )}
    </>
  );
}

/**
 * The known names, followed by chosen names that the model's text no longer has. The latter are
 * shown so that they can be removed.
 */
export function withLost(known: string[], chosen: string[]): { name: string; label: string }[] {
  const lost = chosen.filter((name) => !known.includes(name));
  return [
    ...known.map((name) => ({ name, label: name })),
    ...lost.map((name) => ({ name, label: `${name}, which the model has not` })),
  ];
}

export function SelectField<V extends string>(props: {
  label: string;
  value: V;
  options: readonly { value: V; text: string }[];
  onChange: (value: V) => void;
}) {
  return (
    <label class="field">
      <span>{props.label}</span>
      <select
        value={props.value}
        onChange={(event) => props.onChange(event.currentTarget.value as V)}
      >
        {props.options.map(({ value, text }) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

export function Panel({
  title,
  children,
  open = true,
}: {
  title: string;
  children: ComponentChildren;
  open?: boolean;
}) {
  return (
    <details class="panel" open={open}>
      <summary>{title}</summary>
      {children}
    </details>
  );
}
