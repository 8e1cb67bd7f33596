// The view of a network: activations layer by layer, and weights as images.
import { useState } from "preact/hooks";
import type { PreparedNetwork } from "../engine/protocol.js";
import { FRESH } from "../library-options.js";
import type { Session } from "../session.js";
import { Image, Plane } from "./canvas.js";
import { coloursNow } from "./colours.js";

/** Maximum height of an image in pixels, so that it fits on the screen. */
const TALLEST = 400;

export function NetworkView({
  session,
  prepared,
}: {
  session: Session;
  prepared: PreparedNetwork;
}) {
  const { layers, pairs, truth } = prepared;
  const [pair, setPair] = useState(0);
  const chosen = Math.min(pair, pairs - 1);
  const { outcome, climbers } = session;
  const colours = coloursNow();
  const tallest = Math.max(...layers);
  const found = outcome?.network ?? null;
  const living = climbers.find(({ path }) => path !== null)?.path ?? null;
  const now = found?.activations ?? (living === null ? null : split(living, layers, pairs));
  const value =
    (of: Float64Array[]) =>
    (neuron: number, layer: number): number | undefined => {
      const width = layers[layer] as number;
      return neuron < width ? (of[layer] as Float64Array)[chosen * width + neuron] : undefined;
    };
  const shape = {
    rows: tallest,
    columns: layers.length,
    most: 1,
    height: Math.min(24 * tallest, TALLEST),
  };
  return (
    <>
      <label class="field">
        <span>
          Pair {chosen + 1} of {pairs}
        </span>
        <input
          type="range"
          min={0}
          max={pairs - 1}
          value={chosen}
          onInput={(event) => setPair(Number(event.currentTarget.value))}
        />
      </label>
      <div class="multiples">
        <Image
          title="Activations of the truth"
          description={`true activations of pair ${chosen + 1}, ${layers.length} layers`}
          {...shape}
          value={value(truth)}
        />
        {now === null ? (
          <p class="empty">
            Press Run: the activations between inputs and outputs are found like the states of a
            path.
          </p>
        ) : (
          <Image
            title="Activations that are found"
            description={`activations found for pair ${chosen + 1}`}
            {...shape}
            value={value(now)}
          />
        )}
      </div>
      <p>
        <small>A column per layer, the inputs first; red is above zero, blue below.</small>
      </p>
      {found !== null && (
        <>
          <div class="weights">
            {found.weights.map((matrix, k) => {
              const [rows, columns] = [layers[k + 1] as number, layers[k] as number];
              const most = Math.max(...matrix.map(Math.abs));
              return (
                <Image
                  key={k}
                  title={`Weights into layer ${k + 1}, up to ${most.toPrecision(2)}`}
                  description={`weights of ${columns} neurons into ${rows}`}
                  height={Math.min(Math.max(60, 16 * rows), TALLEST)}
                  rows={rows}
                  columns={columns}
                  most={most}
                  value={(row, column) => matrix[row * columns + column]}
                />
              );
            })}
          </div>
          <Plane
            title={`Outputs at ${FRESH} new inputs: predicted, against true`}
            description={
              `predicted outputs over true ones at ${FRESH} new inputs; exact predictions ` +
              "are on the dashed line"
            }
            height={240}
            traces={[
              { x: [-1, 1], y: [-1, 1], colour: colours.truth, as: "dashes" },
              { x: found.fresh.truth, y: found.fresh.found, colour: colours.estimate, as: "dots" },
            ]}
            axes={["true", "predicted"]}
          />
          <p>
            At {FRESH} new inputs the mean square error is {found.error.toPrecision(3)}; that of the
            best constant outputs is {found.constant.toPrecision(3)}. Hidden neurons may come in
            another order, or with the other sign, than in the truth: such networks are the same.
          </p>
        </>
      )}
    </>
  );
}

function split(path: Float64Array, layers: number[], pairs: number): Float64Array[] {
  let from = 0;
  return layers.map((width) => {
    const layer = path.subarray(from, from + pairs * width);
    from += pairs * width;
    return layer;
  });
}
