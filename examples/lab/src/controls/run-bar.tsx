// Run, pause, go on, cancel, begin again; and how far it is.
import { useRef } from "preact/hooks";
import type { Actions, Session } from "../session.js";

export function RunBar({ session, actions }: { session: Session; actions: Actions }) {
  const { phase, share, status, complaint } = session;
  const busy = phase === "running" || phase === "pausing";
  const primary = useRef<HTMLButtonElement>(null);
  /** This button goes away, and the keyboard's focus is not to go with it. */
  const discard = (): void => {
    primary.current?.focus();
    actions.discard();
  };
  return (
    <div class="run-bar">
      <div class="buttons">
        {busy ? (
          // Not disabled while it stops: a disabled button loses the keyboard's focus.
          <button
            type="button"
            class="primary"
            ref={primary}
            onClick={actions.pause}
            aria-disabled={phase === "pausing"}
          >
            Pause
          </button>
        ) : phase === "paused" ? (
          <button type="button" class="primary" ref={primary} onClick={actions.resume}>
            Go on
          </button>
        ) : (
          <button
            type="button"
            class="primary"
            ref={primary}
            onClick={actions.run}
            disabled={session.prepared === null || complaint !== null}
          >
            Run
          </button>
        )}
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
      {complaint !== null && complaint.line === null && (
        <p class="complaint" role="alert">
          {complaint.message}
        </p>
      )}
    </div>
  );
}
