// The view of the path as an orbit: states against each other, momenta, and the energy.
import { useState } from "preact/hooks";
import type { PreparedPath } from "../engine/protocol.js";
import type { Session } from "../session.js";
import { Plane, type Trace } from "./canvas.js";
import { coloursNow, startLook } from "./colours.js";
import { Plot } from "./plot.js";

export function MechanicsView({ session, prepared }: { session: Session; prepared: PreparedPath }) {
  const { states, times, truth } = prepared;
  const [first, setFirst] = useState(0);
  const [second, setSecond] = useState(1);
  const [a, b] = [Math.min(first, states.length - 1), Math.min(second, states.length - 1)];
  const width = states.length;
  const colours = coloursNow();
  const column = (path: Float64Array, state: number): Float64Array =>
    Float64Array.from({ length: times.length }, (_, n) => path[n * width + state] as number);
  const trace = (path: Float64Array, look: { colour: string; as: "line" | "dashes" }): Trace => ({
    x: column(path, a),
    y: column(path, b),
    ...look,
  });
  const traces: Trace[] = [];
  if (truth !== null) traces.push(trace(truth.path, { colour: colours.truth, as: "dashes" }));
  const found = session.outcome?.path ?? null;
  if (found !== null) traces.push(trace(found.path, { colour: colours.estimate, as: "line" }));
  else
    session.climbers.forEach(({ path }, start) => {
      if (path !== null && path.length === times.length * width)
        traces.push(trace(path, startLook(start)));
    });
  const canonical = session.certainty?.canonical ?? null;
  const momentum =
    canonical?.times.map((_, n) => canonical.momentum[n * width + a] as number) ?? [];
  const choose = (label: string, value: number, set: (state: number) => void) => (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => set(Number(event.currentTarget.value))}>
        {states.map((name, state) => (
          <option key={name} value={state}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <>
      <div class="grid">
        {choose("Across", a, setFirst)}
        {choose("Upwards", b, setSecond)}
      </div>
      <Plane
        title={`${states[b]} against ${states[a]}`}
        description={
          `the path in the plane of ${states[a]} and ${states[b]}` +
          (truth === null ? "" : ", with the truth dashed")
        }
        height={320}
        traces={traces}
        axes={[states[a] as string, states[b] as string]}
      />
      {canonical === null ? (
        <p class="empty">
          {session.certainty === null
            ? session.phase === "done"
              ? "There are no momenta and no energy of this run: press Run to have them."
              : "Momenta and energy are drawn when a path has been found."
            : "The canonical equations were not solved next to this path: it may not have " +
              "climbed far enough."}
        </p>
      ) : (
        <>
          <Plot
            title={`momentum of ${states[a]}: how hard the data pull at the model`}
            description={`momentum of ${states[a]} over time`}
            x={canonical.times}
            curves={[{ label: "momentum", values: momentum, colour: colours.estimate }]}
            height={150}
          />
          <Plot
            title="energy H = p F + p² / (2 R_f): it changes where measurements act"
            description="energy over time"
            x={canonical.times}
            curves={[{ label: "energy", values: canonical.energy, colour: colours.accent }]}
            height={150}
          />
        </>
      )}
    </>
  );
}
