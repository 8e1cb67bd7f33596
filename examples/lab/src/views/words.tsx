// Results in words.
import type { Session } from "../session.js";

export function WordsView({ session }: { session: Session }) {
  const { outcome, certainty } = session;
  if (outcome === null)
    return (
      <p class="empty">
        After a run it says here what the numbers mean, and what to do where they mean nothing good.
      </p>
    );
  return (
    <>
      <p class="diagnosis">{outcome.diagnosis}</p>
      {certainty?.trouble != null && <p class="complaint">{certainty.trouble}</p>}
      <pre class="scroll" tabIndex={0}>
        {outcome.summary}
      </pre>
    </>
  );
}
