// The table of results, as text.
import type { Session } from "../session.js";

export function SummaryView({ session }: { session: Session }) {
  const { outcome } = session;
  if (outcome === null)
    return <p class="empty">After a run, levels and parameters stand here as a table.</p>;
  return (
    <pre class="scroll" tabIndex={0}>
      {outcome.summary}
    </pre>
  );
}
