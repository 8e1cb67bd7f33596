// What the library says of a run. It stands before all pictures and numbers, as it says whether
// they mean anything.
import type { Finding } from "../engine/protocol.js";
import type { Session } from "../session.js";

/** Headings by verdict. */
const VERDICTS: Record<string, string> = {
  consistent: "Consistent: the path agrees with data and model",
  inconsistent: "Inconsistent: do not use these numbers",
  undetermined: "Undetermined: the data leave open what is looked for",
  unfinished: "Unfinished: what follows is not the end of the search",
};

const SEVERITIES: readonly Finding["severity"][] = ["problem", "warning", "good"];

export function Findings({ session }: { session: Session }) {
  const { outcome, certainty } = session;
  if (outcome === null) return null;
  return (
    <section class={`findings ${outcome.verdict}`} aria-label="Findings">
      <h2>{VERDICTS[outcome.verdict] ?? outcome.verdict}</h2>
      <FindingList findings={outcome.findings} />
      {certainty?.trouble != null && (
        <p class="complaint">How certain it is cannot be said: {certainty.trouble}</p>
      )}
      {certainty !== null && <FindingList findings={certainty.findings} />}
    </section>
  );
}

/** Findings as a list, the gravest first. */
function FindingList({ findings }: { findings: Finding[] }) {
  const ordered = SEVERITIES.flatMap((severity) =>
    findings.filter((one) => one.severity === severity),
  );
  return (
    <ul>
      {ordered.map(({ code, severity, message }, k) => (
        <li key={k} class={severity} data-code={code}>
          {severity !== "good" && <strong>{severity}: </strong>}
          {message}
        </li>
      ))}
    </ul>
  );
}
