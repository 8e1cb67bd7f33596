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
          onClick={() => action !== null && actions[action]()}
          disabled={action === "run" && (prepared === null || refusal !== null)}
          // Not disabled while it stops: a disabled button loses the keyboard's focus.
          aria-disabled={action === null}
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
      <Alert message={refusal?.line === null ? refusal.message : null} />
      <Alert message={trouble} />
    </div>
  );
}

function Alert({ message }: { message: string | null }) {
  if (message === null) return null;
  return (
    <p class="complaint" role="alert">
      {message}
    </p>
  );
}
