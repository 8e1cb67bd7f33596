// Parameters: what was looked for, found, and how certain it is.
import type { PreparedPath } from "../engine/protocol.js";
import type { Session } from "../session.js";

export function ParametersView({ session, prepared }: { session: Session; prepared: PreparedPath }) {
  const { outcome, certainty, climbers, settings } = session;
  const names = settings.kind === "path" ? Object.keys(settings.estimate) : [];
  if (names.length === 0)
    return <p class="empty">No parameter is looked for: choose some under “Parameters to find”.</p>;
  const truth = prepared.truth?.parameters;
  const best = outcome?.path?.parameters;
  const cell = (value: number | undefined): string => (value === undefined ? "–" : value.toPrecision(5));
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Table of parameters">
      <table>
        <thead>
          <tr>
            <th scope="col">parameter</th>
            <th scope="col">estimate</th>
            <th scope="col">± standard deviation</th>
            <th scope="col">90 % interval</th>
            {truth !== undefined && <th scope="col">truth</th>}
            {climbers.map((_, start) => (
              <th key={start} scope="col">
                path {start}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names.map((name) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{cell(best?.[name])}</td>
              <td>{cell(certainty?.parameters[name]?.deviation)}</td>
              <td>{certainty?.parameters[name]?.interval?.map(cell).join(" to ") ?? "–"}</td>
              {truth !== undefined && <td>{cell(truth[name])}</td>}
              {climbers.map(({ parameters }, start) => (
                <td key={start}>{cell(parameters[name])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {certainty?.trouble != null && <p class="complaint">{certainty.trouble}</p>}
    </div>
  );
}
