// Pictures on a canvas other than curves: paths in a plane, and images of numbers.
import { useLayoutEffect, useRef } from "preact/hooks";
import { coloursNow, diverging, onColourChange } from "./colours.js";
import { thickness } from "./long-series.js";

interface CanvasProps {
  title: string;
  description: string;
  height: number;
  draw: (context: CanvasRenderingContext2D, width: number, height: number) => void;
}

function Canvas({ title, description, height, draw }: CanvasProps) {
  const place = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const canvas = place.current as HTMLCanvasElement;
    const paint = (): void => {
      const [width, scale] = [canvas.clientWidth, devicePixelRatio];
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      const context = canvas.getContext("2d") as CanvasRenderingContext2D;
      context.scale(scale, scale);
      draw(context, width, height);
    };
    paint();
    const sizes = new ResizeObserver(paint);
    sizes.observe(canvas);
    const forget = onColourChange(paint);
    return () => {
      sizes.disconnect();
      forget();
    };
  });
  return (
    <figure class="plot">
      <figcaption>{title}</figcaption>
      <canvas
        ref={place}
        style={{ width: "100%", height: `${height}px` }}
        role="img"
        aria-label={description}
      />
    </figure>
  );
}

export interface Trace {
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  colour: string;
  /** Style of the curve. Default: a line. */
  as?: "line" | "dashes" | "dots";
}

/** A plane with paths or points. */
export function Plane(props: {
  title: string;
  description: string;
  height: number;
  traces: Trace[];
  axes: [string, string];
}) {
  const draw: CanvasProps["draw"] = (context, width, height) => {
    const { grid, text } = coloursNow();
    const range = (of: (trace: Trace) => ArrayLike<number>): [number, number] => {
      let [low, high] = [Infinity, -Infinity];
      for (const trace of props.traces) {
        const values = of(trace);
        for (let k = 0; k < values.length; k++) {
          const value = values[k] as number;
          if (value < low) low = value;
          if (value > high) high = value;
        }
      }
      return low < high ? [low, high] : [low - 1, low + 1];
    };
    const [xs, ys] = [range(({ x }) => x), range(({ y }) => y)];
    const edge = 24;
    const toX = (x: number): number =>
      edge + ((x - xs[0]) / (xs[1] - xs[0])) * (width - 1.5 * edge);
    const toY = (y: number): number =>
      height - edge - ((y - ys[0]) / (ys[1] - ys[0])) * (height - 1.5 * edge);
    context.strokeStyle = grid;
    context.strokeRect(edge, edge / 2, width - 1.5 * edge, height - 1.5 * edge);
    context.fillStyle = text;
    context.font = "11px system-ui";
    context.textAlign = "center";
    context.fillText(props.axes[0], width / 2, height - 7);
    for (const x of xs) context.fillText(x.toPrecision(2), toX(x), height - 7);
    context.save();
    context.translate(12, height / 2);
    context.rotate(-Math.PI / 2);
    context.fillText(props.axes[1], 0, 0);
    for (const y of ys) context.fillText(y.toPrecision(2), height / 2 - toY(y), 0);
    context.restore();
    for (const { x, y, colour, as = "line" } of props.traces) {
      context.strokeStyle = context.fillStyle = colour;
      context.lineWidth = thickness(x.length).line;
      context.setLineDash(as === "dashes" ? [5, 4] : []);
      context.beginPath();
      for (let k = 0; k < x.length; k++) {
        const [px, py] = [toX(x[k] as number), toY(y[k] as number)];
        if (as === "dots") context.fillRect(px - 1.5, py - 1.5, 3, 3);
        else if (k === 0) context.moveTo(px, py);
        else context.lineTo(px, py);
      }
      context.stroke();
    }
    context.setLineDash([]);
  };
  return (
    <Canvas title={props.title} description={props.description} height={props.height} draw={draw} />
  );
}

/** An image of numbers as colours: rows downwards, blue below zero and red above. */
export function Image(props: {
  title: string;
  description: string;
  height: number;
  rows: number;
  columns: number;
  /** Number drawn as the deepest red; its negative is the deepest blue. */
  most: number;
  value: (row: number, column: number) => number | undefined;
}) {
  const draw: CanvasProps["draw"] = (context, width, height) => {
    const { rows, columns, most } = props;
    const [wide, tall] = [width / columns, height / rows];
    context.clearRect(0, 0, width, height);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const value = props.value(row, column);
        if (value === undefined) continue;
        const [red, green, blue] = diverging(value / most);
        context.fillStyle = `rgb(${red} ${green} ${blue})`;
        context.fillRect(
          column * wide,
          row * tall,
          Math.ceil(wide) - (wide > 6 ? 1 : 0),
          Math.ceil(tall) - (tall > 6 ? 1 : 0),
        );
      }
    }
  };
  return (
    <Canvas title={props.title} description={props.description} height={props.height} draw={draw} />
  );
}
