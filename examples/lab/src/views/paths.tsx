// The view of every state over time: data, truth, the present paths, and the prediction with its
// band.
import { useMemo, useState } from "preact/hooks";
import type { PreparedPath } from "../engine/protocol.js";
import type { Session } from "../session.js";
import { BAND } from "../library-options.js";
import { coloursNow, startLook } from "./colours.js";
import { type Band, type Curve, Plot } from "./plot.js";
import { MOST_ROWS, rowsOf } from "./long-series.js";
import { StartItems } from "./start-legend.js";

/** Number of states that are drawn at first; more would make a page too long to scroll. */
const FIRST = 10;
/** Maximum number of states that leaves room for tall plots. */
const FEW = 4;

export function PathsView({ session, prepared }: { session: Session; prepared: PreparedPath }) {
  const [isAll, setAll] = useState(false);
  const { states } = prepared;
  const shown = isAll ? states.length : Math.min(FIRST, states.length);
  const points = prepared.times.length;
  return (
    <>
      <Legend session={session} prepared={prepared} />
      <div class="multiples">
        {states.slice(0, shown).map((name, state) => (
          <StatePlot key={name} session={session} prepared={prepared} state={state} />
        ))}
      </div>
      {points > MOST_ROWS && (
        <p>
          <small>
            Of {points} points, at most {MOST_ROWS} are drawn of each state; peaks and troughs are
            among them.
          </small>
        </p>
      )}
      {states.length > FIRST && (
        <button type="button" onClick={() => setAll(!isAll)}>
          {isAll ? `Show the first ${FIRST}` : `Show all ${states.length} states`}
        </button>
      )}
    </>
  );
}

function Legend({ session, prepared }: { session: Session; prepared: PreparedPath }) {
  return (
    <ul class="legend" aria-label="Legend">
      <li class="of-data">measured</li>
      {prepared.truth !== null && <li class="of-truth">truth</li>}
      {session.outcome === null ? (
        <StartItems count={session.climbers.length} />
      ) : (
        <li class="of-estimate">path of least action</li>
      )}
      {session.certainty?.band != null && (
        <li class="of-band">{100 * BAND} % band; ± its half width, on average</li>
      )}
    </ul>
  );
}

function StatePlot({
  session,
  prepared,
  state,
}: {
  session: Session;
  prepared: PreparedPath;
  state: number;
}) {
  const { states, times, observed, values, truth } = prepared;
  const colours = coloursNow();
  const { certainty, outcome, climbers } = session;
  const [width, points] = [states.length, times.length];
  const prediction = certainty?.prediction ?? null;
  const future = useMemo(
    () => truth?.futureTimes ?? prediction?.times.subarray(1) ?? new Float64Array(),
    [truth, prediction],
  );
  const place = observed.indexOf(state);
  const seen =
    truth?.path ?? outcome?.path?.path ?? climbers.find(({ path }) => path !== null)?.path;
  // The rows depend on the data only, so another path of the same data has the same ones.
  const drawn = place >= 0 ? values : seen;
  const { rows, x } = useMemo(() => {
    const [row, at] = place >= 0 ? [observed.length, place] : [width, state];
    const rows = rowsOf(points, (n) => drawn?.[n * row + at] ?? 0);
    return { rows, x: Float64Array.from([...rows.map((n) => times[n] as number), ...future]) };
  }, [drawn, future, place, state]);
  /** Values of a state over the window, followed by those of the prediction. */
  const column =
    (path: ArrayLike<number>, after?: ArrayLike<number>, skipped = 0): (() => (number | null)[]) =>
    () => [
      ...rows.map((n) => path[n * width + state] as number),
      ...Array.from(
        { length: future.length },
        (_, n) => after?.[(n + skipped) * width + state] ?? null,
      ),
    ];
  const curves: Curve[] = [];
  const bands: Band[] = [];
  let halfWidth = "";
  if (truth !== null)
    curves.push({
      label: "truth",
      values: column(truth.path, truth.future),
      colour: colours.truth,
      as: "dashes",
    });
  if (outcome?.path == null) {
    // During a run, climbs that have not begun have an empty curve: a plot with another number of
    // curves would have to be made anew.
    const count = session.phase === "idle" ? climbers.length : session.settings.starts.count;
    const none = (): (number | null)[] => Array.from(x, () => null);
    for (let start = 0; start < count; start += 1) {
      const path = climbers[start]?.path;
      const values = path?.length === points * width ? column(path) : none;
      curves.push({ label: `path ${start}`, values, ...startLook(start), width: 1 });
    }
  } else {
    const { path } = outcome.path;
    // The first row of a prediction is the last point of the window.
    const band = certainty?.band ?? null;
    if (band !== null) {
      const { lower, upper } = band;
      const widths = times.map(
        (_, n) => (upper[n * width + state] as number) - (lower[n * width + state] as number),
      );
      halfWidth = `, ±${(widths.reduce((sum, one) => sum + one, 0) / 2 / points).toPrecision(2)}`;
      bands.push({
        lower: column(lower, prediction?.lower, 1),
        upper: column(upper, prediction?.upper, 1),
        colour: colours.band,
      });
    }
    curves.push({
      label: "path of least action",
      values: column(path, prediction?.middle, 1),
      colour: colours.estimate,
    });
  }
  if (place >= 0) {
    curves.push({
      label: "measured",
      values: () => [
        ...rows.map((n) => values[n * observed.length + place] as number),
        ...Array.from(future, () => null),
      ],
      colour: colours.data,
      as: "dots",
    });
  }
  const found = climbers.filter(({ path }) => path !== null).length;
  const spoken = curves.map(({ label }) => label).filter((label) => !/^path \d/.test(label));
  if (outcome === null && found > 0) spoken.push(`${found} starting paths`);
  const name = states[state] as string;
  const kind = place >= 0 ? "measured" : "hidden";
  return (
    <Plot
      title={`${name} (${kind})${halfWidth}`}
      description={`${name} over time, ${kind}: ${spoken.join(", ")}`}
      x={x}
      curves={curves}
      bands={bands}
      height={states.length <= FEW ? 240 : 150}
      mark={future.length > 0 ? (times.at(-1) as number) : undefined}
    />
  );
}
