// The view of the parameters: estimates with their uncertainty.
import type { PreparedPath } from "../engine/protocol.js";
import { BAND } from "../library-options.js";
import type { Session } from "../session.js";
import { type Estimated, own } from "../settings.js";
import { StartMark } from "./start-legend.js";

export function ParametersView({
  session,
  prepared,
}: {
  session: Session;
  prepared: PreparedPath;
}) {
  const { outcome, certainty, climbers, settings } = session;
  const estimate = settings.kind === "path" ? settings.estimate : {};
  const names = Object.keys(estimate);
  if (names.length === 0)
    return <p class="empty">No parameter is looked for: choose some under “Parameters to find”.</p>;
  const truth = prepared.truth?.parameters;
  const best = outcome?.path?.parameters;
  const held = outcome?.path?.held ?? [];
  // A parameter that is held by a bound has no deviation: that of the part of a Gaussian beyond the
  // bound would pass for knowledge.
  const certain = (name: string) =>
    held.includes(name) ? null : certainty && own(certainty.parameters, name);
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
              <td>{cell(spread(certain(name)?.deviation))}</td>
              <td>{wide(certain(name)?.interval)?.map(cell).join(" to ") ?? "–"}</td>
              {truth !== undefined && <td>{cell(own(truth, name))}</td>}
              {climbers.map(({ parameters }, start) => (
                <td key={start}>{cell(own(parameters, name))}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {held.map((name) => (
        <p key={name} class="held">
          {heldMessage(name, best && own(best, name), own(estimate, name))}
        </p>
      ))}
    </div>
  );
}

/** The deviation, undefined if it is zero, which would pass for certainty. */
function spread(deviation: number | undefined): number | undefined {
  return deviation === 0 ? undefined : deviation;
}

/** The interval, undefined if it is a single number, for the same reason. */
function wide(
  interval: readonly [number, number] | null | undefined,
): readonly [number, number] | undefined {
  return interval == null || interval[0] === interval[1] ? undefined : interval;
}

/** Message about a parameter that is held by one of its bounds. */
function heldMessage(
  name: string,
  value: number | undefined,
  { least = -Infinity, most = Infinity }: Partial<Estimated> = {},
): string {
  const isLeast = value !== undefined && value - least < most - value;
  const [bound, beyond] = isLeast ? [least, "less"] : [most, "more"];
  return (
    `${name} is held by its bound ${bound}: the data ask for ${beyond}. The bound is known and not ` +
    `found, so it has no deviation; widen it unless nothing beyond it is possible.`
  );
}
