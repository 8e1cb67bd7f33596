// Buttons that start, pause, resume, cancel and reset a run, and its progress.
import { useRef } from "preact/hooks";
import type { Actions } from "../actions.js";
import { type Phase, type Session, unseenTable } from "../session.js";

/** Label and action of the first button in each phase. */
const PRIMARY = {
  idle: ["Run", "run"],
  running: ["Pause", "pause"],
  pausing: ["Pause", null],
  paused: ["Go on", "resume"],
  certainty: ["Skip", "skip"],
  done: ["Run", "run"],
} as const satisfies Record<Phase, readonly [string, keyof Actions | null]>;

export function RunBar({ session, actions }: { session: Session; actions: Actions }) {
  const { phase, share, status, prepared, refusal, trouble } = session;
  const [name, action] = PRIMARY[phase];
  const unseen = unseenTable(session);
  const isReady =
    action === "run" ? prepared !== null && refusal === null && unseen === null : action !== null;
  const primary = useRef<HTMLButtonElement>(null);
  /** Discards the run. The button disappears, so the keyboard's focus is moved first. */
  const discard = (): void => {
    primary.current?.focus();
    actions.discard();
  };
  return (
    <div class="run-bar">
      <div class="buttons">
        <button
          type="button"
          class="primary"
          ref={primary}
          onClick={() => action !== null && isReady && actions[action]()}
          // A button with the attribute `disabled` would lose the keyboard's focus.
          aria-disabled={!isReady}
        >
          {name}
        </button>
        {phase !== "idle" && (
          <button type="button" onClick={discard}>
            {phase === "paused" || phase === "done" ? "Clear" : "Cancel"}
          </button>
        )}
      </div>
      <progress value={share} max={1} aria-label="Progress of the run" />
      <p class="status" role="status" aria-live="polite">
        {unseen === null ? status : `Look at the columns of ${unseen.name} first`}
      </p>
      {refusal !== null && (
        <Alert
          id="refusal"
          message={`${refusal.line === null ? "" : `line ${refusal.line}: `}${refusal.message}`}
        />
      )}
      {trouble !== null && <Alert id="trouble" message={trouble} />}
    </div>
  );
}

function Alert({ id, message }: { id: string; message: string }) {
  const [said, ...where] = message.split("\n");
  return (
    <p id={id} class="complaint" role="alert">
      {said}
      {where.length > 0 && <code class="where">{where.join("\n")}</code>}
    </p>
  );
}
