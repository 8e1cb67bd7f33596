// The view of the parameters: estimates with their uncertainty.
import type { PreparedPath } from "../engine/protocol.js";
import { BAND } from "../library-options.js";
import type { Session } from "../session.js";
import { own } from "../settings.js";
import { StartMark } from "./start-legend.js";

export function ParametersView({
  session,
  prepared,
}: {
  session: Session;
  prepared: PreparedPath;
}) {
  const { outcome, certainty, climbers, settings } = session;
  const names = settings.kind === "path" ? Object.keys(settings.estimate) : [];
  if (names.length === 0)
    return <p class="empty">No parameter is looked for: choose some under “Parameters to find”.</p>;
  const truth = prepared.truth?.parameters;
  const best = outcome?.path?.parameters;
  const certain = (name: string) => certainty && own(certainty.parameters, name);
  const cell = (value: number | undefined): string =>
    value === undefined ? "–" : value.toPrecision(5);
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Table of parameters">
      <table>
        <thead>
          <tr>
            <th scope="col">parameter</th>
            <th scope="col">estimate</th>
            <th scope="col">± standard deviation</th>
            <th scope="col">{100 * BAND} % interval</th>
            {truth !== undefined && <th scope="col">truth</th>}
            {climbers.map((_, start) => (
              <th key={start} scope="col">
                <StartMark start={start} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names.map((name) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{cell(best && own(best, name))}</td>
              <td>{cell(certain(name)?.deviation)}</td>
              <td>{certain(name)?.interval?.map(cell).join(" to ") ?? "–"}</td>
              {truth !== undefined && <td>{cell(own(truth, name))}</td>}
              {climbers.map(({ parameters }, start) => (
                <td key={start}>{cell(own(parameters, name))}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {certainty?.trouble != null && <p class="complaint">{certainty.trouble}</p>}
    </div>
  );
}
