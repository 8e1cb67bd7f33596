// The action of every starting path, rung by rung.
import type { Session } from "../session.js";
import { coloursNow, startLook } from "./colours.js";
import { type Curve, Plot } from "./plot.js";
import { StartItems } from "./start-legend.js";

export function LevelsView({ session }: { session: Session }) {
  const { climbers, outcome, settings } = session;
  const { initial, factor, rungs } = settings.ladder;
  const x = Array.from({ length: rungs }, (_, rung) => initial * factor ** rung);
  const of = (pick: "action" | "measurementError" | "modelError"): Curve[] =>
    climbers.map((one, start) => ({
      label: `path ${start}`,
      ...startLook(start),
      values: x.map((_, rung) => positive(one[pick][rung])),
    }));
  const { truth } = coloursNow();
  const expected = outcome?.expectedLevel;
  const line: Curve[] =
    expected === undefined || expected <= 0
      ? []
      : [
          {
            label: "what noise explains",
            colour: truth,
            as: "dashes",
            values: x.map(() => expected),
          },
        ];
  if (climbers.length === 0)
    return (
      <p class="empty">
        Press Run: every starting path climbs from a small R_f to a large one, and its action is
        drawn at each rung.
      </p>
    );
  return (
    <>
      <ul class="legend" aria-label="Legend">
        <StartItems count={climbers.length} />
        {line.length > 0 && <li class="of-truth">what the noise explains</li>}
      </ul>
      <Plot
        title="Action, by the model's precision R_f"
        description={
          `action of ${climbers.length} starting paths over R_f, both logarithmic` +
          (expected === undefined ? "" : `; noise explains ${expected.toPrecision(3)}`)
        }
        x={x}
        xLabel="R_f"
        curves={[...line, ...of("action")]}
        logX
        logY
        height={300}
      />
      <div class="multiples">
        <Plot
          title="of which error of the measurements"
          description="error of the measurements over R_f"
          x={x}
          curves={of("measurementError")}
          logX
          logY
          height={180}
        />
        <Plot
          title="of which error of the model"
          description="error of the model over R_f"
          x={x}
          curves={of("modelError")}
          logX
          logY
          height={180}
        />
      </div>
      <p>
        <small>
          A lowest level that stays flat as R_f grows, near the dashed line, is a path that obeys
          the model and is as far from the data as the noise. Levels that go on growing are paths
          the model does not allow.
        </small>
      </p>
    </>
  );
}

/** The value if it is positive, else null: a logarithmic axis has no place for it. */
function positive(value: number | undefined): number | null {
  return value !== undefined && value > 0 ? value : null;
}
