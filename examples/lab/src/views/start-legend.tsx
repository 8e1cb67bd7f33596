// The legend of the starting paths and their colours.
import { startLook } from "./colours.js";

/** Maximum number of items; nobody tells more colours apart. */
const MOST = 12;

/** Items of the legend, one per starting path. */
export function StartItems({ count }: { count: number }) {
  return (
    <>
      {Array.from({ length: Math.min(count, MOST) }, (_, start) => (
        <li key={start} class="of-start" style={markOf(start)}>
          path {start}
        </li>
      ))}
      {count > MOST && <li class="of-none">and {count - MOST} more</li>}
    </>
  );
}

/** Mark of a starting path in the heading of a column. */
export function StartMark({ start }: { start: number }) {
  return (
    <span class="of-start" style={markOf(start)}>
      path {start}
    </span>
  );
}

function markOf(start: number): string {
  const { colour, as } = startLook(start);
  return `--mark: ${colour}; --mark-style: ${as === "line" ? "solid" : "dashed"}`;
}
