// Run, pause, go on, cancel, begin again; and how far it is.
import { useRef } from "preact/hooks";
import type { Actions } from "../actions.js";
import type { Phase, Session } from "../session.js";

/** What the first button says and does. */
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
  const isReady = action === "run" ? prepared !== null && refusal === null : action !== null;
  const primary = useRef<HTMLButtonElement>(null);
  /** This button goes away, and the keyboard's focus is not to go with it. */
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
          // A button that is truly disabled loses the keyboard's focus.
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
        {status}
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
